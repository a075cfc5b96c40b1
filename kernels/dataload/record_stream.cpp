#include "kernels/dataload/record_stream.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kernels/contract/error.hpp"
#include "kernels/dataload/checks.hpp"
#include "kernels/dataload/patience.hpp"

namespace muster::dataload {
namespace {

constexpr double alone_seconds = 0.5;

double since(MeterClock::time_point begin) {
  return std::chrono::duration<double>(MeterClock::now() - begin).count();
}

/// From the first record's first byte to the last one's last: with gaps where direct reads left them.
std::span<std::byte const> extent(EncodedBatch const& batch) {
  auto const* begin = batch.images.front().bytes.data();
  auto const* end = begin;
  for (auto const& image : batch.images) {
    begin = std::min(begin, image.bytes.data());
    end = std::max(end, image.bytes.data() + image.bytes.size());
  }
  return {begin, end};
}

double bytes_of(EncodedBatch const& batch) {
  double sum = 0;
  for (auto const& image : batch.images) sum += static_cast<double>(image.bytes.size());
  return sum;
}

void refuse_too_much(std::size_t batch_bytes, int batches, int batch, std::uint64_t limit) {
  double const mebibyte = 1 << 20, needed = static_cast<double>(batch_bytes) * batches;
  if (limit == 0 || needed <= static_cast<double>(limit)) return;
  throw OutOfMemory(fmt::format(
      "{} batches of {} records take up to {:.0f} MiB ({:.0f} MiB are free) use a smaller batch or prefetch",
      batches, batch, needed / mebibyte, static_cast<double>(limit) / mebibyte));
}

}  // namespace

StreamReading& StreamReading::operator+=(StreamReading const& other) {
  seconds += other.seconds;
  copy += other.copy;
  read += other.read;
  prepared += other.prepared;
  cpu += other.cpu;
  return *this;
}

StreamReading StreamReading::operator-(StreamReading const& other) const {
  return {seconds - other.seconds, copy - other.copy, read - other.read, prepared - other.prepared,
          cpu - other.cpu};
}

RecordStream::RecordStream(RecordSet const& set, Options const& options, EpochShare const& share,
                           Allocate const& allocate, MakeDelivery const& make_delivery,
                           std::uint64_t memory_limit)
    : set_(set), options_(options), audit_(set, share) {
  constexpr std::size_t widest_alignment = 4096;
  Options with_room = options;
  with_room.prefetch += make_delivery ? static_cast<int>(buffers) : 1;
  auto const batch_bytes =
      batch_capacity(set, options.batch, widest_alignment, EpochOrder(set, share).per_epoch());
  refuse_too_much(batch_bytes, with_room.prefetch, options.batch, memory_limit);
  if (make_delivery) delivery_ = make_delivery(buffers, batch_bytes);
  reader_.emplace(set, with_room, share, allocate);
  for (std::size_t i = 0; i < buffers; ++i) free_.push_back(i);
  resume();
  if (delivery_) copier_ = std::thread([this] { copy_loop(); });
}

RecordStream::~RecordStream() {
  {
    std::lock_guard const lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  reader_->stop();
  if (copier_.joinable()) copier_.join();
}

void RecordStream::copy_loop() {
  try {
    while (copy_one()) {
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
bool RecordStream::copy_one() {
  EncodedBatch const* const encoded = reader_->next();
  if (encoded == nullptr) return false;
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stop_ || !free_.empty(); });
  if (stop_) return false;
  std::size_t const buffer = free_.back();
  free_.pop_back();
  bool const without_copies = without_copies_;
  lock.unlock();
  if (!without_copies) {
    auto const begun = MeterClock::now();
    delivery_->copy(buffer, extent(*encoded));
    copied_.add(begun, MeterClock::now());
  }
  lock.lock();
  ready_.push({encoded, buffer});
  changed_.notify_all();
  return true;
}

void RecordStream::give_back() {
  if (!held_) return;
  reader_->give_back(held_->encoded);
  {
    std::lock_guard const lock(mutex_);
    if (delivery_) free_.push_back(held_->buffer);
  }
  held_.reset();
  changed_.notify_all();
}

RecordStream::Delivered RecordStream::take() {
  if (!delivery_) return {reader_->next(), 0};
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return error_ || !ready_.empty(); });
  if (ready_.empty()) std::rethrow_exception(error_);
  return ready_.pop();
}

EncodedBatch const& RecordStream::next() {
  give_back();
  held_ = take();
  for (auto const& image : held_->encoded->images) audit_.add(image.epoch, image.record);
  return *held_->encoded;
}

void RecordStream::rest() {
  auto const ahead = static_cast<std::size_t>(options_.prefetch);
  wait_until([&] {
    bool const read = reader_->ready() >= (delivery_ ? ahead - 1 : ahead);  // one waits for a free buffer
    std::lock_guard const lock(mutex_);
    return read && (!delivery_ || (free_.empty() && ready_.size() + (held_ ? 1 : 0) == buffers));
  });
}

RecordStream::Held RecordStream::held() const { return {held_->buffer, extent(*held_->encoded)}; }

Verdict RecordStream::verify() {
  if (!held_) next();
  return all_of({check_order(audit_), check_hashes(set_, *held_->encoded, *reader_), check_delivered()});
}

/// What came to the device and back has the same hashes.
Verdict RecordStream::check_delivered() {
  if (!delivery_) return Verdict::judge("used where it was read", 0, 0);
  auto const all = extent(*held_->encoded);
  auto const back = delivery_->fetch(held_->buffer, all.size());
  double wrong = 0;
  std::string first;
  for (auto image : held_->encoded->images) {
    image.bytes = std::span(back).subspan(static_cast<std::size_t>(image.bytes.data() - all.data()),
                                          image.bytes.size());
    auto const fault = hash_fault(set_, image);
    if (!fault.empty() && wrong++ == 0) first = fault;
  }
  return Verdict::judge("XXH3 of the bytes on the device", wrong, 0, first);
}

StreamReading RecordStream::meters() {
  StreamReading reading;
  reading.read = reader_->times();
  reading.copy = 1e-9 * static_cast<double>(copied_.get());
  reading.cpu = cpu_times({});
  std::lock_guard const lock(mutex_);
  reading.prepared = ready_.meter().times();
  reading.seconds = since(begun_);
  return reading;
}

/// With a consumer that takes no time; what is read ahead already does not count.
void RecordStream::measure_alone() {
  {
    std::lock_guard const lock(mutex_);
    without_copies_ = true;
  }
  for (int i = 0; i < batches_ahead(); ++i) next();
  auto const begun = MeterClock::now();
  double read = 0;
  do read += bytes_of(next());
  while (since(begun) < alone_seconds);
  read_alone_ = read / since(begun);
  if (!delivery_) return;
  auto const all = extent(*held_->encoded);
  auto const copying = MeterClock::now();
  double copied = 0;
  for (; since(copying) < alone_seconds; copied += bytes_of(*held_->encoded))
    delivery_->copy(held_->buffer, all);
  copy_alone_ = copied / since(copying);
  copy_again();
}

/// What was made ready meanwhile was not copied.
void RecordStream::copy_again() {
  {
    std::lock_guard const lock(mutex_);
    without_copies_ = false;
  }
  for (int i = 0; i < batches_ahead(); ++i) next();
}

PipelineSummary RecordStream::summary() {
  if (read_alone_ == 0) measure_alone();
  auto const& metered = window_.sum();
  double const record = static_cast<double>(set_.bytes()) / static_cast<double>(set_.records.size());
  PipelineSummary summary;
  summary.unit = "records/s";
  summary.pictures_per_second = ratio(metered.read.bytes / record, metered.read.seconds());
  summary.stages = {{"read", Resource::storage, read_alone_ / record,
                     ratio(metered.read.bytes / record, metered.read.busy_seconds())}};
  add_reading(summary, metered.read, read_alone_, options_.prefetch);
  if (delivery_) {
    summary.stages.push_back(
        {"copy", Resource::link, copy_alone_ / record, ratio(metered.read.bytes / record, metered.copy)});
    summary.queues.push_back(summary_of("prepared", metered.prepared, 1));
  }
  describe(summary, set_);
  if (metered.seconds > 0) {
    summary.cores = {metered.cpu.all / metered.seconds, -1,
                     std::max(0.0, metered.cpu.all - metered.cpu.consumer) / metered.seconds};
  }
  return summary;
}

}  // namespace muster::dataload
