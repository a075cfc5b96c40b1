// A training step's memory on a GPU: parameters, activations, scratch memory.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/cuda/buffer.hpp"
#include "kernels/train_step/step_kernels_cuda.hpp"
#include "kernels/train_step/step_plan.hpp"

namespace muster::train::cuda {

using muster::cuda::DeviceBuffer;

/// Arrays of T (weights as multiplied, gradients, activations) and of fp32 (master weights and moments). In
/// fp32 the master weights are what is multiplied. All of it is allocated by the constructor and never again.
class StepArrays {
 public:
  /// Throws OutOfMemory.
  StepArrays(StepPlan const& plan, StepKernels const& kernels);

  /// Master weights, first moments, second moments: a checkpoint's bytes, in its order. Inference in fp32 has
  /// the first of them only, in bf16 none.
  DeviceBuffer const& state() const { return state_; }
  float* weight(std::uint64_t at = 0) const { return fp32(0, at); }
  float* first_moment(std::uint64_t at = 0) const { return fp32(1, at); }
  float* second_moment(std::uint64_t at = 0) const { return fp32(2, at); }

  DeviceBuffer const& copy() const { return copy_; }  ///< of the weights, in bf16; empty in fp32
  void* multiplied(std::uint64_t at) const { return type_ == Type::bf16 ? in(copy_, at) : weight(at); }
  DeviceBuffer const& gradients() const { return gradients_; }
  void* gradient(std::uint64_t at) const { return in(gradients_, at); }

  void* outputs(int layer) const { return in(outputs_, begins_[static_cast<std::size_t>(layer)]); }
  /// Two take turns: that of a layer is needed until the one before has its own.
  void* output_gradient(int layer) const { return output_gradients_[layer % 2].as(); }
  void* inputs() const { return inputs_.as(); }                      ///< x of one layer
  void* operand() const { return operand_.as(); }                    ///< w of one without weights
  void* input_gradient() const { return input_gradient_.as(); }      ///< dx
  void* operand_gradient() const { return operand_gradient_.as(); }  ///< dw of one without weights

  Slices const& embedding_slices() const { return slices_; }
  float* embedding_sums() const { return sums_.as<float>(); }
  AdamwClock* clock() const { return clock_.as<AdamwClock>(); }

 private:
  DeviceBuffer elements(std::uint64_t count, char const* what) const;
  void place_outputs(StepPlan const& plan);
  void make_gradients(StepPlan const& plan, StepKernels const& kernels);
  float* fp32(int part, std::uint64_t at) const {
    return state_.bytes() > 0 ? state_.as<float>() + static_cast<std::uint64_t>(part) * parameters_ + at
                              : nullptr;
  }
  void* in(DeviceBuffer const& buffer, std::uint64_t at) const {
    return buffer.as<std::byte>() + at * bytes_of(type_);
  }

  Type type_;
  std::uint64_t parameters_;
  DeviceBuffer state_{}, copy_{}, gradients_{}, outputs_{};
  std::vector<std::uint64_t> begins_{};  ///< of each layer's outputs
  DeviceBuffer inputs_{}, operand_{}, input_gradient_{}, operand_gradient_{}, output_gradients_[2]{};
  Slices slices_{};
  DeviceBuffer sums_{}, clock_{};
};

}  // namespace muster::train::cuda
