// A training step in numbers: layers with their shapes for one rank, where each one's parameters lie, and the
// buckets in which gradients are summed over the ranks.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/contract/network.hpp"
#include "kernels/contract/params.hpp"
#include "kernels/contract/work.hpp"

namespace muster::train {

/// Of weights, activations and gradients as they are multiplied and summed. Master weights and the
/// optimiser's moments are fp32 always; with fp32 the master weights are what is multiplied.
enum class Type { fp32, bf16 };
constexpr std::uint64_t bytes_of(Type type) { return type == Type::fp32 ? 4 : 2; }

struct StepOptions {
  Type type = Type::bf16;
  std::int64_t samples = 0;  ///< of a rank and micro-batch; 0: the model's own
  std::int64_t shrink = 1;   ///< rows, outputs, inputs, pictures' sides are divided by it, rounded up
  std::int64_t blocks = 0;   ///< repeats of each block at most; 0: all
  int accumulate = 1;        ///< micro-batches of a step, whose gradients are added up
  std::uint64_t bucket_bytes = std::uint64_t{25} << 20;  ///< gradients summed by one call; as PyTorch's DDP
  bool overlap = true;      ///< buckets are summed while the backward pass goes on
  bool input = true;        ///< batches come from the model's input profile; false: one batch, made once
  bool graph = false;       ///< the step is recorded once and repeated (CUDA graph)
  int channels = 0;         ///< NCCL's thread blocks for an operation; 0: as it thinks best
  int checkpoint = 0;       ///< the state is written to storage every so many steps; 0: never
  bool background = false;  ///< ... while the next steps go on
  bool endurance = false;   ///< sampled for all of the time, however precise (Regime::endurance)
  bool inference = false;   ///< forward only: no gradients, moments, master weights, buckets
};

/// Of the parameters of the workload train_step (and inference, which has fewer: the rest keeps its default).
StepOptions step_options(Params const& params);
/// The parameter `network`. Throws BadInput for a text that is none.
Network network_of(Params const& params);

/// A layer for one rank and micro-batch. Sizes in elements.
struct PlannedLayer {
  std::string name;
  std::int64_t rows = 0, outputs = 0, inputs = 0, batch = 1;
  bool weights = true, sum_outputs = false, sum_gradients = false;
  std::uint64_t first = 0;  ///< where its weights begin among all parameters (weights only)

  std::uint64_t output_count() const { return static_cast<std::uint64_t>(batch * rows * outputs); }
  std::uint64_t input_count() const { return static_cast<std::uint64_t>(batch * rows * inputs); }
  std::uint64_t operand_count() const { return static_cast<std::uint64_t>(batch * outputs * inputs); }
  std::uint64_t parameter_count() const { return weights ? operand_count() : 0; }
  /// Of one pass: 2 x rows x outputs x inputs x batch.
  std::uint64_t flops() const {
    return 2 * static_cast<std::uint64_t>(rows * outputs) * static_cast<std::uint64_t>(inputs * batch);
  }
};

/// Parameters [begin, end), whose gradients are complete once layer `after` has gone through the backward
/// pass (after = -1: once the embedding has).
struct Bucket {
  std::uint64_t begin = 0, end = 0;
  int after = 0;
  std::uint64_t count() const { return end - begin; }
};

/// Parameters lie in the order in which their gradients become ready: the last layer's first, each layer's
/// from a multiple of `parameter_alignment`, the embedding's (Network::other_parameters) at the end. What
/// lies between is 0 and stays 0.
inline constexpr std::uint64_t parameter_alignment = 64;

struct StepPlan {
  std::string model, item;
  StepOptions options;
  std::int64_t samples = 1;  ///< of a rank and micro-batch
  std::int64_t tokens = 0;   ///< of a sample
  int tensor_parallel = 1;
  Network::Input input = Network::Input::none;
  std::int64_t sample_bytes = 0, pictures = 1;  ///< as in Network
  std::int64_t size = 224;                      ///< side of pictures: Network's over shrink, at least 8
  std::vector<PlannedLayer> layers{};
  std::uint64_t embedding_first = 0, embedding_count = 0;
  std::uint64_t parameters = 0;   ///< with what lies between layers
  std::vector<Bucket> buckets{};  ///< in the order in which they become ready; together all parameters

  std::uint64_t forward_flops() const;  ///< of a micro-batch
  /// Of a micro-batch: weights' and data's gradients; the first layer has none of the data, unless there is
  /// an embedding to be trained.
  std::uint64_t backward_flops() const;
  /// What pictures have of other parameters are normalisations, and nobody takes a gradient of a picture: for
  /// these a step would multiply its first layer once more than a network's does (3 % of ResNet-50).
  bool first_data_gradient() const {
    return embedding_count > 0 && input != Network::Input::pictures && input != Network::Input::camera;
  }
};

/// The batch that is made once: of a step without input, and of one that is verified.
std::uint64_t fixed_batch_bytes(StepPlan const& plan);

/// The largest of all layers', in elements: what scratch memory is made for. `operand`: without weights.
struct LargestLayer {
  std::uint64_t inputs = 0, operand = 0, outputs = 0;
};
LargestLayer largest_layer(StepPlan const& plan);

/// What is wrong with the combination, each "problem (why) remedy"; empty: nothing. For Workload::check.
std::vector<std::string> faults_of_step(Network const& network, StepOptions const& options);

/// The same of a case's parameters: what Workload::check says of the workloads that run networks. Nothing
/// where `network` is empty: the suite's entry is then at fault, for it names no model.
std::vector<std::string> faults_of_params(Params const& params);

/// Throws BadInput with the first of faults_of_step().
StepPlan plan_step(Network const& network, StepOptions const& options);

/// Buckets over layers' parameters as above; a layer's are never split, so a large one has a bucket to
/// itself.
std::vector<Bucket> make_buckets(StepPlan const& plan);

/// Of what a checkpoint keeps: fp32 weights and both moments.
inline std::uint64_t state_bytes(StepPlan const& plan) { return 12 * plan.parameters; }

/// Bytes that a step takes on a device: 16 for each parameter (weights, moments, gradients, copy),
/// activations that the backward pass needs, scratch memory. Inference: the weights as they are multiplied,
/// the outputs of two layers, scratch memory.
struct StepMemory {
  std::uint64_t parameters = 0, activations = 0, scratch = 0;
  std::uint64_t checkpoint = 0, input = 0;  ///< only where they are in the same memory (HostRoom)
  std::uint64_t sum() const { return parameters + activations + scratch + checkpoint + input; }
};
StepMemory memory_of(StepPlan const& plan);

/// A rank on the host backend: the memory is the node's, for all of its ranks, and holds batches and
/// checkpoints too.
struct HostRoom {
  int node_ranks = 1;         ///< that share what is free
  int writers = 1;            ///< ranks that write a checkpoint together
  std::int64_t prefetch = 0;  ///< batches read ahead
};
/// Throws OutOfMemory, saying how many blocks or samples would fit, when the step (with what `host` adds,
/// where that is given) takes more than `free_bytes`, or this rank's share of them.
void require_step_memory(Network const& network, StepPlan const& plan, std::uint64_t free_bytes,
                         HostRoom const* host = nullptr);

}  // namespace muster::train
