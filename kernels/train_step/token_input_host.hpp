// Batches of bytes as they lie in records: what a network of tokens reads for its samples.
#pragma once
#include <span>
#include <vector>

#include "kernels/dataload/record_stream.hpp"
#include "kernels/dataload/thinned_times.hpp"
#include "kernels/train_step/step_input.hpp"

namespace muster::train {

/// Records of any kind, read ahead in shuffled order while the step computes. A batch is the next
/// samples x sample_bytes bytes of that stream, whatever the records' lengths.
class TokenInput final : public StepInput {
 public:
  /// Throws BadInput, OutOfMemory, DeviceError as dataload::RecordStream does.
  TokenInput(StepPlan const& plan, Params const& given, Context& context);

  BatchView next() override;
  void resume() override;
  void rest() override { stream_.rest(); }
  std::uint64_t batches() const override { return batches_; }
  double bytes_of_batch() const override { return static_cast<double>(batch_.size()); }
  Verdict verify() override;
  std::vector<Figure> figures() override { return figures_of(summary()); }
  std::vector<std::pair<std::string, std::string>> facts() override;

 private:
  dataload::PipelineSummary const& summary();
  void take_records();

  dataload::RecordSet set_;
  dataload::Options options_;
  dataload::RecordStream stream_;
  std::vector<std::byte> batch_;
  std::span<dataload::EncodedImage const> records_{};  ///< of the stream's batch, those that are not used up
  std::span<std::byte const> record_{};                ///< what is left of the one in use
  std::uint64_t batches_ = 0;
  dataload::ThinnedTimes batch_seconds_{};
  double waited_ = 0, began_ = 0, metered_ = 0;
  std::optional<dataload::PipelineSummary> summary_{};
};

}  // namespace muster::train
