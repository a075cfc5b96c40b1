// The workload dataload/read: both backends read into host memory (the cuda side into pinned memory).
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernels/contract/workload.hpp"
#include "kernels/dataload/memory.hpp"
#include "kernels/dataload/options.hpp"
#include "kernels/dataload/read_engine.hpp"
#include "kernels/dataload/read_sequence.hpp"

namespace muster::dataload {

/// launch() waits for a fixed number of reads while `depth` are always in flight, also from one launch to the
/// next: in steady state its time is that of so many reads. Sequential: all whole blocks of the files.
/// Records: the rank's part of every epoch, long records in pieces, so that memory is depth times a piece;
/// work() then counts the mean.
class ReadInstance : public Instance {
 public:
  ReadInstance(Params const& params, Context& context, Allocate const& allocate = allocate_pages);
  void launch() override;
  Work work() const override;
  /// Every buffer against a plain read of the same range, or a whole record against the index's hash.
  Verdict verify() override;
  std::vector<Figure> figures() override;
  std::vector<std::pair<std::string, std::string>> facts() override { return facts_of(set_); }

  int reads_per_launch() const { return reads_per_launch_; }
  std::byte* buffer(std::size_t i) { return memory_.get() + i * buffer_bytes_; }

  /// The most bytes of one read in record order.
  static constexpr std::size_t record_piece = std::size_t{8} << 20;

 private:
  bool by_records() const { return options_.access == Access::records; }
  void make_sequence(EpochShare const& share);
  void submit(std::size_t buffer);
  std::string fault_in(std::size_t buffer);

  Options options_;
  RecordSet set_;
  InputFiles files_;
  std::unique_ptr<ReadSequence> sequence_{};
  std::unique_ptr<EpochAudit> audit_{};  ///< of records
  std::size_t buffer_bytes_ = 0;
  HostMemory memory_{};
  std::unique_ptr<ReadEngine> engine_{};
  std::vector<Piece> held_{};  ///< what each buffer is for
  bool started_ = false;
  int reads_per_launch_ = 0;
};

}  // namespace muster::dataload
