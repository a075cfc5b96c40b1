#include "kernels/dataload/read_instance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

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

ReadInstance::ReadInstance(Params const& params, Context& context, ReadTarget target)
    : context_(context),
      target_(std::move(target)),
      options_(options_from(params)),
      set_(open_records(options_, context)),
      files_(set_.files, options_.io),
      flights_(static_cast<std::size_t>(options_.depth)),
      sent_(flights_.size()),
      meter_(storage_under(set_.files.at(0))) {
  refuse_memory();
  make_sequence(epoch_share(context));
  reads_per_launch_ = std::min(std::max(64, 4 * options_.depth), fitting_reads(sequence_->mean_bytes()));
  reads_per_launch_ = std::max(options_.depth, reads_per_launch_);
  memory_ = target_.allocate(buffer_bytes_ * flights_.size());
  auto [engine, note] =
      target_.make(options_.engine, options_.depth, files_, {memory_.get(), buffer_bytes_ * flights_.size()});
  engine_ = std::move(engine);
  for (auto const& text : {note, files_.note()}) {
    if (!text.empty()) context.note(text);
  }
}

void ReadInstance::refuse_memory() const {
  if (!files_.in_memory() || options_.memory_is_storage) return;
  throw Unsupported(fmt::format(
      "'{}' lies in RAM ({}), which is no storage: give data on a disk with --data, or a cache folder "
      "on one (MUSTER_CACHE), or measure memory with storage = \"any\"",
      files_.path(0).parent_path().string(), meter_.storage().filesystem));
}

void ReadInstance::make_sequence(EpochShare const& share) {
  if (by_records()) {
    sequence_ = std::make_unique<RecordSequence>(set_, share, record_piece, files_.alignment());
    audit_ = std::make_unique<EpochAudit>(set_, share);
    if (options_.check == HashCheck::all) check_ = std::make_unique<RecordCheck>(set_);
    in_order_ = check_ && set_.longest() + files_.alignment() > record_piece;
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
  auto& flight = flights_[buffer];
  auto const piece = flight.piece = sequence_->next();
  if (audit_ && piece.first) audit_->add(piece.epoch, piece.record);
  if (piece.epoch != epoch_) files_.drop_all();
  epoch_ = piece.epoch;
  std::size_t const alignment = files_.alignment();
  std::uint64_t const begin = piece.offset / alignment * alignment;
  std::size_t const needed = static_cast<std::size_t>(piece.offset - begin) + piece.length;
  asked_ += needed;
  if (in_order_) sent_.push(buffer);
  flight.timed = true;
  flight.sent = std::chrono::steady_clock::now();
  engine_->submit({piece.file, begin, round_up(needed, alignment), needed, this->buffer(buffer), buffer});
}

/// The buffer of a read that has come, in any order.
std::size_t ReadInstance::wait() {
  std::size_t const buffer = engine_->wait();
  if (flights_[buffer].timed) latencies_.add(std::chrono::steady_clock::now() - flights_[buffer].sent);
  return buffer;
}

/// In the order of submission, where records in pieces are hashed.
std::size_t ReadInstance::landed() {
  if (!in_order_) return wait();
  while (!flights_[sent_.front()].landed) flights_[wait()].landed = true;
  flights_[sent_.front()].landed = false;
  return sent_.pop();
}

std::size_t ReadInstance::take() {
  std::size_t const buffer = landed();
  auto const& piece = flights_[buffer].piece;
  if (check_) check_->add_piece(piece.record, wanted_bytes(buffer), piece.first, piece.last);
  return buffer;
}

void ReadInstance::start() {
  files_.drop_all();  // checks read as well
  meter_.begin();
  asked_ = 0;
  started_ = true;
  for (std::size_t buffer = 0; buffer < flights_.size(); ++buffer) submit(buffer);
}

/// What was sent before this launch has waited for it, however long that was: it says nothing about the
/// device.
void ReadInstance::launch() {
  if (!started_) start();
  for (auto& flight : flights_) flight.timed = false;
  for (int i = 0; i < reads_per_launch_; ++i) submit(take());
}

Work ReadInstance::work() const {
  return {.bytes = static_cast<std::uint64_t>(std::llround(reads_per_launch_ * sequence_->mean_bytes()))};
}

/// Valid until the next call.
std::span<std::byte const> ReadInstance::wanted_bytes(std::size_t buffer) {
  auto const& piece = flights_[buffer].piece;
  std::byte const* const bytes = this->buffer(buffer) + piece.offset % files_.alignment();
  if (!target_.fetch) return {bytes, piece.length};
  fetched_.resize(piece.length);
  target_.fetch(bytes, fetched_);
  return fetched_;
}

/// A piece of a record has no hash of its own: it is held against a plain read, and that record, read
/// plainly, against the index.
std::string ReadInstance::fault_in(std::size_t buffer) {
  auto const& piece = flights_[buffer].piece;
  auto const bytes = wanted_bytes(buffer);
  if (by_records() && piece.whole()) return hash_fault(set_, {piece.record, bytes});
  if (by_records()) {
    auto const [found, fresh] = faults_of_records_.try_emplace(piece.record);
    if (fresh) found->second = plain_hash_fault(set_, piece.record);
    if (!found->second.empty()) return found->second;
  }
  Record const wanted{.file = piece.file, .length = piece.length, .offset = piece.offset};
  auto const plain = read_plainly(set_, wanted);
  if (std::ranges::equal(plain, bytes)) return {};
  return fmt::format("{} bytes at offset {} of {}", piece.length, piece.offset,
                     set_.files[piece.file].filename().string());
}

void ReadInstance::drain() {
  if (!started_) launch();
  for (auto& flight : flights_) flight.timed = false;
  for (std::size_t i = 0; i < flights_.size(); ++i) take();
  started_ = false;  // nothing is in flight now
  meter_.end(asked_);
}

Verdict ReadInstance::check_held() {
  double wrong = 0;
  std::string first;
  faults_of_records_.clear();
  for (std::size_t buffer = 0; buffer < flights_.size(); ++buffer) {
    std::string const fault = fault_in(buffer);
    if (!fault.empty() && wrong++ == 0) first = fault;
  }
  return Verdict::judge(by_records() ? "XXH3 of some records as read" : "bytes against a plain buffered read",
                        wrong, 0, first);
}

Verdict ReadInstance::verify() {
  drain();
  auto const held = check_held();
  if (!audit_) return held;
  auto const order = Verdict::judge("every record once per epoch", static_cast<double>(audit_->faults()), 0,
                                    audit_->first_fault());
  if (!check_) return all_of({order, held});
  auto const all = Verdict::judge("XXH3 of all records as read", static_cast<double>(check_->wrong()), 0,
                                  check_->first_fault());
  return all_of({order, all});
}

/// Reads that pass the page cache by, or leave nothing in it, must be seen below it.
void ReadInstance::warn() {
  std::string const cached = files_.io() == Io::buffered ? "" : cache_warning(meter_);
  auto const proof = engine_->path_proof();
  for (auto const& text : {cached, proof ? proof->warning : ""}) {
    if (!text.empty()) context_.note(text);
  }
}

std::vector<Figure> ReadInstance::figures() {
  warn();
  std::vector<Figure> figures{{"mean_read_bytes", sequence_->mean_bytes(), "B"},
                              {"files", static_cast<double>(files_.count()), ""},
                              {"skipped_files", static_cast<double>(set_.skipped.size()), ""},
                              {"direct_io", files_.io() == Io::direct ? 1.0 : 0.0, ""},
                              {"engine_io_uring", engine_->name() == "io_uring" ? 1.0 : 0.0, ""}};
  add_latencies(figures);
  for (auto& figure : figures_of(meter_, files_.io() == Io::buffered)) figures.push_back(std::move(figure));
  if (check_) figures.push_back({"records_checked", static_cast<double>(check_->checked()), ""});
  return figures;
}

void ReadInstance::add_latencies(std::vector<Figure>& figures) const {
  figures.push_back({"read_p50", latencies_.quantile(0.5), "s"});
  figures.push_back({"read_p95", latencies_.quantile(0.95), "s"});
  figures.push_back({"read_p99", latencies_.quantile(0.99), "s"});
  figures.push_back({"read_max", latencies_.max(), "s"});
}

std::vector<std::pair<std::string, std::string>> ReadInstance::facts() {
  auto facts = facts_of(set_);
  facts.emplace_back("storage", describe(meter_.storage()));
  facts.emplace_back("read_engine", engine_->details());
  if (auto const proof = engine_->path_proof()) facts.emplace_back("read_path", proof->text);
  return facts;
}

}  // namespace muster::dataload
