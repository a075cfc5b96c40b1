// The passes over memory of a training step, enqueued.
#pragma once
#include <cuda_runtime_api.h>

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/train_step/step_kernels.hpp"
#include "kernels/train_step/step_plan.hpp"

namespace muster::train::cuda {

/// Enqueues kernels on one stream. Arrays are of T, aligned to 16 bytes, on the device. All but pick() and
/// hash() do nothing but enqueue, so they may be recorded. Throw DeviceError.
class StepKernels {
 public:
  /// `units`: multiprocessors of the device.
  StepKernels(Type type, int units, cudaStream_t stream) : type_(type), units_(units), stream_(stream) {}

  /// Elements of T in 16 bytes.
  int pack() const { return type_ == Type::bf16 ? 8 : 4; }
  int units() const { return units_; }

  /// x (or w) of y (see Gather).
  void gather(void* out, void const* y, Gather const& shape) const;
  /// dy of the layer before (see Adjoint); `dw` null where w has no gradient of this kind.
  void adjoint(void* dy, void const* y, void const* dx, void const* dw, Adjoint const& shape) const;
  /// `table`: P, or null.
  void embed(void* x, void const* batch, void const* table, Embed const& shape) const;
  /// `sums`: slices x size floats. `add`: to what is in `gradient`.
  void embed_gradient(void* gradient, float* sums, void const* dx, Slices const& shape, bool add) const;
  void loss(void* dy, void const* y, std::uint64_t count, std::uint64_t key) const;

  void next_update(AdamwClock* clock, training::AdamwSettings const& settings) const;
  /// With the gradients' sum over `parts` ranks and micro-batches.
  void adamw(AdamwOnDevice const& arrays, AdamwClock const* clock, int parts) const;

  /// First weights to either of the two that is not null.
  void fill_weights(float* weight, void* copy, std::uint64_t count, std::uint64_t key, float scale) const;
  void fill_batch(float* batch, std::uint64_t count, std::uint64_t key) const;

  /// The elements at `places`. Waits.
  std::vector<double> pick(void const* from, BatchView::Kind kind,
                           std::span<std::uint64_t const> places) const;
  /// Of `count` 32-bit words, each with its place. The same on every GPU. Waits.
  std::uint64_t hash(void const* words, std::uint64_t count) const;

 private:
  /// Blocks of one tile each, for `items` accesses of which a thread has `unroll` under way.
  unsigned tiles(std::uint64_t items, int unroll) const;
  unsigned blocks(std::uint64_t items) const;
  std::uint64_t accesses(std::uint64_t count, bool wide) const;

  Type type_;
  int units_;
  cudaStream_t stream_;
};

}  // namespace muster::train::cuda
