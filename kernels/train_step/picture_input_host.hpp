// Batches of decoded pictures for a training step on the host, by the workload dataload/pipeline.
#pragma once
#include "kernels/dataload/pipeline_host.hpp"
#include "kernels/train_step/step_input.hpp"

namespace muster::train {

/// While the step computes on a batch, the next one is read, decoded and preprocessed by threads on the same
/// CPUs.
class PictureInput final : public StepInput {
 public:
  /// Throws as the workload dataload/pipeline does.
  PictureInput(StepPlan const& plan, Params const& given, Context& context)
      : pipeline_(pipeline_params(plan, given, context), context),
        picture_facts_(picture_facts(input_pictures(plan, given, context), context)) {}

  BatchView next() override;
  void resume() override { pipeline_.reset(); }
  void rest() override { pipeline_.rest(); }
  std::uint64_t batches() const override { return batches_; }
  double bytes_of_batch() const override;
  Verdict verify() override { return pipeline_.verify(); }
  std::vector<Figure> figures() override { return pipeline_.figures(); }
  std::vector<std::pair<std::string, std::string>> facts() override;

 private:
  dataload::PipelineInstance pipeline_;
  std::vector<std::pair<std::string, std::string>> picture_facts_;
  std::uint64_t batches_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace muster::train
