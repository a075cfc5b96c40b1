// The training kernels on the CPU's execution model, against their references; and the comparing kernels.
#include <gtest/gtest.h>

#include <span>
#include <vector>

#include "tests/cudacpu/aligned_array.hpp"
#include "tests/cudacpu/cudacpu.hpp"
// Kernels come after the execution model.
#include "kernels/training/adamw.cuh"
#include "kernels/training/compare.cuh"
#include "kernels/training/cross_entropy.cuh"
#include "kernels/training/layer_norm.cuh"

namespace muster::training {
namespace {

using cuda::DifferenceCounters;
using muster::cuda::block_size;

constexpr std::uint64_t seed = 42;

class ThisThread final : public Team {
 public:
  int size() const override { return 1; }
  void run(std::function<void(int)> const& job) override { job(0); }
};

DifferenceCounters compared(AlignedArray<float>& got, std::span<float const> right, Closeness limit) {
  DifferenceCounters found{0, ~0ULL, 0};
  cudacpu::launch({.grid = 3, .block = block_size, .order = cudacpu::Order::shuffled},
                  cuda::training_compare_fp32, got.data(), got.size(), right.data(), right.size(), limit,
                  &found);
  return found;
}
DifferenceCounters compared(AlignedArray<std::uint16_t>& got, std::span<float const> right, Closeness limit) {
  DifferenceCounters found{0, ~0ULL, 0};
  cudacpu::launch({.grid = 3, .block = block_size, .order = cudacpu::Order::shuffled},
                  cuda::training_compare_bf16, got.data(), got.size(), right.data(), right.size(), limit,
                  &found);
  return found;
}

struct Adamw {
  explicit Adamw(std::size_t count) : weight(count), m(count), v(count), gradient(count), copy(count) {
    cudacpu::launch({.grid = 2, .block = block_size}, cuda::training_adamw_fill, weight.data(), m.data(),
                    v.data(), gradient.data(), copy.data(), count, adamw_keys(seed));
  }
  void step(std::uint64_t t, cudacpu::Shape const& shape) {
    cudacpu::launch(shape, cuda::training_adamw, weight.data(), m.data(), v.data(), gradient.data(),
                    copy.data(), weight.size(), adamw_step_of({}, t));
  }
  AlignedArray<float> weight, m, v;
  AlignedArray<std::uint16_t> gradient, copy;
};

// From less than one tile of 2048 to several, with one block and several, past one period of the data.
TEST(AdamwKernel, IsTheReplayBitForBitAtEverySizeAndOrder) {
  ThisThread team;
  AdamwReplay replay(seed);
  replay.advance(3, team);
  for (std::size_t const count : {8, 1024, 2040, 2048, 2056, 20'000}) {
    for (auto const order : cudacpu::all_orders) {
      Adamw adamw(count);
      for (std::uint64_t t = 1; t <= 3; ++t) {
        adamw.step(t, {.grid = count % 16 == 0 ? 1u : 3u, .block = block_size, .order = order});
      }
      EXPECT_EQ(compared(adamw.weight, replay.weight(), {}).wrong, 0U) << count;
      EXPECT_EQ(compared(adamw.m, replay.m(), {}).wrong, 0U) << count;
      EXPECT_EQ(compared(adamw.v, replay.v(), {}).wrong, 0U) << count;
      EXPECT_EQ(compared(adamw.copy, replay.copy(), {}).wrong, 0U) << count;
    }
  }
}

TEST(AdamwKernel, AnotherStepsBiasCorrectionShows) {
  ThisThread team;
  AdamwReplay replay(seed);
  replay.advance(2, team);
  Adamw adamw(4096);
  adamw.step(1, {.grid = 2, .block = block_size});
  adamw.step(1, {.grid = 2, .block = block_size});
  EXPECT_GT(compared(adamw.weight, replay.weight(), {}).wrong, 3900U);  // all but those of gradient 0
  EXPECT_EQ(compared(adamw.m, replay.m(), {}).wrong, 0U) << "the moments do not depend on it";
}

struct LayerNorm {
  LayerNorm(LayerNormProblem const& problem, unsigned threads, cudacpu::Order order)
      : x(problem.count()),
        residual(problem.count()),
        sum(problem.count()),
        y(problem.count()),
        gamma(problem.columns),
        beta(problem.columns) {
    cudacpu::launch({.grid = 2, .block = block_size}, cuda::training_layer_norm_fill, x.data(),
                    residual.data(), gamma.data(), beta.data(), problem.count(), problem.columns,
                    layer_norm_keys(problem.seed));
    cudacpu::launch({.grid = static_cast<unsigned>(problem.rows), .block = threads, .order = order},
                    cuda::training_layer_norm, x.data(), residual.data(), gamma.data(), beta.data(),
                    sum.data(), y.data(), static_cast<int>(problem.columns));
  }
  AlignedArray<std::uint16_t> x, residual, sum, y;
  AlignedArray<float> gamma, beta;
};

TEST(LayerNormKernel, IsCloseToTheReferenceAtEveryWidthAndOrder) {
  ThisThread team;
  struct Size {
    std::uint64_t columns;
    unsigned threads;
  };
  // From a row that leaves most of a warp idle to one that takes every thread's four packs.
  for (auto const& [columns, threads] :
       {Size{8, 32}, {264, 32}, {1024, 32}, {1032, 64}, {4096, 128}, {16384, 512}}) {
    LayerNormProblem const problem{.rows = columns > 1024 ? 3u : 70u, .columns = columns, .seed = seed};
    auto const right = layer_norm_reference(problem, team);
    for (auto const order : cudacpu::all_orders) {
      LayerNorm norm(problem, threads, order);
      EXPECT_EQ(compared(norm.sum, right.sum, layer_norm_sum_limit).wrong, 0U) << columns;
      auto const found = compared(norm.y, right.y, layer_norm_y_limit);
      EXPECT_EQ(found.wrong, 0U) << columns << ": " << float_of(found.worst_bits);
    }
  }
}

TEST(LayerNormKernel, AThreadTooFewShows) {
  ThisThread team;
  LayerNormProblem const problem{.rows = 3, .columns = 1032, .seed = seed};
  auto const right = layer_norm_reference(problem, team);
  LayerNorm norm(problem, 32, cudacpu::Order::forward);  // holds 1024 columns
  EXPECT_GT(compared(norm.y, right.y, layer_norm_y_limit).wrong, 0U);
}

struct CrossEntropy {
  CrossEntropy(CrossEntropyProblem const& problem, unsigned threads, cudacpu::Order order)
      : logits(problem.count()), gradient(problem.count()), targets(problem.tokens), loss(problem.tokens) {
    cudacpu::launch({.grid = 2, .block = block_size}, cuda::training_cross_entropy_fill, logits.data(),
                    targets.data(), problem.tokens, problem.vocabulary, cross_entropy_keys(problem.seed));
    cudacpu::launch({.grid = static_cast<unsigned>(problem.tokens), .block = threads, .order = order},
                    cuda::training_cross_entropy, logits.data(), targets.data(), gradient.data(), loss.data(),
                    static_cast<int>(problem.vocabulary), problem.scale());
  }
  AlignedArray<std::uint16_t> logits, gradient;
  AlignedArray<std::int32_t> targets;
  AlignedArray<float> loss;
};

TEST(CrossEntropyKernel, IsCloseToTheReferenceAtEveryVocabularyAndOrder) {
  ThisThread team;
  struct Size {
    std::uint64_t vocabulary;
    unsigned threads;
  };
  for (auto const& [vocabulary, threads] : {Size{8, 32}, {1000, 32}, {1024, 32}, {8200, 256}, {32768, 512}}) {
    CrossEntropyProblem const problem{
        .tokens = vocabulary > 1024 ? 2u : 40u, .vocabulary = vocabulary, .seed = seed};
    auto const right = cross_entropy_reference(problem, team);
    for (auto const order : cudacpu::all_orders) {
      CrossEntropy entropy(problem, threads, order);
      auto const found = compared(entropy.gradient, right.gradient, cross_entropy_gradient_limit(problem));
      EXPECT_EQ(found.wrong, 0U) << vocabulary << ": " << float_of(found.worst_bits);
      EXPECT_EQ(compared(entropy.loss, right.loss, cross_entropy_loss_limit).wrong, 0U) << vocabulary;
    }
  }
}

TEST(CrossEntropyKernel, AnotherTokensTargetShows) {
  ThisThread team;
  CrossEntropyProblem const problem{.tokens = 4, .vocabulary = 256, .seed = seed};
  auto right = cross_entropy_reference(problem, team);
  CrossEntropy entropy(problem, 32, cudacpu::Order::forward);
  std::swap(right.loss[0], right.loss[1]);
  EXPECT_EQ(compared(entropy.loss, right.loss, cross_entropy_loss_limit).wrong, 2U);
}

TEST(CompareKernels, CountWhatIsWrongAndNameTheFirstAndTheWorst) {
  std::vector<float> const right{1, 2, 3};
  AlignedArray<float> got(3000);
  for (std::size_t i = 0; i < got.size(); ++i) got[i] = right[i % 3];
  EXPECT_EQ(compared(got, right, {}).wrong, 0U);
  got[2999] = 3.5F;
  got[700] = 2.25F;
  auto const found = compared(got, right, {0, 0.125F});
  EXPECT_EQ(found.wrong, 2U);
  EXPECT_EQ(found.first, 700U);
  EXPECT_EQ(float_of(found.worst_bits), 4.0F);
  AlignedArray<std::uint16_t> nothing(300);  // all NaN
  EXPECT_EQ(compared(nothing, right, {1, 1}).wrong, 300U);
}

}  // namespace
}  // namespace muster::training
