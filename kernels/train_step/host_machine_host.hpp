// A training step on the CPUs of a rank: compute on the calling thread and its team, sums over ranks in a
// thread of their own. Compute, sums and the input's threads share the rank's CPUs, and say so.
#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "kernels/contract/workload.hpp"
#include "kernels/train_step/communication_lane_host.hpp"
#include "kernels/train_step/fixed_batch_host.hpp"
#include "kernels/train_step/host_layers_host.hpp"
#include "kernels/train_step/machine.hpp"
#include "kernels/train_step/schedule.hpp"
#include "kernels/train_step/step_input.hpp"
#include "kernels/train_step/step_members.hpp"
#include "kernels/train_step/step_times.hpp"

namespace muster::train {

/// Each call on the compute lane returns when its work is done. Nothing is allocated in a step.
class HostMachine final : public StepMachine {
 public:
  /// Called by all ranks of the context's group. `input` and `context` outlive this. Throws Unsupported for
  /// another type than fp32, OutOfMemory.
  HostMachine(StepPlan plan, StepInput& input, Context& context);

  void open_step() override { times_.open(); }
  void mark(Lane lane, int mark) override;
  void wait(Lane lane, int mark) override;

  void take_batch() override { batch_ = fixed_ ? fixed_->view() : input_.next(); }
  void embed() override { layers_.embed(batch_); }
  void forward(int layer) override { layers_.forward(layer); }
  void sum_outputs(int layer) override { sum(*output_sums_[static_cast<std::size_t>(layer)]); }
  void sum_gradients(int layer) override { sum(*gradient_sums_[static_cast<std::size_t>(layer)]); }
  void loss() override { layers_.loss(); }
  void backward(int layer, bool add) override { layers_.backward(layer, add); }
  void embed_gradient(bool add) override { layers_.embed_gradient(add); }
  void update(Bucket const& bucket) override { layers_.update(bucket, adamw_, gradient_parts_); }
  void next_update() override { adamw_ = training::adamw_step_of({}, ++steps_); }
  void copy_state(std::uint64_t begin, std::uint64_t end, std::byte* to) override {
    layers_.copy_state(begin, end, to);
  }

  void reduce(Bucket const& bucket) override;

  void settle() override { lane_.drain(); }
  void await_copy() override {}  // copy_state() has returned
  std::shared_ptr<std::byte> state_memory(std::uint64_t bytes) override;
  bool take_times(std::span<double> seconds) override { return times_.take(seconds); }
  int ranks() const override { return members_.data->size(); }
  void restart() override;
  std::uint64_t updates() override {
    settle();
    return steps_;
  }
  std::vector<double> read(Array array, int layer, std::span<std::uint64_t const> indices) override;
  void use_fixed_batch(bool fixed) override;
  std::uint64_t weights_hash() override;
  std::vector<std::pair<std::string, std::string>> facts() override;

 private:
  /// A collective call that stays where it is, since what is ready refers to it.
  struct Sum {
    CollectiveCall call{};
    std::unique_ptr<ReadyCall> ready{};
  };
  using Sums = std::vector<std::unique_ptr<Sum>>;

  static std::unique_ptr<Sum> make_sum(Group& group, Reduction reduction, float* values, std::uint64_t count);
  void make_bucket_sums();
  void make_layer_sums();
  void sum(Sum const& sum);
  double element(Array array, int layer, std::uint64_t index);
  double batch_element(std::uint64_t index) const;

  StepPlan plan_;
  StepInput& input_;
  Context& context_;
  StepMembers members_;
  HostLayers layers_;
  StepTimes times_;
  Sums bucket_sums_{}, output_sums_{}, gradient_sums_{};
  BatchView batch_{};
  std::unique_ptr<FixedBatch> kept_fixed_{};
  FixedBatch* fixed_ = nullptr;  ///< in use
  training::AdamwStep adamw_{};
  std::uint64_t steps_ = 0;
  int gradient_parts_;      ///< ranks and micro-batches whose gradients make a sum
  CommunicationLane lane_;  ///< last: its thread uses the rest
};

}  // namespace muster::train
