#include "kernels/dataload/read_instance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "kernels/dataload/checks.hpp"

namespace muster::dataload {
namespace {

std::size_t round_up(std::size_t value, std::size_t to) { return (value + to - 1) / to * to; }

}  // namespace

ReadInstance::ReadInstance(Params const& params, Context& context, Allocate const& allocate)
    : options_(options_from(params)),
      set_(open_records(options_, context)),
      files_(set_.files, options_.io),
      reads_per_launch_(std::max(64, 4 * options_.depth)) {
  if (options_.access == Access::sequential) {
    list_blocks();
  } else {
    list_records();
    order_ = std::make_unique<EpochOrder>(ranges_.size(), order_seed(context));
  }
  constexpr std::uint64_t launch_bytes = std::uint64_t{1} << 30;  // large records: fewer of them, not minutes
  auto const fitting = static_cast<int>(std::min<std::uint64_t>(launch_bytes / mean_range() + 1, 1 << 20));
  reads_per_launch_ = std::max(options_.depth, std::min(reads_per_launch_, fitting));
  auto const depth = static_cast<std::size_t>(options_.depth);
  memory_ = allocate(buffer_bytes_ * depth);
  auto [engine, note] =
      make_engine(options_.engine, options_.depth, files_, {memory_.get(), buffer_bytes_ * depth});
  engine_ = std::move(engine);
  held_.resize(depth);
  for (auto const& text : {note, files_.note()}) {
    if (!text.empty()) context.note(text);
  }
}

void ReadInstance::list_blocks() {
  if (options_.block % files_.alignment() != 0) {
    throw BadInput(fmt::format(
        "block = {} does not suit direct reads here (they need multiples of {}); use such a block",
        options_.block, files_.alignment()));
  }
  for (std::uint32_t file = 0; file < files_.count(); ++file) {
    std::uint64_t const size = files_.size(file);
    for (std::uint64_t at = 0; at + options_.block <= size; at += options_.block)
      ranges_.push_back({file, at, options_.block});
  }
  if (ranges_.empty()) {
    throw Unsupported(fmt::format(
        "no file of '{}' has {} bytes, a single block; use access = \"records\" or a smaller block",
        set_.origin, options_.block));
  }
  buffer_bytes_ = round_up(options_.block, 4096);
}

void ReadInstance::list_records() {
  for (auto const& record : set_.records) ranges_.push_back({record.file, record.offset, record.length});
  buffer_bytes_ = round_up(set_.longest() + 2 * files_.alignment(), 4096);
}

void ReadInstance::submit(std::size_t buffer) {
  std::size_t const which = order_ ? order_->next() : next_block_++ % ranges_.size();
  held_[buffer] = which;
  auto const& range = ranges_[which];
  std::size_t const alignment = files_.alignment();
  std::uint64_t const begin = range.offset / alignment * alignment;
  std::size_t const needed = static_cast<std::size_t>(range.offset - begin) + range.length;
  engine_->submit({range.file, begin, round_up(needed, alignment), needed, this->buffer(buffer), buffer});
}

void ReadInstance::launch() {
  if (!started_) {
    for (std::size_t buffer = 0; buffer < held_.size(); ++buffer) submit(buffer);
    started_ = true;
  }
  for (int i = 0; i < reads_per_launch_; ++i) submit(engine_->wait());
}

std::uint64_t ReadInstance::mean_range() const {
  std::uint64_t sum = 0;
  for (auto const& range : ranges_) sum += range.length;
  return std::max<std::uint64_t>(1, sum / ranges_.size());
}

Work ReadInstance::work() const {
  double sum = 0;
  for (auto const& range : ranges_) sum += static_cast<double>(range.length);
  return {.bytes = static_cast<std::uint64_t>(reads_per_launch_ * sum / static_cast<double>(ranges_.size()))};
}

std::string ReadInstance::fault_in(std::size_t buffer) {
  auto const& range = ranges_[held_[buffer]];
  std::byte const* const bytes = this->buffer(buffer) + range.offset % files_.alignment();
  if (order_) {
    return hash_fault(set_, {static_cast<std::uint32_t>(held_[buffer]), {bytes, range.length}});
  }
  Record const wanted{
      .file = range.file, .length = static_cast<std::uint32_t>(range.length), .offset = range.offset};
  auto const plain = read_plainly(set_, wanted);
  if (std::memcmp(plain.data(), bytes, plain.size()) == 0) return {};
  return fmt::format("block at offset {} of {}", range.offset, set_.files[range.file].filename().string());
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
  return Verdict::judge(order_ ? "XXH3 of the records as read" : "bytes against a plain buffered read", wrong,
                        0, first);
}

std::vector<Figure> ReadInstance::figures() {
  return {{"mean_read_bytes", static_cast<double>(work().bytes) / reads_per_launch_, "B"},
          {"files", static_cast<double>(files_.count()), ""},
          {"skipped_files", static_cast<double>(set_.skipped.size()), ""},
          {"direct_io", files_.io() == Io::direct ? 1.0 : 0.0, ""},
          {"engine_io_uring", engine_->name() == "io_uring" ? 1.0 : 0.0, ""}};
}

}  // namespace muster::dataload
