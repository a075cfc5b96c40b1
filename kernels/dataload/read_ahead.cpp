#include "kernels/dataload/read_ahead.hpp"

#include <algorithm>
#include <functional>
#include <queue>

namespace muster::dataload {
namespace {

constexpr std::size_t page = 4096;

std::size_t round_up(std::size_t value, std::size_t to) { return (value + to - 1) / to * to; }

/// Bytes that one record may take in a batch's memory: whole aligned blocks around it.
std::size_t widened(std::size_t length, std::size_t alignment) {
  return round_up(length + alignment, std::max<std::size_t>(alignment, 64)) + 64;
}

}  // namespace

/// In a window of `batch` successive records each comes at most once per epoch that the window touches, so
/// that the longest ones, as often as they may come, are the most that it can hold.
std::size_t batch_capacity(RecordSet const& set, int batch, std::size_t alignment, std::uint64_t per_epoch) {
  auto const wanted = static_cast<std::uint64_t>(batch);
  std::uint64_t const times = (wanted + per_epoch - 1) / per_epoch + 1;
  std::uint64_t const different = (wanted + times - 1) / times;
  std::priority_queue<std::uint64_t, std::vector<std::uint64_t>, std::greater<>> longest;
  set.records.each([&](Record const& record) {
    if (longest.size() == different && record.length <= longest.top()) return;
    longest.push(record.length);
    if (longest.size() > different) longest.pop();
  });
  std::uint64_t bytes = 0, left = wanted;
  for (; longest.size() > 1; longest.pop()) {  // the shortest first; what is left over is the longest's
    std::uint64_t const copies = std::min(times, left - std::min(left, times * (longest.size() - 1)));
    bytes += copies * widened(longest.top(), alignment);
    left -= copies;
  }
  return round_up(bytes + left * widened(longest.top(), alignment), page);
}

ReadAhead::ReadAhead(RecordSet const& set, Options const& options, EpochShare const& share,
                     Allocate const& allocate)
    : set_(set),
      batch_size_(options.batch),
      files_(set.files, options.io),
      meter_(storage_under(set.files.at(0))),
      order_(set, share),
      slot_bytes_(batch_capacity(set, options.batch, files_.alignment(), order_.per_epoch())),
      arena_(allocate(slot_bytes_ * static_cast<std::size_t>(options.prefetch))),
      slots_(static_cast<std::size_t>(options.prefetch)),
      reading_(slots_.size()),
      ready_(slots_.size(), slots_.size()) {
  free_.reserve(slots_.size());
  if (options.check == HashCheck::all) check_ = std::make_unique<RecordCheck>(set);
  auto [engine, note] =
      make_engine(options.engine, options.depth, files_, {arena_.get(), slot_bytes_ * slots_.size()});
  engine_ = std::move(engine);
  engine_name_ = engine_->name();
  for (auto const& text : {note, files_.note()}) {
    if (!text.empty()) notes_.push_back(text);
  }
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    auto& slot = slots_[i];
    slot.memory = {arena_.get() + i * slot_bytes_, slot_bytes_};
    slot.batch.images.resize(static_cast<std::size_t>(batch_size_));
    slot.requests.resize(static_cast<std::size_t>(batch_size_));
    free_.push_back(i);
  }
  meter_.begin();
  thread_ = std::thread([this] { read_loop(); });
}

ReadAhead::~ReadAhead() {
  stop();
  thread_.join();
}

void ReadAhead::stop() {
  {
    std::lock_guard const lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
}

EncodedBatch const* ReadAhead::next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stop_ || error_ || !ready_.empty(); });
  if (stop_) return nullptr;
  if (ready_.empty()) std::rethrow_exception(error_);
  std::size_t const slot = ready_.pop();
  return &slots_[slot].batch;
}

void ReadAhead::give_back(EncodedBatch const* batch) {
  auto const slot = std::ranges::find(slots_, batch, [](Slot const& s) { return &s.batch; });
  {
    std::lock_guard const lock(mutex_);
    free_.push_back(static_cast<std::size_t>(slot - slots_.begin()));
    idle_.become(0);  // from here on the reader waits for a core at most
  }
  changed_.notify_all();
}

std::uint64_t ReadAhead::bytes_read() const {
  std::lock_guard const lock(mutex_);
  return bytes_read_;
}

ReadTimes ReadAhead::times() const {
  std::lock_guard const lock(mutex_);
  auto const now = MeterClock::now();
  return {ready_.meter().times(now), idle_.times(now).item_seconds, static_cast<double>(bytes_read_)};
}

std::size_t ReadAhead::ready() const {
  std::lock_guard const lock(mutex_);
  return ready_.size();
}

std::vector<std::span<std::byte>> ReadAhead::memory() const {
  std::vector<std::span<std::byte>> list;
  for (auto const& slot : slots_) list.push_back(slot.memory);
  return list;
}

void ReadAhead::read_loop() {
  try {
    std::size_t in_flight = 0;
    auto const depth = static_cast<std::size_t>(engine_->depth());
    while (true) {
      while (in_flight < depth && submit_one()) ++in_flight;
      if (in_flight > 0) {
        finish(engine_->wait());
        --in_flight;
        continue;
      }
      if (!wait_for_a_slot()) return;
    }
  } catch (...) {  // comes out of next()
    {
      std::lock_guard const lock(mutex_);
      error_ = std::current_exception();
    }
    changed_.notify_all();
  }
}

/// False when all is to end.
bool ReadAhead::wait_for_a_slot() {
  std::unique_lock lock(mutex_);
  idle_.become(free_.empty() ? 1 : 0);
  changed_.wait(lock, [this] { return stop_ || !free_.empty(); });
  return !stop_;
}

/// False when no slot is free, or all is to end.
bool ReadAhead::submit_one() {
  if (submitted_of_newest_ == 0 || submitted_of_newest_ == static_cast<std::size_t>(batch_size_)) {
    if (!begin_slot()) return false;
  }
  engine_->submit(slots_[reading_.back()].requests[submitted_of_newest_++]);
  return true;
}

bool ReadAhead::begin_slot() {
  {
    std::lock_guard const lock(mutex_);
    if (stop_ || free_.empty()) return false;
    reading_.push(free_.back());
    free_.pop_back();
  }
  plan(reading_.back());
  submitted_of_newest_ = 0;
  return true;
}

void ReadAhead::plan(std::size_t number) {
  auto& slot = slots_[number];
  std::size_t const alignment = files_.alignment();
  std::size_t at = 0;
  slot.batch.index = batches_begun_++;
  for (std::size_t i = 0; i < slot.requests.size(); ++i) {
    auto const [epoch, chosen] = order_.next();
    if (epoch != epoch_) files_.drop_all();
    epoch_ = epoch;
    auto const record = set_.records[chosen];
    std::uint64_t const begin = record.offset / alignment * alignment;
    auto const lead = static_cast<std::size_t>(record.offset - begin);
    std::byte* const into = slot.memory.data() + at;
    std::size_t const needed = lead + record.length;
    slot.requests[i] = {record.file, begin, round_up(needed, alignment), needed, into, number << 32 | i};
    slot.batch.images[i] = {chosen, {into + lead, record.length}, epoch};
    at += round_up(round_up(needed, alignment), std::max<std::size_t>(alignment, 64));
  }
  slot.pending = slot.requests.size();
}

void ReadAhead::finish(std::uint64_t tag) {
  auto& slot = slots_[tag >> 32];
  auto const& image = slot.batch.images[tag & 0xFFFFFFFFu];
  if (check_) check_->add(image.record, image.bytes);
  --slot.pending;
  std::lock_guard const lock(mutex_);
  bytes_read_ += image.bytes.size();
  bool any = false;
  for (; !reading_.empty() && slots_[reading_.front()].pending == 0; any = true) {
    ready_.push(reading_.pop());
  }
  if (any) changed_.notify_all();
}

}  // namespace muster::dataload
