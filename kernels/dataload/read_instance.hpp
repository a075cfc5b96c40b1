// The workload dataload/read: both backends read into host memory (the cuda side into pinned memory).
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernels/contract/workload.hpp"
#include "kernels/dataload/epoch.hpp"
#include "kernels/dataload/memory.hpp"
#include "kernels/dataload/options.hpp"
#include "kernels/dataload/read_engine.hpp"

namespace muster::dataload {

/// launch() waits for a fixed number of reads while `depth` are always in flight, also from one launch to the
/// next: in steady state its time is that of so many reads. Sequential: all whole blocks of the files, round
/// and round (tails shorter than a block are left out). Records: one read per picture, in epoch order; work()
/// then counts the mean.
class ReadInstance : public Instance {
 public:
  ReadInstance(Params const& params, Context& context, Allocate const& allocate = allocate_pages);
  void launch() override;
  Work work() const override;
  /// Every buffer against a plain read of the same range, or in record order against the index's hash.
  Verdict verify() override;
  std::vector<Figure> figures() override;
  std::vector<std::pair<std::string, std::string>> facts() override { return facts_of(set_); }

  int reads_per_launch() const { return reads_per_launch_; }
  std::byte* buffer(std::size_t i) { return memory_.get() + i * buffer_bytes_; }

 private:
  struct Range {
    std::uint32_t file = 0;
    std::uint64_t offset = 0;  ///< of what is wanted, not widened
    std::size_t length = 0;
  };

  void list_blocks();
  void list_records();
  std::uint64_t mean_range() const;
  void submit(std::size_t buffer);
  std::string fault_in(std::size_t buffer);

  Options options_;
  RecordSet set_;
  InputFiles files_;
  std::vector<Range> ranges_{};
  std::size_t buffer_bytes_ = 0;
  HostMemory memory_{};
  std::unique_ptr<ReadEngine> engine_{};
  std::unique_ptr<EpochOrder> order_{};  ///< of records; null when sequential
  std::size_t next_block_ = 0;
  std::vector<std::size_t> held_{};  ///< the range in each buffer
  bool started_ = false;
  int reads_per_launch_ = 0;
};

}  // namespace muster::dataload
