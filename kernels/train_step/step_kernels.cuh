// The passes over memory of a training step on a GPU: machine.hpp's formulas, each fused into one kernel.
// Arrays of T are aligned to 16 bytes. Where sizes are multiples of 16 bytes they move so; any other size
// goes element by element.
#pragma once
#include "kernels/cuda/block_all.cuh"
#include "kernels/cuda/stream_tiles.cuh"
#include "kernels/train_step/step_data.hpp"
#include "kernels/train_step/step_kernels.hpp"

namespace muster::train::cuda {

using muster::cuda::block_all;
using muster::cuda::block_size;
using muster::cuda::grid_first;
using muster::cuda::grid_step;
using muster::cuda::Pack;
using muster::cuda::resident_blocks;
using muster::cuda::stream_tiles;

/// bfloat16 as it is stored.
struct Bf16 {
  std::uint16_t bits;
};

__device__ inline float value_of(float stored) { return stored; }
__device__ inline float value_of(Bf16 stored) { return from_bf16(stored.bits); }

template <class T>
__device__ T stored_as(float value) {
  if constexpr (sizeof(T) == 2) {
    return {to_bf16(value)};
  } else {
    return value;
  }
}

/// What moves in one access: one element, or 16 bytes of them.
template <class T>
struct One {
  static constexpr int size = 1;
  T at[1];
};

/// Runs `body` with what moves in one access: 16 bytes where `wide`.
template <class T, class Body>
__device__ void by_width(bool wide, Body body) {
  if (wide) {
    body(Pack<T>{});
  } else {
    body(One<T>{});
  }
}

/// Accesses that a thread has under way before it uses the first of them.
inline constexpr int gather_unroll = 4;
inline constexpr int adjoint_unroll = 2;

/// Adds `of` what lies at the terms from k on; several terms never wrap.
template <class Unit, class Of>
__device__ void add_terms(float (&sums)[Unit::size], Unit const* from, Terms const& terms, std::uint64_t k,
                          Of of) {
  std::uint64_t const shift = terms.offset - terms.begin;
  for (; k < terms.end; k += terms.count) {
    Unit const unit = from[k + shift];
    for (int j = 0; j < Unit::size; ++j) sums[j] += of(value_of(unit.at[j]));
  }
}
__device__ inline float itself(float value) { return value; }

/// x (or w), every element of which has a term: the first ones of several are under way at once.
template <class T, class Unit>
__device__ void gather(T* out, T const* y, Gather const& shape) {
  auto* const to = reinterpret_cast<Unit*>(out);
  auto const* const from = reinterpret_cast<Unit const*>(y);
  Terms const& terms = shape.terms;
  stream_tiles<gather_unroll>(
      terms.count, [&](std::uint64_t i) { return from[terms.at(terms.first(i))]; },
      [&](std::uint64_t i, Unit unit) {
        float sums[Unit::size];
        for (int j = 0; j < Unit::size; ++j) sums[j] = phi(value_of(unit.at[j]));
        add_terms(sums, from, terms, terms.first(i) + terms.count, [](float v) { return phi(v); });
        for (int j = 0; j < Unit::size; ++j) {
          float const sign = operand_sign(i * Unit::size + static_cast<unsigned>(j));
          unit.at[j] = stored_as<T>((sums[j] + shape.signs * sign) * shape.scale);
        }
        to[i] = unit;
      });
}

template <class T>
__device__ void gather_any(T* out, T const* y, Gather const& shape) {
  by_width<T>(shape.wide, [&]<class Unit>(Unit) { gather<T, Unit>(out, y, shape); });
}

__global__ void __launch_bounds__(block_size, resident_blocks)
    train_gather_fp32(float* out, float const* y, Gather shape) {
  gather_any(out, y, shape);
}
__global__ void __launch_bounds__(block_size, resident_blocks)
    train_gather_bf16(Bf16* out, Bf16 const* y, Gather shape) {
  gather_any(out, y, shape);
}

/// dy of the layer before: phi'(y) times the sum over all places that y's element went to.
template <class T, class Unit>
__device__ void adjoint(T* dy, T const* y, T const* dx, T const* dw, Adjoint const& shape) {
  auto* const to = reinterpret_cast<Unit*>(dy);
  auto const* const values = reinterpret_cast<Unit const*>(y);
  auto const *const x = reinterpret_cast<Unit const*>(dx), *const w = reinterpret_cast<Unit const*>(dw);
  Terms const &inputs = shape.inputs, &operand = shape.operand;
  struct Loaded {
    Unit y, dx;
  };
  stream_tiles<adjoint_unroll>(
      inputs.count,
      [&](std::uint64_t i) {
        std::uint64_t const place = inputs.at(i);
        return Loaded{values[i], i < inputs.end ? x[place] : Unit{}};
      },
      [&](std::uint64_t i, Loaded const& loaded) {
        float sums[Unit::size], of_operands[Unit::size];
        for (int j = 0; j < Unit::size; ++j) {
          sums[j] = i < inputs.end ? value_of(loaded.dx.at[j]) : 0.0f;
          of_operands[j] = 0;
        }
        add_terms(sums, x, inputs, i + inputs.count, itself);
        add_terms(of_operands, w, operand, operand.first(i), itself);
        Unit result;
        for (int j = 0; j < Unit::size; ++j) {
          float const sum = fmaf(of_operands[j], shape.operand_scale, sums[j] * shape.input_scale);
          result.at[j] = stored_as<T>(phi_slope(value_of(loaded.y.at[j])) * sum);
        }
        to[i] = result;
      });
}

template <class T>
__device__ void adjoint_any(T* dy, T const* y, T const* dx, T const* dw, Adjoint const& shape) {
  by_width<T>(shape.wide, [&]<class Unit>(Unit) { adjoint<T, Unit>(dy, y, dx, dw, shape); });
}

__global__ void __launch_bounds__(block_size, resident_blocks)
    train_adjoint_fp32(float* dy, float const* y, float const* dx, float const* dw, Adjoint shape) {
  adjoint_any(dy, y, dx, dw, shape);
}
__global__ void __launch_bounds__(block_size, resident_blocks)
    train_adjoint_bf16(Bf16* dy, Bf16 const* y, Bf16 const* dx, Bf16 const* dw, Adjoint shape) {
  adjoint_any(dy, y, dx, dw, shape);
}

// ---- the batch ----

struct Fp16 {
  std::uint16_t bits;
};
__device__ inline float value_of(Fp16 stored) { return from_fp16(stored.bits); }
__device__ inline float value_of(std::uint8_t byte) { return (static_cast<float>(byte) - 127.5f) / 127.5f; }

/// `count` neighbours of E, aligned as far as 16 bytes.
template <class E, int count>
struct alignas(count * sizeof(E) < 16 ? count * sizeof(E) : 16) Neighbours {
  E at[count];
};

template <class Unit>
__device__ Wrap wrap_by(Round const& round) {
  return Unit::size == 1 ? round.by_element : round.by_pack;
}

/// x_0: T(batch + P), either one in turn; P may be missing.
template <class T, class E, class Unit>
__device__ void embed_as(T* x, E const* batch, T const* table, Embed const& shape) {
  auto* const to = reinterpret_cast<Unit*>(x);
  auto const* const values = reinterpret_cast<Neighbours<E, Unit::size> const*>(batch);
  auto const* const added = reinterpret_cast<Unit const*>(table);
  auto const value_place = wrap_by<Unit>(shape.batch), place = wrap_by<Unit>(shape.table);
  for (std::uint64_t i = grid_first(); i < shape.count / Unit::size; i += grid_step()) {
    auto const value = values[value_place.rest(i)];
    Unit unit = added != nullptr ? added[place.rest(i)] : Unit{};
    for (int j = 0; j < Unit::size; ++j) {
      float const more = added != nullptr ? value_of(unit.at[j]) : 0.0f;
      unit.at[j] = stored_as<T>(value_of(value.at[j]) + more);
    }
    to[i] = unit;
  }
}

/// Runs `body` with the batch's elements as they are stored.
template <class Body>
__device__ void by_kind(void const* batch, BatchView::Kind kind, Body body) {
  switch (kind) {
    case BatchView::Kind::float32:
      return body(static_cast<float const*>(batch));
    case BatchView::Kind::float16:
      return body(static_cast<Fp16 const*>(batch));
    case BatchView::Kind::bfloat16:
      return body(static_cast<Bf16 const*>(batch));
    case BatchView::Kind::bytes:
      return body(static_cast<std::uint8_t const*>(batch));
  }
}

template <class T>
__device__ void embed_any(T* x, void const* batch, T const* table, Embed const& shape) {
  by_kind(batch, shape.kind, [&]<class E>(E const* values) {
    by_width<T>(shape.wide, [&]<class Unit>(Unit) { embed_as<T, E, Unit>(x, values, table, shape); });
  });
}

__global__ void __launch_bounds__(block_size, resident_blocks)
    train_embed_fp32(float* x, void const* batch, float const* table, Embed shape) {
  embed_any(x, batch, table, shape);
}
__global__ void __launch_bounds__(block_size, resident_blocks)
    train_embed_bf16(Bf16* x, void const* batch, Bf16 const* table, Embed shape) {
  embed_any(x, batch, table, shape);
}

/// The sums over each slice of the places that an element of P went to, slice by slice. Slices, since P may
/// be much shorter than the device has threads.
template <class T, class Unit>
__device__ void sum_slices(float* sums, T const* dx, Slices const& shape) {
  auto const* const from = reinterpret_cast<Unit const*>(dx);
  std::uint64_t const size = shape.size / Unit::size, count = shape.count / Unit::size;
  std::uint64_t const first = blockIdx.y * shape.places_each;
  std::uint64_t const end = min(count, (first + shape.places_each) * size);
  for (std::uint64_t i = grid_first(); i < size; i += grid_step()) {
    float own[Unit::size]{};
    add_terms(own, from, {.count = size, .end = end}, i + first * size, itself);
    for (int j = 0; j < Unit::size; ++j) sums[blockIdx.y * shape.size + i * Unit::size + j] = own[j];
  }
}

__global__ void __launch_bounds__(block_size, resident_blocks)
    train_sum_slices_fp32(float* sums, float const* dx, Slices shape) {
  by_width<float>(shape.wide, [&]<class Unit>(Unit) { sum_slices<float, Unit>(sums, dx, shape); });
}
__global__ void __launch_bounds__(block_size, resident_blocks)
    train_sum_slices_bf16(float* sums, Bf16 const* dx, Slices shape) {
  by_width<Bf16>(shape.wide, [&]<class Unit>(Unit) { sum_slices<Bf16, Unit>(sums, dx, shape); });
}

/// dP from the slices' sums; `add`: to what is there.
template <class T>
__device__ void close_slices(T* gradient, float const* sums, Slices const& shape, bool add) {
  for (std::uint64_t i = grid_first(); i < shape.size; i += grid_step()) {
    float sum = add ? value_of(gradient[i]) : 0.0f;
    for (unsigned slice = 0; slice < shape.slices; ++slice) sum += sums[slice * shape.size + i];
    gradient[i] = stored_as<T>(sum);
  }
}

__global__ void __launch_bounds__(block_size, resident_blocks)
    train_close_slices_fp32(float* gradient, float const* sums, Slices shape, bool add) {
  close_slices(gradient, sums, shape, add);
}
__global__ void __launch_bounds__(block_size, resident_blocks)
    train_close_slices_bf16(Bf16* gradient, float const* sums, Slices shape, bool add) {
  close_slices(gradient, sums, shape, add);
}

// ---- the loss ----

template <class T, class Unit>
__device__ void loss(T* dy, T const* y, std::uint64_t count, std::uint64_t key) {
  auto* const to = reinterpret_cast<Unit*>(dy);
  auto const* const from = reinterpret_cast<Unit const*>(y);
  float const all = static_cast<float>(count);
  for (std::uint64_t i = grid_first(); i < count / Unit::size; i += grid_step()) {
    Unit unit = from[i];
    for (int j = 0; j < Unit::size; ++j) {
      float const wanted = target(key, i * Unit::size + static_cast<unsigned>(j));
      unit.at[j] = stored_as<T>((value_of(unit.at[j]) - wanted) / all);
    }
    to[i] = unit;
  }
}

__global__ void __launch_bounds__(block_size, resident_blocks)
    train_loss_fp32(float* dy, float const* y, std::uint64_t count, std::uint64_t key) {
  by_width<float>(count % Pack<float>::size == 0,
                  [&]<class Unit>(Unit) { loss<float, Unit>(dy, y, count, key); });
}
__global__ void __launch_bounds__(block_size, resident_blocks)
    train_loss_bf16(Bf16* dy, Bf16 const* y, std::uint64_t count, std::uint64_t key) {
  by_width<Bf16>(count % Pack<Bf16>::size == 0,
                 [&]<class Unit>(Unit) { loss<Bf16, Unit>(dy, y, count, key); });
}

// ---- the optimiser ----

/// One thread: AdamW's step number is one more. The powers are products, of which each is rounded once: after
/// a million steps they are 1e-10 off.
__global__ void train_next_update(AdamwClock* clock, training::AdamwSettings settings) {
  ++clock->steps;
  clock->power1 *= settings.beta1;
  clock->power2 *= settings.beta2;
  clock->step.correction1 = static_cast<float>(1 / (1 - clock->power1));
  clock->step.root_correction2 = static_cast<float>(1 / sqrt(1 - clock->power2));
}

/// Four elements: 16 bytes of each fp32 array, 8 of bfloat16 ones, so that neighbouring threads touch
/// neighbouring bytes in every array.
inline constexpr int adamw_width = 4;
inline constexpr int adamw_unroll = 2;

template <class T>
struct alignas(adamw_width * sizeof(T)) Four {
  T at[adamw_width];
};

template <class T>
struct AdamwArrays {
  Pack<float>*weight, *m, *v;
  Four<T> const* gradient;
  Four<Bf16>* copy;  ///< null: fp32, where the weights themselves are multiplied
};

template <class T>
struct AdamwLoaded {
  Pack<float> weight, m, v;
  Four<T> gradient;
};

template <class T>
__device__ void adamw_store(AdamwArrays<T> const& a, std::uint64_t i, AdamwLoaded<T> loaded,
                            training::AdamwStep const& step, int parts) {
  Four<Bf16> copy;
  for (int j = 0; j < adamw_width; ++j) {
    auto const next = training::adamw_update({loaded.weight.at[j], loaded.m.at[j], loaded.v.at[j]},
                                             mean_gradient(value_of(loaded.gradient.at[j]), parts), step);
    loaded.weight.at[j] = next.weight;
    loaded.m.at[j] = next.m;
    loaded.v.at[j] = next.v;
    copy.at[j] = stored_as<Bf16>(next.weight);
  }
  a.weight[i] = loaded.weight;
  a.m[i] = loaded.m;
  a.v[i] = loaded.v;
  if constexpr (sizeof(T) == 2) a.copy[i] = copy;
}

template <class T>
__device__ void adamw(AdamwOnDevice const& given, AdamwClock const* clock, int parts) {
  AdamwArrays<T> const a{reinterpret_cast<Pack<float>*>(given.weight),
                         reinterpret_cast<Pack<float>*>(given.m), reinterpret_cast<Pack<float>*>(given.v),
                         static_cast<Four<T> const*>(given.gradient), static_cast<Four<Bf16>*>(given.copy)};
  training::AdamwStep const step = clock->step;
  stream_tiles<adamw_unroll>(
      given.count / adamw_width,
      [&a](std::uint64_t i) {
        return AdamwLoaded<T>{a.weight[i], a.m[i], a.v[i], a.gradient[i]};
      },
      [&](std::uint64_t i, AdamwLoaded<T> const& loaded) { adamw_store(a, i, loaded, step, parts); });
}

__global__ void __launch_bounds__(block_size, resident_blocks)
    train_adamw_fp32(AdamwOnDevice arrays, AdamwClock const* clock, int parts) {
  adamw<float>(arrays, clock, parts);
}
__global__ void __launch_bounds__(block_size, resident_blocks)
    train_adamw_bf16(AdamwOnDevice arrays, AdamwClock const* clock, int parts) {
  adamw<Bf16>(arrays, clock, parts);
}

// ---- first values, and what a check reads ----

/// Either of the two may be missing.
__global__ void __launch_bounds__(block_size)
    train_fill_weights(float* weight, Bf16* copy, std::uint64_t count, std::uint64_t key, float scale) {
  for (std::uint64_t i = grid_first(); i < count; i += grid_step()) {
    float const value = first_weight(key, i, scale);
    if (weight != nullptr) weight[i] = value;
    if (copy != nullptr) copy[i] = stored_as<Bf16>(value);
  }
}

__global__ void __launch_bounds__(block_size)
    train_fill_batch(float* batch, std::uint64_t count, std::uint64_t key) {
  for (std::uint64_t i = grid_first(); i < count; i += grid_step()) batch[i] = fixed_batch(key, i);
}

__global__ void __launch_bounds__(block_size)
    train_pick(double* to, void const* from, BatchView::Kind kind, std::uint64_t const* places, int count) {
  by_kind(from, kind, [&]<class E>(E const* values) {
    for (std::uint64_t i = grid_first(); i < static_cast<unsigned>(count); i += grid_step())
      to[i] = static_cast<double>(value_of(values[places[i]]));
  });
}

/// Adds the hash of `words` to *sum: a sum of mixed words, each with its place, so that it does not matter
/// who adds first, and neither changed nor exchanged words stay unseen.
__global__ void __launch_bounds__(block_size)
    train_hash(unsigned long long* sum, std::uint32_t const* words, std::uint64_t count) {
  unsigned long long own = 0;
  for (std::uint64_t i = grid_first(); i < count; i += grid_step())
    own += mix64(random_word(0, i) + words[i]);
  own = block_all(own, [](unsigned long long a, unsigned long long b) { return a + b; });
  if (threadIdx.x == 0) atomicAdd(sum, own);
}

}  // namespace muster::train::cuda
