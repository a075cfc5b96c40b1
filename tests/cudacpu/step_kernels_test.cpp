// The training step's passes over memory on the CPU's execution model, against plain loops over machine.hpp's
// formulas: sizes that do and do not make 16 bytes, that are equal, that wrap once and many times.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <vector>

#include "tests/cudacpu/aligned_array.hpp"
#include "tests/cudacpu/cudacpu.hpp"
// Kernels come after the execution model.
#include "kernels/train_step/step_kernels.cuh"

namespace muster::train {
namespace {

using cuda::Bf16;
using muster::cuda::block_size;

constexpr std::uint64_t seed = 42;

template <class T>
constexpr int pack = 16 / static_cast<int>(sizeof(T));
template <class T>
constexpr bool is_bf16 = sizeof(T) == 2;

template <class T>
AlignedArray<T> made(std::size_t count, std::uint64_t stream) {
  AlignedArray<T> values(count);
  auto const key = stream_key(seed, stream);
  for (std::size_t i = 0; i < count; ++i) values[i] = cuda::stored_as<T>(2 * training::uniform(key, i));
  return values;
}

template <class T>
double number(AlignedArray<T>& values, std::size_t i) {
  return static_cast<double>(cuda::value_of(values[i]));
}

/// Half a unit in T's last place, and the roundings of some operations in fp32.
template <class T>
double slack(double right) {
  return std::abs(right) * (is_bf16<T> ? 0x1.02p-8 : 0x1p-21) + 1e-30;
}

template <class T>
void expect_close(AlignedArray<T>& got, std::function<double(std::size_t)> const& right, char const* what,
                  double size_of_sum = 0) {
  for (std::size_t i = 0; i < got.size(); ++i) {
    double const wanted = right(i);
    ASSERT_NEAR(number(got, i), wanted, slack<T>(wanted) + size_of_sum * 0x1p-22) << what << " " << i;
  }
}

double softsign(double v) { return v / (1 + std::abs(v)); }
double slope(double v) { return 1 / ((1 + std::abs(v)) * (1 + std::abs(v))); }

/// A launch in every order of the threads, so that none depends on another.
template <class Launch>
void in_every_order(Launch launch) {
  for (auto const order : cudacpu::all_orders)
    launch(cudacpu::Shape{.grid = 3, .block = block_size, .order = order});
}

struct Sizes {
  std::size_t count, size;
};
// Equal; shorter; nine times over; not multiples of a pack; one element; more than a tile of a block.
constexpr Sizes rounds[] = {{64, 64},     {40, 4096},   {4608, 512}, {4600, 511}, {7, 3},
                            {77, 1},      {63, 64},     {8, 8},      {24, 16},    {40, 24},
                            {5000, 4992}, {9001, 4500}, {8192, 24}};

/// A layer behind `outputs`: x fewer, as many, more; w of no elements (weights), of what is left, of more.
template <class Use>
void for_layers(Use const& use) {
  for (auto const [inputs, outputs] : rounds) {
    for (std::size_t const operands :
         {std::size_t{0}, std::size_t{16}, outputs, 3 * outputs, std::size_t{13}})
      use(layer_terms(outputs, inputs, operands));
  }
}

template <class T>
void gathers(auto kernel, Terms const& terms, double scale, bool with_signs) {
  auto y = made<T>(terms.wrap.size, 1);
  auto const gather = cuda::gather_of(terms, scale, with_signs, pack<T>);
  in_every_order([&](cudacpu::Shape const& shape) {
    AlignedArray<T> x(terms.count);
    cudacpu::launch(shape, kernel, x.data(), y.data(), gather);
    expect_close(
        x,
        [&](std::size_t i) {
          double sum = with_signs ? static_cast<double>(operand_sign(i)) : 0;
          terms.each(i, [&](std::uint64_t k) { sum += softsign(number(y, k)); });
          return scale * sum;
        },
        "x", static_cast<double>(terms.most() + 1) * scale);
  });
}

TEST(StepKernels, GatherAddsUpTheActivationsOfItsTerms) {
  for_layers([](LayerTerms const& terms) {
    gathers<float>(cuda::train_gather_fp32, terms.inputs, terms.input_scale, false);
    gathers<Bf16>(cuda::train_gather_bf16, terms.inputs, terms.input_scale, false);
    if (terms.operand.count == 0) return;
    gathers<float>(cuda::train_gather_fp32, terms.operand, 0.25, true);
    gathers<Bf16>(cuda::train_gather_bf16, terms.operand, 0.25, true);
  });
}

template <class T>
void adjoints(auto kernel, LayerTerms const& terms) {
  auto const outputs = terms.input_gradient.count, operands = terms.operand.count;
  auto y = made<T>(outputs, 1), dx = made<T>(terms.inputs.count, 2), dw = made<T>(operands, 3);
  std::vector<double> sums(outputs, 0.0), sizes(outputs, 0.0);
  auto const add = [&](std::size_t k, double value) {
    sums[k] += value;
    sizes[k] += std::abs(value);
  };
  for (std::size_t k = 0; k < outputs; ++k) {
    terms.input_gradient.each(k, [&](std::uint64_t j) { add(k, terms.input_scale * number(dx, j)); });
    terms.operand_gradient.each(k, [&](std::uint64_t j) { add(k, 0.5 * number(dw, j)); });
  }
  double const largest = *std::ranges::max_element(sizes);
  in_every_order([&](cudacpu::Shape const& launch) {
    AlignedArray<T> dy(outputs);
    cudacpu::launch(launch, kernel, dy.data(), y.data(), dx.data(), operands > 0 ? dw.data() : nullptr,
                    cuda::adjoint_of(terms, 0.5, pack<T>));
    expect_close(
        dy, [&](std::size_t k) { return slope(number(y, k)) * sums[k]; }, "dy", largest);
  });
}

TEST(StepKernels, AdjointSumsAllPlacesThatAnElementWentTo) {
  for_layers([](LayerTerms const& terms) {
    adjoints<float>(cuda::train_adjoint_fp32, terms);
    adjoints<Bf16>(cuda::train_adjoint_bf16, terms);
  });
}

// 16 bytes at a time wherever that is possible: it is what a step's time is made of.
TEST(StepKernels, PassesMoveWholePacksWhereSizesAllow) {
  auto const attention = layer_terms(3072, 1024, 1024), odd = layer_terms(3072, 1022, 1024);
  EXPECT_TRUE(cuda::gather_of(attention.inputs, 1, false, 8).wide);
  EXPECT_TRUE(cuda::gather_of(attention.operand, 1, true, 8).wide);
  EXPECT_TRUE(cuda::adjoint_of(attention, 1, 8).wide);
  EXPECT_EQ(cuda::gather_of(attention.inputs, 1, false, 8).terms.count, 128U);
  EXPECT_FALSE(cuda::gather_of(odd.inputs, 1, false, 8).wide);
  EXPECT_FALSE(cuda::adjoint_of(odd, 1, 8).wide);
}

double of_batch(BatchView const& batch, std::size_t i) {
  switch (batch.kind) {
    case BatchView::Kind::float32:
      return static_cast<double>(static_cast<float const*>(batch.data)[i]);
    case BatchView::Kind::float16:
      return static_cast<double>(from_fp16(static_cast<std::uint16_t const*>(batch.data)[i]));
    case BatchView::Kind::bfloat16:
      return static_cast<double>(from_bf16(static_cast<std::uint16_t const*>(batch.data)[i]));
    case BatchView::Kind::bytes:
      return (static_cast<double>(static_cast<std::uint8_t const*>(batch.data)[i]) - 127.5) / 127.5;
  }
  return NAN;
}

template <class T>
void embeds(auto kernel, BatchView batch, std::size_t count, std::size_t table_size) {
  auto table = made<T>(table_size, 4);
  auto const shape = cuda::embed_of(count, batch, table_size, pack<T>);
  AlignedArray<T> x(count);
  cudacpu::launch({.grid = 2, .block = block_size, .order = cudacpu::Order::shuffled}, kernel, x.data(),
                  batch.data, table_size > 0 ? table.data() : nullptr, shape);
  expect_close(
      x,
      [&](std::size_t k) {
        return of_batch(batch, k % batch.count) + (table_size > 0 ? number(table, k % table_size) : 0);
      },
      "x_0", 2);
}

TEST(StepKernels, EmbedAddsTheBatchAndTheTableInEveryKindOfBatch) {
  constexpr std::size_t most = 4096;
  AlignedArray<std::uint32_t> memory(most + 4);
  for (std::size_t i = 0; i < most + 4; ++i) {
    auto const key = stream_key(seed, 5);
    auto const low = to_fp16(training::uniform(key, i)), high = to_fp16(training::uniform(key, i + most));
    memory[i] = static_cast<std::uint32_t>(low) | static_cast<std::uint32_t>(high) << 16;
  }
  for (auto const kind : {BatchView::Kind::float16, BatchView::Kind::bfloat16, BatchView::Kind::bytes,
                          BatchView::Kind::float32}) {
    if (kind == BatchView::Kind::float32) {
      for (std::size_t i = 0; i < most; ++i) memory[i] = bits_of(training::uniform(stream_key(seed, 6), i));
    }
    for (std::size_t const size : {std::size_t{1000}, std::size_t{1001}, std::size_t{4096}}) {
      for (std::size_t const table :
           {std::size_t{0}, std::size_t{320}, std::size_t{321}, std::size_t{8000}}) {
        for (std::size_t const count : {std::size_t{3000}, std::size_t{3003}}) {
          embeds<float>(cuda::train_embed_fp32, {memory.data(), size, kind}, count, table);
          embeds<Bf16>(cuda::train_embed_bf16, {memory.data(), size, kind}, count, table);
        }
      }
    }
  }
}

// A record's bytes begin anywhere.
TEST(StepKernels, EmbedReadsABatchThatIsNotAligned) {
  AlignedArray<std::uint8_t> bytes(1024);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 7);
  for (std::size_t const begin : {1, 2, 4, 8}) {
    BatchView const batch{bytes.data() + begin, 1000, BatchView::Kind::bytes};
    EXPECT_EQ(cuda::embed_of(2000, batch, 0, 8).wide, begin == 8);
    embeds<Bf16>(cuda::train_embed_bf16, batch, 2000, 64);
    embeds<float>(cuda::train_embed_fp32, batch, 2000, 64);
  }
}

TEST(StepKernels, ABatchWithoutElementsIsRefused) {
  EXPECT_THROW((void)cuda::embed_of(8, {}, 0, 4), BadInput);
}

template <class T>
void embed_gradients(auto sum, auto close, std::size_t count, std::size_t size, int units) {
  auto dx = made<T>(count, 2), before = made<T>(size, 7);
  auto const shape = cuda::slices_of(count, size, pack<T>, units);
  for (bool const add : {false, true}) {
    AlignedArray<T> gradient(size);
    AlignedArray<float> sums(shape.slices * size);
    std::ranges::copy(before, gradient.begin());
    cudacpu::launch({.grid = dim3(2, shape.slices), .block = block_size}, sum, sums.data(), dx.data(), shape);
    cudacpu::launch({.grid = 2, .block = block_size}, close, gradient.data(), sums.data(), shape, add);
    double largest = 0;
    std::vector<double> right(size, 0.0);
    for (std::size_t k = 0; k < size; ++k) right[k] = add ? number(before, k) : 0;
    for (std::size_t j = 0; j < count; ++j) right[j % size] += number(dx, j);
    largest = 2 + 2 * static_cast<double>(count / size);
    expect_close(
        gradient, [&](std::size_t k) { return right[k]; }, "dP", largest);
  }
}

TEST(StepKernels, EmbedGradientSumsAllPlacesByAnyNumberOfSlices) {
  for (auto const [count, size] : rounds) {
    for (int const units : {1, 108}) {
      embed_gradients<float>(cuda::train_sum_slices_fp32, cuda::train_close_slices_fp32, count, size, units);
      embed_gradients<Bf16>(cuda::train_sum_slices_bf16, cuda::train_close_slices_bf16, count, size, units);
    }
  }
  EXPECT_EQ(cuda::slices_of(1 << 20, 64, 4, 108).slices, 256U);
  EXPECT_EQ(cuda::slices_of(1 << 20, 1 << 20, 4, 1).slices, 1U);
  EXPECT_EQ(cuda::slices_of(100, 1 << 20, 4, 108).slices, 1U);
}

template <class T>
void losses(auto kernel) {
  for (std::size_t const count : {8, 13, 4096, 4097}) {
    auto y = made<T>(count, 1);
    AlignedArray<T> dy(count);
    cudacpu::launch({.grid = 2, .block = block_size}, kernel, dy.data(), y.data(), count, target_key(seed));
    expect_close(
        dy,
        [&](std::size_t j) {
          return (number(y, j) - static_cast<double>(target(target_key(seed), j))) /
                 static_cast<double>(count);
        },
        "dy", 3.0 / static_cast<double>(count));
  }
}

TEST(StepKernels, LossIsTheDifferenceFromTheTarget) {
  losses<float>(cuda::train_loss_fp32);
  losses<Bf16>(cuda::train_loss_bf16);
}

cuda::AdamwClock clock_after(int steps) {
  training::AdamwSettings const settings;
  auto clock = cuda::adamw_clock(settings);
  for (int t = 0; t < steps; ++t) cudacpu::launch({}, cuda::train_next_update, &clock, settings);
  return clock;
}

TEST(StepKernels, TheClockIsAdamwsStepAfterAnyNumberOfSteps) {
  for (int const t : {1, 2, 3, 10, 1000, 20'000}) {
    auto const clock = clock_after(t);
    auto const right = training::adamw_step_of({}, static_cast<std::uint64_t>(t));
    EXPECT_EQ(clock.steps, static_cast<std::uint64_t>(t));
    EXPECT_FLOAT_EQ(clock.step.correction1, right.correction1) << t;
    EXPECT_FLOAT_EQ(clock.step.root_correction2, right.root_correction2) << t;
    EXPECT_EQ(clock.step.beta1, right.beta1);
    EXPECT_EQ(clock.step.decay, right.decay);
  }
}

template <class T>
void adamws(auto kernel) {
  for (std::size_t const count : {64, 1024, 2048, 2112, 20'032}) {
    auto weight = made<float>(count, 1), m = made<float>(count, 2);
    auto v = made<float>(count, 3);
    for (auto& one : v) one = std::abs(one);
    auto gradient = made<T>(count, 4);
    AlignedArray<Bf16> copy(count);
    std::vector<training::AdamwElement> right(count);
    auto const clock = clock_after(3);
    constexpr int parts = 6;
    for (std::size_t i = 0; i < count; ++i) {
      right[i] = training::adamw_update({weight[i], m[i], v[i]},
                                        mean_gradient(cuda::value_of(gradient[i]), parts), clock.step);
    }
    cuda::AdamwOnDevice const arrays{
        weight.data(), m.data(), v.data(), gradient.data(), is_bf16<T> ? copy.data() : nullptr, count};
    cudacpu::launch({.grid = 3, .block = block_size, .order = cudacpu::Order::backward}, kernel, arrays,
                    &clock, parts);
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_EQ(weight[i], right[i].weight) << i;
      ASSERT_EQ(m[i], right[i].m) << i;
      ASSERT_EQ(v[i], right[i].v) << i;
      ASSERT_EQ(copy[i].bits, is_bf16<T> ? to_bf16(right[i].weight) : 0xFFFF) << i;
    }
  }
}

TEST(StepKernels, AdamwIsThatOfTheTrainingKernelsWithTheMeanGradient) {
  adamws<float>(cuda::train_adamw_fp32);
  adamws<Bf16>(cuda::train_adamw_bf16);
}

TEST(StepKernels, FirstValuesGoWhereTheyAreWanted) {
  constexpr std::size_t count = 1000;
  AlignedArray<float> weight(count), batch(count);
  AlignedArray<Bf16> copy(count);
  cudacpu::Shape const shape{.grid = 2, .block = block_size};
  cudacpu::launch(shape, cuda::train_fill_weights, weight.data(), static_cast<Bf16*>(nullptr), count, seed,
                  0.5F);
  cudacpu::launch(shape, cuda::train_fill_weights, static_cast<float*>(nullptr), copy.data(), count, seed,
                  0.5F);
  cudacpu::launch(shape, cuda::train_fill_batch, batch.data(), count, seed);
  for (std::size_t i = 0; i < count; ++i) {
    ASSERT_EQ(weight[i], first_weight(seed, i, 0.5F));
    ASSERT_EQ(copy[i].bits, to_bf16(weight[i]));
    ASSERT_EQ(batch[i], fixed_batch(seed, i));
  }
}

TEST(StepKernels, PickFindsTheElementsAsked) {
  auto values = made<Bf16>(500, 1);
  std::vector<std::uint64_t> const places{0, 499, 7, 7, 250};
  std::vector<double> found(places.size());
  cudacpu::launch({.grid = 1, .block = block_size}, cuda::train_pick, found.data(),
                  static_cast<void const*>(values.data()), BatchView::Kind::bfloat16, places.data(),
                  static_cast<int>(places.size()));
  for (std::size_t i = 0; i < places.size(); ++i) EXPECT_EQ(found[i], number(values, places[i]));
}

unsigned long long hash_of(AlignedArray<std::uint32_t>& words, unsigned grid) {
  unsigned long long sum = 0;
  cudacpu::launch({.grid = grid, .block = block_size, .order = cudacpu::Order::shuffled}, cuda::train_hash,
                  &sum, words.data(), words.size());
  return sum;
}

TEST(StepKernels, AHashIsTheSameByAnyGridAndAnotherForAnyChange) {
  AlignedArray<std::uint32_t> words(3000);
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = static_cast<std::uint32_t>(i % 5);
  auto const right = hash_of(words, 1);
  EXPECT_EQ(hash_of(words, 4), right);
  std::set<unsigned long long> seen{right};
  for (unsigned const bit : {0U, 15U, 31U}) {
    for (std::size_t const at : {0, 1, 1499, 2999}) {
      words[at] ^= 1U << bit;
      seen.insert(hash_of(words, 4));
      words[at] ^= 1U << bit;
    }
  }
  std::swap(words[10], words[11]);
  seen.insert(hash_of(words, 4));
  EXPECT_EQ(seen.size(), 14U);
}

// The product form against the division it stands for, near the ends of its range.
TEST(Wrap, IsTheRemainder) {
  constexpr std::uint64_t narrow = std::uint64_t{1} << 32;
  for (std::uint64_t const size : {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{3}, std::uint64_t{641},
                                   std::uint64_t{1} << 31, narrow - 1, narrow, narrow + 1}) {
    auto const wrap = wrap_of(size, narrow);
    EXPECT_EQ(wrap.factor != 0, size > 1 && size < narrow) << size;
    for (std::uint64_t const i : {std::uint64_t{0}, size - 1, size, size + 1, 2 * size - 1, 2 * size,
                                  narrow - 2, narrow - 1, narrow / size * size - 1}) {
      if (i < narrow) {
        EXPECT_EQ(wrap.rest(i), i % size) << i << " mod " << size;
      }
    }
  }
  EXPECT_EQ(wrap_of(3, narrow + 1).factor, 0U);
}

}  // namespace
}  // namespace muster::train
