#include <algorithm>

#include "kernels/cuda/buffer.hpp"
#include "kernels/cuda/error.hpp"
#include "kernels/cuda/grid.hpp"
#include "kernels/train_step/step_kernels.cuh"
#include "kernels/train_step/step_kernels_cuda.hpp"

namespace muster::train::cuda {
namespace {

using muster::cuda::check;
using muster::cuda::DeviceBuffer;

template <class T>
T* as(void* array) {
  return static_cast<T*>(array);
}
template <class T>
T const* as(void const* array) {
  return static_cast<T const*>(array);
}

}  // namespace

std::uint64_t StepKernels::accesses(std::uint64_t count, bool wide) const {
  return wide ? count / static_cast<unsigned>(pack()) : count;
}

// One tile a block: see kernels/memory/memory_kernels_cuda.cu.
unsigned StepKernels::tiles(std::uint64_t items, int unroll) const {
  std::uint64_t const tile = static_cast<std::uint64_t>(unroll) * block_size;
  return static_cast<unsigned>(std::clamp<std::uint64_t>((items + tile - 1) / tile, 1, (1ULL << 31) - 1));
}

unsigned StepKernels::blocks(std::uint64_t items) const {
  return muster::cuda::grid_size(items, units_, block_size);
}

void StepKernels::gather(void* out, void const* y, Gather const& shape) const {
  auto const grid = tiles(shape.terms.count, gather_unroll);
  if (type_ == Type::bf16) {
    train_gather_bf16<<<grid, block_size, 0, stream_>>>(as<Bf16>(out), as<Bf16>(y), shape);
  } else {
    train_gather_fp32<<<grid, block_size, 0, stream_>>>(as<float>(out), as<float>(y), shape);
  }
  check(cudaGetLastError(), "train_gather");
}

void StepKernels::adjoint(void* dy, void const* y, void const* dx, void const* dw,
                          Adjoint const& shape) const {
  auto const grid = tiles(shape.inputs.count, adjoint_unroll);
  if (type_ == Type::bf16) {
    train_adjoint_bf16<<<grid, block_size, 0, stream_>>>(as<Bf16>(dy), as<Bf16>(y), as<Bf16>(dx),
                                                         as<Bf16>(dw), shape);
  } else {
    train_adjoint_fp32<<<grid, block_size, 0, stream_>>>(as<float>(dy), as<float>(y), as<float>(dx),
                                                         as<float>(dw), shape);
  }
  check(cudaGetLastError(), "train_adjoint");
}

void StepKernels::embed(void* x, void const* batch, void const* table, Embed const& shape) const {
  auto const grid = blocks(accesses(shape.count, shape.wide));
  if (type_ == Type::bf16) {
    train_embed_bf16<<<grid, block_size, 0, stream_>>>(as<Bf16>(x), batch, as<Bf16>(table), shape);
  } else {
    train_embed_fp32<<<grid, block_size, 0, stream_>>>(as<float>(x), batch, as<float>(table), shape);
  }
  check(cudaGetLastError(), "train_embed");
}

void StepKernels::embed_gradient(void* gradient, float* sums, void const* dx, Slices const& shape,
                                 bool add) const {
  dim3 const grid(blocks(accesses(shape.size, shape.wide)), shape.slices);
  auto const rest = blocks(shape.size);
  if (type_ == Type::bf16) {
    train_sum_slices_bf16<<<grid, block_size, 0, stream_>>>(sums, as<Bf16>(dx), shape);
    train_close_slices_bf16<<<rest, block_size, 0, stream_>>>(as<Bf16>(gradient), sums, shape, add);
  } else {
    train_sum_slices_fp32<<<grid, block_size, 0, stream_>>>(sums, as<float>(dx), shape);
    train_close_slices_fp32<<<rest, block_size, 0, stream_>>>(as<float>(gradient), sums, shape, add);
  }
  check(cudaGetLastError(), "train_sum_slices, train_close_slices");
}

void StepKernels::loss(void* dy, void const* y, std::uint64_t count, std::uint64_t key) const {
  auto const grid = blocks(accesses(count, count % static_cast<unsigned>(pack()) == 0));
  if (type_ == Type::bf16) {
    train_loss_bf16<<<grid, block_size, 0, stream_>>>(as<Bf16>(dy), as<Bf16>(y), count, key);
  } else {
    train_loss_fp32<<<grid, block_size, 0, stream_>>>(as<float>(dy), as<float>(y), count, key);
  }
  check(cudaGetLastError(), "train_loss");
}

void StepKernels::next_update(AdamwClock* clock, training::AdamwSettings const& settings) const {
  train_next_update<<<1, 1, 0, stream_>>>(clock, settings);
  check(cudaGetLastError(), "train_next_update");
}

void StepKernels::adamw(AdamwOnDevice const& arrays, AdamwClock const* clock, int parts) const {
  auto const grid = tiles(arrays.count / adamw_width, adamw_unroll);
  if (type_ == Type::bf16) {
    train_adamw_bf16<<<grid, block_size, 0, stream_>>>(arrays, clock, parts);
  } else {
    train_adamw_fp32<<<grid, block_size, 0, stream_>>>(arrays, clock, parts);
  }
  check(cudaGetLastError(), "train_adamw");
}

void StepKernels::fill_weights(float* weight, void* copy, std::uint64_t count, std::uint64_t key,
                               float scale) const {
  train_fill_weights<<<blocks(count), block_size, 0, stream_>>>(weight, as<Bf16>(copy), count, key, scale);
  check(cudaGetLastError(), "train_fill_weights");
}

void StepKernels::fill_batch(float* batch, std::uint64_t count, std::uint64_t key) const {
  train_fill_batch<<<blocks(count), block_size, 0, stream_>>>(batch, count, key);
  check(cudaGetLastError(), "train_fill_batch");
}

std::vector<double> StepKernels::pick(void const* from, BatchView::Kind kind,
                                      std::span<std::uint64_t const> places) const {
  std::vector<double> values(places.size());
  if (places.empty()) return values;
  DeviceBuffer const wanted(places.size_bytes(), "places to be checked");
  DeviceBuffer const found(places.size() * sizeof(double), "values to be checked");
  muster::cuda::copy_to_device(wanted.as(), places.data(), places.size_bytes(), stream_);
  train_pick<<<blocks(places.size()), block_size, 0, stream_>>>(
      found.as<double>(), from, kind, wanted.as<std::uint64_t>(), static_cast<int>(places.size()));
  check(cudaGetLastError(), "train_pick");
  muster::cuda::copy_to_host(values.data(), found.as(), found.bytes(), stream_);
  return values;
}

std::uint64_t StepKernels::hash(void const* words, std::uint64_t count) const {
  DeviceBuffer const sum(sizeof(unsigned long long), "a hash");
  check(cudaMemsetAsync(sum.as(), 0, sum.bytes(), stream_), "cudaMemsetAsync");
  train_hash<<<blocks(count), block_size, 0, stream_>>>(sum.as<unsigned long long>(),
                                                        as<std::uint32_t>(words), count);
  check(cudaGetLastError(), "train_hash");
  std::uint64_t total = 0;
  muster::cuda::copy_to_host(&total, sum.as(), sizeof total, stream_);
  return mix64(total + count);
}

}  // namespace muster::train::cuda
