// A training step on the CPUs of a rank: compute in a thread of its own and the rank's team, sums over ranks
// by the calling thread. Compute, sums and the input's threads share the rank's CPUs, and say so.
#pragma once
#include <atomic>
#include <memory>
#include <vector>

#include "kernels/contract/workload.hpp"
#include "kernels/train_step/fixed_batch_host.hpp"
#include "kernels/train_step/host_lanes_host.hpp"
#include "kernels/train_step/host_layers_host.hpp"
#include "kernels/train_step/machine.hpp"
#include "kernels/train_step/schedule.hpp"
#include "kernels/train_step/step_input.hpp"
#include "kernels/train_step/step_members.hpp"
#include "kernels/train_step/step_times.hpp"

namespace muster::train {

/// Work is done while the calling thread enqueues more, sums when it waits: for a batch, for a sum within a
/// layer, and at a step's last mark, with which the step is done. Nothing is allocated in a step.
class HostMachine final : public StepMachine {
 public:
  /// Called by all ranks of the context's group. `input` and `context` outlive this. Throws Unsupported for
  /// another type than fp32, OutOfMemory.
  HostMachine(StepPlan plan, StepInput& input, Context& context);

  void open_step() override;
  void mark(Lane lane, int mark) override;
  void wait(Lane lane, int mark) override;

  void take_batch() override;
  void embed() override;
  void forward(int layer) override;
  void sum_outputs(int layer) override { sum(output_sums_[static_cast<std::size_t>(layer)].get()); }
  void sum_gradients(int layer) override { sum(gradient_sums_[static_cast<std::size_t>(layer)].get()); }
  void loss() override;
  void backward(int layer, bool add) override;
  void embed_gradient(bool add) override;
  void update(Bucket const& bucket) override;
  void next_update() override;
  std::uint64_t updates() override;
  void copy_state(std::uint64_t begin, std::uint64_t end, std::byte* to) override;

  void reduce(Bucket const& bucket) override;

  void settle() override { lanes_.serve(); }
  void await_copy() override { lanes_.await(copied_.load()); }
  std::shared_ptr<std::byte> state_memory(std::uint64_t bytes) override;
  bool take_times(std::span<double> seconds) override { return times_.take(seconds); }
  int ranks() const override { return members_.data->size(); }
  int rank() const override { return members_.data->rank(); }
  void restart() override;
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
  void sum(Sum* sum);
  double element(Array array, int layer, std::uint64_t index);
  double batch_element(std::uint64_t index) const;

  StepPlan plan_;
  StepInput& input_;
  Context& context_;
  StepMembers members_;
  HostLayers layers_;
  FixedBatch kept_fixed_;  ///< made with the rest: verification is no time for one rank to run out of memory
  StepTimes times_;
  Sums bucket_sums_{}, output_sums_{}, gradient_sums_{};
  BatchView batch_{};
  FixedBatch* fixed_ = nullptr;  ///< in use
  std::uint64_t updates_ = 0;
  std::atomic<std::uint64_t> copied_{0};  ///< what the compute lane has enqueued when it has copied the state
  int gradient_parts_;                    ///< ranks and micro-batches whose gradients make a sum
  int last_mark_;
  HostLanes lanes_;  ///< last: its thread uses the rest
};

}  // namespace muster::train
