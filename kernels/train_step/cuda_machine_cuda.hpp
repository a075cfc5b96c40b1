// A training step on a GPU: compute on the device's queue, sums of gradients on a stream of their own.
#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "kernels/contract/workload.hpp"
#include "kernels/cuda/stream.hpp"
#include "kernels/train_step/fixed_batch_cuda.hpp"
#include "kernels/train_step/machine.hpp"
#include "kernels/train_step/schedule.hpp"
#include "kernels/train_step/step_arrays_cuda.hpp"
#include "kernels/train_step/step_clock_cuda.hpp"
#include "kernels/train_step/step_communicators_cuda.hpp"
#include "kernels/train_step/step_graphs_cuda.hpp"
#include "kernels/train_step/step_input.hpp"
#include "kernels/train_step/step_products_cuda.hpp"

namespace muster::train::cuda {

/// Nothing is allocated in a step, and the host waits for no stream and no event; with StepOptions::graph not
/// from the second step of each of the kept_steps places for times on. (The input may wait for its own work.)
///
/// Beside memory_of() of the plan it takes memory_beside() of the device.
class CudaMachine final : public StepMachine {
 public:
  /// `communicators`: step_communicators() of the plan; with nobody in it: a rank by itself. `input` and
  /// `context` outlive this. Throws OutOfMemory, Unsupported, DeviceError.
  CudaMachine(StepPlan plan, StepInput& input, std::shared_ptr<StepCommunicators> communicators,
              Context& context);
  CudaMachine(CudaMachine const&) = delete;
  CudaMachine& operator=(CudaMachine const&) = delete;
  ~CudaMachine() override;  ///< waits for its work

  void open_step() override;
  void mark(Lane lane, int mark) override;
  void wait(Lane lane, int mark) override;

  void take_batch() override;
  void embed() override;
  void forward(int layer) override {
    add({.kind = Command::Kind::forward, .number = layer, .batch = batch_});
  }
  void sum_outputs(int layer) override { add({.kind = Command::Kind::sum_outputs, .number = layer}); }
  void sum_gradients(int layer) override { add({.kind = Command::Kind::sum_gradients, .number = layer}); }
  void loss() override { add({.kind = Command::Kind::loss}); }
  void backward(int layer, bool add) override;
  void embed_gradient(bool more) override { add({.kind = Command::Kind::embed_gradient, .add = more}); }
  void update(Bucket const& bucket) override { add({.kind = Command::Kind::update, .bucket = bucket}); }
  void next_update() override { add({.kind = Command::Kind::next_update}); }
  void reduce(Bucket const& bucket) override { add({.kind = Command::Kind::reduce, .bucket = bucket}); }
  void copy_state(std::uint64_t begin, std::uint64_t end, std::byte* to) override;

  void settle() override;
  void await_copy() override;
  std::shared_ptr<std::byte> state_memory(std::uint64_t bytes) override;
  bool take_times(std::span<double> seconds) override { return clock_.take(seconds); }
  void look(double seconds) override { communicators_->look(seconds); }

  int ranks() const override {
    return communicators_->members.data ? communicators_->members.data->size() : 1;
  }
  int rank() const override {
    return communicators_->members.data ? communicators_->members.data->rank() : 0;
  }
  void restart() override;
  std::uint64_t updates() override;
  std::vector<double> read(Array array, int layer, std::span<std::uint64_t const> indices) override;
  void use_fixed_batch(bool fixed) override;
  std::uint64_t weights_hash() override;
  std::vector<std::pair<std::string, std::string>> facts() override;

 private:
  /// How a layer's x and w are made of the outputs before, and what comes back.
  struct Shapes {
    Gather inputs{}, operand{};
    Adjoint adjoint{};
  };
  struct Source {
    void const* data;
    BatchView::Kind kind;
  };

  Shapes shapes_of(int layer) const;
  void add(Command const& command);
  void carry_out(Command const& command, bool recorded);
  void note_time(Command const& command, bool recorded);

  void embed_now(BatchView const& batch);
  void make_inputs(int layer, BatchView const& batch);
  void forward_now(int layer, BatchView const& batch);
  void backward_now(Command const& command);
  void update_now(Bucket const& bucket);
  void reduce_now(Bucket const& bucket);
  void average(void* values, std::uint64_t count);
  void keep_batch(BatchView const& batch);
  void fill_weights(std::uint64_t first, std::uint64_t count, std::uint64_t key, float scale);
  Source source(Array array, int layer) const;
  void wait_for_all();

  PlannedLayer const& planned(int layer) const { return plan_.layers[static_cast<std::size_t>(layer)]; }
  Shapes const& shapes(int layer) const { return shapes_[static_cast<std::size_t>(layer)]; }
  int last() const { return static_cast<int>(plan_.layers.size()) - 1; }
  void* operand_of(int layer) const;
  ElementType element() const;

  StepPlan plan_;
  StepInput& input_;
  Context& context_;
  cudaStream_t compute_;
  muster::cuda::Stream communication_;
  StepKernels kernels_;
  std::shared_ptr<StepCommunicators>
      communicators_;  ///< before memory: what is stuck in streams ends with them
  StepArrays arrays_;
  StepProducts products_;
  std::vector<Shapes> shapes_{};
  StepClock clock_;
  int const end_mark_;
  muster::cuda::Event copied_{};
  /// Kept for as long as a copy may be stuck before it: giving it back waits for the device.
  std::vector<std::shared_ptr<muster::cuda::PinnedBuffer>> state_memory_{};
  std::optional<StepGraphs> graphs_{};

  BatchView batch_{};
  DeviceBuffer kept_batch_{};  ///< with graphs, whose kernels know one address; made with the rest
  std::uint64_t kept_count_ = 0;
  FixedBatch fixed_batch_;  ///< made with the rest: verification is no time for one rank to run out of memory
  bool fixed_ = false;
  int inputs_of_ = -1;  ///< the layer whose inputs are there; -1: unknown
};

/// Bytes of a device of `units` multiprocessors that a machine takes beside memory_of(): the embedding's
/// sums, batches, cuBLASLt's workspace. NCCL's own buffers were made before, the input's as well.
std::uint64_t memory_beside(StepPlan const& plan, int units);

/// As require_step_memory() of what the device has free now, less memory_beside(). Once the input is made.
void require_device_memory(Network const& network, StepPlan const& plan, Device& device);

}  // namespace muster::train::cuda
