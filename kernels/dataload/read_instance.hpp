// The workload dataload/read: into the host's memory (on the cuda side pinned memory), or a GPU's.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kernels/contract/workload.hpp"
#include "kernels/dataload/latency.hpp"
#include "kernels/dataload/memory.hpp"
#include "kernels/dataload/options.hpp"
#include "kernels/dataload/read_engine.hpp"
#include "kernels/dataload/read_sequence.hpp"
#include "kernels/dataload/record_check.hpp"
#include "kernels/dataload/ring.hpp"
#include "kernels/dataload/storage.hpp"

namespace muster::dataload {

/// What a backend reads with, and into.
struct ReadTarget {
  using MakeEngine = std::function<EngineChoice(Engine wanted, int depth, InputFiles const& files,
                                                std::span<std::byte> memory)>;
  Allocate allocate = allocate_pages;
  MakeEngine make = make_engine;
  /// Copies what was read to where the CPU can look at it; empty: it can already.
  std::function<void(std::byte const* from, std::span<std::byte> to)> fetch{};
};

/// launch() waits for a fixed number of reads while `depth` are always in flight, also from one launch to the
/// next: in steady state its time is that of so many reads. Sequential: all whole blocks of the files.
/// Records: the rank's part of every epoch, long records in pieces, so that memory is depth times a piece;
/// work() then counts the mean.
///
/// With check = all, every record is hashed on its way: a wrong one is counted, named, and fails verify().
/// Records in pieces are then taken in the order of their submission, so that one that is late holds the
/// others up.
class ReadInstance : public Instance {
 public:
  ReadInstance(Params const& params, Context& context, ReadTarget target = {});
  void launch() override;
  Work work() const override;
  /// Every buffer against a plain read of the same range, or a whole record against the index's hash.
  Verdict verify() override;
  std::vector<Figure> figures() override;
  std::vector<std::pair<std::string, std::string>> facts() override;

  int reads_per_launch() const { return reads_per_launch_; }
  std::byte* buffer(std::size_t i) { return memory_.get() + i * buffer_bytes_; }

  /// The most bytes of one read in record order.
  static constexpr std::size_t record_piece = std::size_t{8} << 20;

 private:
  bool by_records() const { return options_.access == Access::records; }
  void refuse_memory() const;
  void make_sequence(EpochShare const& share);
  void start();
  void submit(std::size_t buffer);
  std::size_t wait();
  std::size_t landed();
  std::size_t take();
  std::span<std::byte const> wanted_bytes(std::size_t buffer);
  std::string fault_in(std::size_t buffer);
  void drain();
  Verdict check_held();
  void warn();
  void add_latencies(std::vector<Figure>& figures) const;

  /// A buffer, and the read that it is for.
  struct Flight {
    Piece piece{};
    std::chrono::steady_clock::time_point sent{};
    bool timed = false;   ///< it was sent in the launch that waits for it
    bool landed = false;  ///< its turn has not come yet
  };

  Context& context_;
  ReadTarget target_;
  Options options_;
  RecordSet set_;
  InputFiles files_;
  std::unique_ptr<ReadSequence> sequence_{};
  std::unique_ptr<EpochAudit> audit_{};  ///< of records
  std::size_t buffer_bytes_ = 0;
  HostMemory memory_{};
  std::vector<std::byte> fetched_{};                          ///< of one buffer
  std::map<std::uint32_t, std::string> faults_of_records_{};  ///< of those in pieces, in this check
  std::unique_ptr<ReadEngine> engine_{};
  std::vector<Flight> flights_;           ///< of each buffer
  std::unique_ptr<RecordCheck> check_{};  ///< of all records; null: of some
  Ring<std::size_t> sent_;                ///< buffers in the order of their reads, where that matters
  bool in_order_ = false;
  StorageMeter meter_;
  LatencyHistogram latencies_{};
  std::uint64_t asked_ = 0;  ///< bytes since the meter began
  std::uint64_t epoch_ = 0;
  bool started_ = false;
  int reads_per_launch_ = 0;
};

}  // namespace muster::dataload
