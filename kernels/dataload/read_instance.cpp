#include "kernels/dataload/read_instance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/dataload/checks.hpp"

namespace muster::dataload {
namespace {

std::size_t round_up(std::size_t value, std::size_t to) { return (value + to - 1) / to * to; }

/// Large reads: fewer of them, so that a launch is not minutes.
int fitting_reads(double mean_bytes) {
  constexpr double launch_bytes = 1 << 30;
  return static_cast<int>(std::clamp(launch_bytes / std::max(1.0, mean_bytes) + 1, 1.0, 1e6));
}

}  // namespace

ReadInstance::ReadInstance(Params const& params, Context& context, Allocate const& allocate)
    : options_(options_from(params)),
      set_(open_records(options_, context)),
      files_(set_.files, options_.io),
      held_(static_cast<std::size_t>(options_.depth)) {
  make_sequence(epoch_share(context));
  reads_per_launch_ = std::min(std::max(64, 4 * options_.depth), fitting_reads(sequence_->mean_bytes()));
  reads_per_launch_ = std::max(options_.depth, reads_per_launch_);
  memory_ = allocate(buffer_bytes_ * held_.size());
  auto [engine, note] =
      make_engine(options_.engine, options_.depth, files_, {memory_.get(), buffer_bytes_ * held_.size()});
  engine_ = std::move(engine);
  for (auto const& text : {note, files_.note()}) {
    if (!text.empty()) context.note(text);
  }
}

void ReadInstance::make_sequence(EpochShare const& share) {
  if (by_records()) {
    sequence_ = std::make_unique<RecordSequence>(set_, share, record_piece, files_.alignment());
    audit_ = std::make_unique<EpochAudit>(set_, share);
    buffer_bytes_ = std::min(record_piece, round_up(sequence_->longest() + 2 * files_.alignment(), 4096));
    return;
  }
  if (options_.block % files_.alignment() != 0) {
    throw BadInput(fmt::format(
        "block = {} does not suit direct reads here (they need multiples of {}); use such a block",
        options_.block, files_.alignment()));
  }
  sequence_ = std::make_unique<BlockSequence>(files_, options_.block, share);
  buffer_bytes_ = round_up(options_.block, 4096);
}

void ReadInstance::submit(std::size_t buffer) {
  auto const piece = held_[buffer] = sequence_->next();
  if (audit_ && piece.first) audit_->add(piece.epoch, piece.record);
  std::size_t const alignment = files_.alignment();
  std::uint64_t const begin = piece.offset / alignment * alignment;
  std::size_t const needed = static_cast<std::size_t>(piece.offset - begin) + piece.length;
  engine_->submit({piece.file, begin, round_up(needed, alignment), needed, this->buffer(buffer), buffer});
}

void ReadInstance::launch() {
  if (!started_) {
    for (std::size_t buffer = 0; buffer < held_.size(); ++buffer) submit(buffer);
    started_ = true;
  }
  for (int i = 0; i < reads_per_launch_; ++i) submit(engine_->wait());
}

Work ReadInstance::work() const {
  return {.bytes = static_cast<std::uint64_t>(std::llround(reads_per_launch_ * sequence_->mean_bytes()))};
}

/// A piece of a record has no hash of its own: it is held against a plain read, and that record, read
/// plainly, against the index.
std::string ReadInstance::fault_in(std::size_t buffer) {
  auto const& piece = held_[buffer];
  std::byte const* const bytes = this->buffer(buffer) + piece.offset % files_.alignment();
  if (by_records() && piece.whole()) return hash_fault(set_, {piece.record, {bytes, piece.length}});
  if (by_records() && piece.last && !plain_hash_fault(set_, piece.record).empty())
    return plain_hash_fault(set_, piece.record);
  Record const wanted{.file = piece.file, .length = piece.length, .offset = piece.offset};
  auto const plain = read_plainly(set_, wanted);
  if (std::memcmp(plain.data(), bytes, plain.size()) == 0) return {};
  return fmt::format("{} bytes at offset {} of {}", piece.length, piece.offset,
                     set_.files[piece.file].filename().string());
}

Verdict ReadInstance::verify() {
  if (!started_) launch();
  for (std::size_t i = 0; i < held_.size(); ++i) engine_->wait();
  started_ = false;  // nothing is in flight now
  double wrong = 0;
  std::string first;
  for (std::size_t buffer = 0; buffer < held_.size(); ++buffer) {
    std::string const fault = fault_in(buffer);
    if (!fault.empty() && wrong++ == 0) first = fault;
  }
  if (!audit_) return Verdict::judge("bytes against a plain buffered read", wrong, 0, first);
  return all_of({Verdict::judge("every record once per epoch", static_cast<double>(audit_->faults()), 0,
                                audit_->first_fault()),
                 Verdict::judge("XXH3 of the records as read", wrong, 0, first)});
}

std::vector<Figure> ReadInstance::figures() {
  return {{"mean_read_bytes", sequence_->mean_bytes(), "B"},
          {"files", static_cast<double>(files_.count()), ""},
          {"skipped_files", static_cast<double>(set_.skipped.size()), ""},
          {"direct_io", files_.io() == Io::direct ? 1.0 : 0.0, ""},
          {"engine_io_uring", engine_->name() == "io_uring" ? 1.0 : 0.0, ""}};
}

}  // namespace muster::dataload
