// The arrays of a training step on the host, and what the compute lane does with them.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernels/contract/device.hpp"
#include "kernels/contract/share.hpp"
#include "kernels/gemm/gemm_library.hpp"
#include "kernels/host/buffer.hpp"
#include "kernels/train_step/step_input.hpp"
#include "kernels/train_step/step_plan.hpp"
#include "kernels/training/adamw.hpp"

namespace muster::train {

/// All parameters, in the order of the plan. Inference has the weights alone.
struct HostParameters {
  explicit HostParameters(StepPlan const& plan);
  host::Buffer weight, gradient, first_moment, second_moment;
};

/// Layers of an fp32 plan, by the mathematics of machine.hpp. Products by OpenBLAS, everything else by the
/// device's team. Nothing is allocated after construction.
class HostLayers {
 public:
  /// `plan` and `device` outlive this. Throws OutOfMemory, Unsupported.
  HostLayers(StepPlan const& plan, Device& device, std::uint64_t seed);

  void restart();
  void embed(BatchView const& batch);
  void forward(int layer);
  void loss();
  void backward(int layer, bool add);
  void embed_gradient(bool add);
  /// With the mean of the gradients of `parts` ranks and micro-batches.
  void update(Bucket const& bucket, training::AdamwStep const& step, int parts);
  void copy_state(std::uint64_t begin, std::uint64_t end, std::byte* to);

  HostParameters& parameters() { return parameters_; }
  float* outputs(int layer) {
    auto const number = static_cast<std::size_t>(plan_.options.inference ? layer % 2 : layer);
    return outputs_[number].as<float>();
  }
  float* output_gradient(int layer) { return output_gradients_[layer % 2].as<float>(); }
  float const* inputs() const { return inputs_.as<float>(); }
  float const* operand(int layer) const;
  float const* input_gradient() const { return input_gradient_.as<float>(); }
  std::string library() const;

 private:
  using Product = std::unique_ptr<host::GemmLibrary>;

  struct Layer {
    Product forward{}, operand_gradient{}, added_operand_gradient{}, input_gradient{};
  };

  PlannedLayer const& planned(int layer) const { return plan_.layers[static_cast<std::size_t>(layer)]; }
  int last() const { return static_cast<int>(plan_.layers.size()) - 1; }
  void make_outputs();
  Layer make_layer(int number);
  void make_products(int number, Layer& layer);
  Product product(host::GemmOperands const& operands, GemmProblem problem) const;
  float* operand_gradient(int layer);
  void make_inputs(int layer);
  void make_operand(int layer);
  void embed_again();
  void fill_weights(std::uint64_t first, std::uint64_t count, std::uint64_t key, float scale);
  template <class Job>
  void on_all(std::uint64_t count, Job const& job);

  StepPlan const& plan_;
  Team& team_;
  std::uint64_t seed_;
  std::vector<int> cpus_;
  HostParameters parameters_;
  host::Buffer inputs_, input_gradient_, operand_, operand_gradient_;  ///< of the layer that is worked on
  host::Buffer output_gradients_[2];                                   ///< of layers with even, odd numbers
  std::vector<host::Buffer> outputs_{};  ///< of each layer; inference: of those with even, odd numbers
  std::vector<Layer> layers_{};
  BatchView batch_{};
  int inputs_of_ = -1;  ///< the layer whose x lies in inputs_
};

}  // namespace muster::train
