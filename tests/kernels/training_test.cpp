// The training kernels on the host: their references against literals and plain formulas, the cases as the
// worker runs them, and planted faults.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/training/adamw.hpp"
#include "kernels/training/cross_entropy.hpp"
#include "kernels/training/exponential.hpp"
#include "kernels/training/layer_norm.hpp"
#include "tests/kernels/support.hpp"

namespace muster::training {
namespace {

constexpr std::uint64_t seed = 42;

/// An array of `count` elements that holds the period `right`, rounded to bfloat16.
std::vector<std::uint16_t> rounded(std::vector<float> const& right, std::uint64_t count) {
  std::vector<std::uint16_t> bits(count);
  for (std::uint64_t i = 0; i < count; ++i) bits[i] = to_bf16(right[i % right.size()]);
  return bits;
}

// ---- closeness ----

TEST(Closeness, MeasuresInMultiplesOfWhatIsAllowed) {
  EXPECT_EQ(excess(1.5F, 1.0F, {0.25F, 0.25F}), 1.0F);
  EXPECT_EQ(excess(-1.5F, -1.0F, {0.25F, 0.25F}), 1.0F);
  EXPECT_EQ(excess(2.0F, 2.0F, {}), 0.0F);
  EXPECT_TRUE(std::isinf(excess(std::nextafter(2.0F, 3.0F), 2.0F, {})));
}

TEST(Closeness, NaNAndInfinityAreNeverClose) {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  EXPECT_TRUE(std::isinf(excess(nan, 1.0F, {1.0F, 1.0F})));
  EXPECT_TRUE(std::isinf(excess(inf, 1.0F, {1.0F, 1.0F})));
  EXPECT_TRUE(std::isinf(excess(1.0F, nan, {1.0F, 1.0F})));
}

TEST(Closeness, ComparesEveryPeriodAndNamesTheFirstWrongElement) {
  HostTeam team({0, 0, 0});
  std::vector<float> const right{1, 2, 3};
  std::vector<float> got;
  for (int i = 0; i < 1000; ++i) got.push_back(right[static_cast<std::size_t>(i % 3)]);
  EXPECT_EQ(compare(got.data(), got.size(), right, {}, team).wrong, 0U);
  got[999] = 7;
  got[500] = 9;
  auto const found = compare(got.data(), got.size(), right, {}, team);
  EXPECT_EQ(found.wrong, 2U);
  EXPECT_EQ(found.first, 500U);
  EXPECT_EQ(found.got, 9);
  auto const verdict = judge("method", "the array", got.size(), right, found);
  EXPECT_FALSE(verdict.ok());
  EXPECT_NE(
      verdict.detail.find("2 of 1000 elements of the array are wrong, the first is 500: got 9, expected 3"),
      std::string::npos)
      << verdict.detail;
}

// ---- AdamW ----

TEST(Adamw, StepHasTheFormulasConstants) {
  auto const first = adamw_step_of({}, 1);
  EXPECT_FLOAT_EQ(first.correction1, 10.0F);             // 1 / (1 - 0.9)
  EXPECT_FLOAT_EQ(first.root_correction2, 31.6227766F);  // 1 / sqrt(1 - 0.999)
  EXPECT_FLOAT_EQ(first.decay, 0.99999F);
  auto const later = adamw_step_of({}, 1000);
  EXPECT_FLOAT_EQ(later.correction1, 1.0F);
  EXPECT_FLOAT_EQ(later.root_correction2, 1.2575835F);  // 1 / sqrt(1 - 0.999^1000)
}

// m = 0.05, v = 0.00025, both corrected: 0.5 and 0.25, so the update is 1: 2 (1 - 1e-5) - 1e-3.
TEST(Adamw, FirstStepIsTheLearningRateInTheGradientsDirection) {
  auto const next = adamw_update({2.0F, 0, 0}, 0.5F, adamw_step_of({}, 1));
  EXPECT_FLOAT_EQ(next.m, 0.05F);
  EXPECT_FLOAT_EQ(next.v, 0.00025F);
  EXPECT_NEAR(next.weight, 1.99898F, 5e-7);
  EXPECT_NEAR(adamw_update({2.0F, 0, 0}, -0.5F, adamw_step_of({}, 1)).weight, 2.00098F, 5e-7);
}

TEST(Adamw, ReplayAgreesWithTheFormulaInDoubleAtEveryStep) {
  HostTeam team({0, 0});
  AdamwReplay replay(seed);
  for (std::uint64_t const steps : {1, 2, 3, 10, 11, 100, 1000}) {
    replay.advance(steps, team);
    auto const verdict = replay.against_double();
    EXPECT_TRUE(verdict.ok()) << steps << ": " << verdict.error;
    EXPECT_GT(verdict.error, 0) << "nothing was compared";
  }
}

TEST(Adamw, ReplayInOneGoIsTheReplayInParts) {
  HostTeam team({0, 0});
  AdamwReplay parts(seed), whole(seed);
  for (std::uint64_t const steps : {1, 4, 9}) parts.advance(steps, team);
  whole.advance(9, team);
  EXPECT_TRUE(std::ranges::equal(parts.weight(), whole.weight()));
  EXPECT_TRUE(std::ranges::equal(parts.v(), whole.v()));
}

/// Parameters as a backend would hold them, stepped by the test.
class AdamwFaults : public testing::Test {
 protected:
  static constexpr std::uint64_t count = 3 * adamw_period + 56;

  AdamwFaults() : weight_(count), m_(count), v_(count), copy_(count) {
    for (std::uint64_t i = 0; i < count; ++i) weight_[i] = adamw_first_weight(adamw_keys(seed).weight, i);
  }
  void step(std::uint64_t t, std::uint64_t left_out = count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      if (i == left_out) continue;
      auto const gradient = from_bf16(adamw_gradient(adamw_keys(seed).gradient, i));
      auto const next = adamw_update({weight_[i], m_[i], v_[i]}, gradient, adamw_step_of({}, t));
      weight_[i] = next.weight, m_[i] = next.m, v_[i] = next.v, copy_[i] = to_bf16(next.weight);
    }
  }
  Verdict verdict(std::uint64_t steps) {
    AdamwReplay replay(seed);
    replay.advance(steps, team_);
    return adamw_verdict(
        replay, count,
        {compare(weight_.data(), count, replay.weight(), {}, team_),
         compare(m_.data(), count, replay.m(), {}, team_), compare(v_.data(), count, replay.v(), {}, team_),
         compare(copy_.data(), count, replay.copy(), {}, team_)});
  }

  test::ThisThread team_;
  std::vector<float> weight_, m_, v_;
  std::vector<std::uint16_t> copy_;
};

TEST_F(AdamwFaults, RightStepsPass) {
  for (std::uint64_t t = 1; t <= 5; ++t) step(t);
  auto const right = verdict(5);
  EXPECT_TRUE(right.ok()) << right.detail;
}

TEST_F(AdamwFaults, AnElementSkippedInOneStepIsNamed) {
  for (std::uint64_t t = 1; t <= 5; ++t) step(t, t == 3 ? 20'000 : count);
  auto const wrong = verdict(5);
  EXPECT_FALSE(wrong.ok());
  EXPECT_NE(wrong.detail.find("the first is 20000"), std::string::npos) << wrong.detail;
}

TEST_F(AdamwFaults, TheBiasCorrectionOfAnotherStepIsCaught) {
  step(1), step(2), step(2);
  EXPECT_FALSE(verdict(3).ok());
}

TEST_F(AdamwFaults, AStepTooManyAndAStepTooFewAreCaught) {
  step(1), step(2), step(3);
  EXPECT_FALSE(verdict(2).ok());
  EXPECT_FALSE(verdict(4).ok());
}

TEST_F(AdamwFaults, AFlippedBitAnywhereIsCaught) {
  step(1);
  for (unsigned flip = 0; flip < 128; ++flip) {
    auto& array = flip % 3 == 0 ? weight_ : flip % 3 == 1 ? m_ : v_;
    auto& element = array[(flip * 7919U) % count];
    float const before = element;
    element = float_of(bits_of(element) ^ (1U << flip % 32));
    bool const minus_zero = flip % 32 == 31 && bits_of(before) == 0;  // equal to 0
    EXPECT_EQ(verdict(1).ok(), minus_zero) << flip;
    element = before;
  }
}

TEST_F(AdamwFaults, ElementsInEachOthersPlaceAreCaught) {
  step(1);
  std::rotate(weight_.begin(), weight_.begin() + 4096, weight_.end());
  EXPECT_FALSE(verdict(1).ok());
}

TEST(Adamw, HostCaseIsRightBeforeAndAfterManySteps) {
  test::Solo solo;
  for (std::int64_t const count : {8, 4096, 100'000}) {
    auto const adamw = test::make_case("training/adamw",
                                       test::params_of("training/adamw", {{"count", count}}), solo.context);
    for (int round = 0; round < 3; ++round) {
      auto const verdict = adamw->verify();
      EXPECT_TRUE(verdict.ok()) << count << ": " << verdict.detail;
      for (int i = 0; i < 20; ++i) adamw->launch();
    }
    EXPECT_EQ(adamw->work().bytes, 28U * static_cast<std::uint64_t>(count));
    EXPECT_FALSE(adamw->recordable()) << "every launch is another step";
  }
}

TEST(Adamw, TooManyParametersSayWhatFits) {
  EXPECT_NO_THROW(require_adamw(64, 1024));
  try {
    require_adamw(1ULL << 30, 1ULL << 30);
    FAIL() << "16 GiB fit into 1";
  } catch (OutOfMemory const& error) {
    EXPECT_NE(std::string(error.what()).find("use count <= 67108864"), std::string::npos) << error.what();
  }
}

// ---- layer norm ----

class LayerNormFaults : public testing::Test {
 protected:
  LayerNormFaults() : right_(layer_norm_reference(problem_, team_)) {
    sum_ = rounded(right_.sum, problem_.count());
    y_ = rounded(right_.y, problem_.count());
  }
  Verdict verdict() {
    return layer_norm_verdict(problem_, right_,
                              compare(sum_.data(), problem_.count(), right_.sum, layer_norm_sum_limit, team_),
                              compare(y_.data(), problem_.count(), right_.y, layer_norm_y_limit, team_));
  }

  test::ThisThread team_;
  LayerNormProblem problem_{.rows = 130, .columns = 256, .seed = seed};
  LayerNormReference right_;
  std::vector<std::uint16_t> sum_, y_;
};

// y = (h - mean) / deviation x gamma + beta, so (y - beta) / gamma has mean 0 and variance 1 (less epsilon's
// part).
TEST_F(LayerNormFaults, ReferenceRowsAreNormal) {
  auto const keys = layer_norm_keys(seed);
  for (std::uint64_t row = 0; row < layer_norm_period; row += 20) {
    double mean = 0, squares = 0;
    for (std::uint64_t c = 0; c < 256; ++c) {
      auto const y = static_cast<double>(right_.y[row * 256 + c]);
      double const z = (y - static_cast<double>(layer_norm_beta(keys.beta, c))) /
                       static_cast<double>(layer_norm_gamma(keys.gamma, c));
      mean += z / 256;
      squares += z * z / 256;
    }
    EXPECT_NEAR(mean, 0, 1e-6);
    EXPECT_NEAR(squares, 1, 1e-4);
  }
}

TEST_F(LayerNormFaults, RightAnswersPass) {
  auto const right = verdict();
  EXPECT_TRUE(right.ok()) << right.detail;
  EXPECT_GT(right.error, 0.5) << "the leeway is far larger than the rounding it is for";
}

TEST_F(LayerNormFaults, AWrongRowIsCaught) {
  std::copy_n(y_.begin() + 256, 256, y_.begin() + 2 * 256);
  auto const wrong = verdict();
  EXPECT_FALSE(wrong.ok());
  EXPECT_NE(wrong.detail.find("of the normalised sum are wrong"), std::string::npos) << wrong.detail;
}

TEST_F(LayerNormFaults, ASkippedElementIsCaught) {
  y_[100 * 256 + 7] = 0xFFFF;
  EXPECT_FALSE(verdict().ok());
}

TEST_F(LayerNormFaults, ASumThatIsOffByOneBitIsCaught) {
  sum_[129 * 256 + 255] ^= 1;
  EXPECT_FALSE(verdict().ok());
}

TEST_F(LayerNormFaults, TheVarianceOfAnotherDivisorIsCaught) {
  // sqrt(256 / 255), as if it were a sample's variance: 0.2 % off, less than a rounding to bfloat16 and yet
  // enough of the elements fall on the wrong side of one.
  for (std::uint64_t i = 0; i < problem_.count(); ++i) {
    y_[i] = to_bf16(right_.y[i % right_.y.size()] * 1.00196F);
  }
  EXPECT_FALSE(verdict().ok());
}

TEST(LayerNorm, HostCaseIsRightAtOddSizes) {
  test::Solo solo;
  for (std::int64_t const columns : {8, 24, 768, 1000}) {
    auto const norm = test::make_case(
        "training/layer_norm", test::params_of("training/layer_norm", {{"rows", 75}, {"columns", columns}}),
        solo.context);
    for (int round = 0; round < 2; ++round) {
      auto const verdict = norm->verify();
      EXPECT_TRUE(verdict.ok()) << columns << ": " << verdict.detail;
      for (int i = 0; i < 3; ++i) norm->launch();
    }
    EXPECT_EQ(norm->work().bytes, static_cast<std::uint64_t>(8 * 75 * columns + 8 * columns));
  }
}

// ---- cross-entropy ----

TEST(Exponential, IsWithinTwoUnitsInTheLastPlace) {
  double worst = 0;
  for (int i = 0; i <= 1'000'000; ++i) {
    float const x = -87.0F * static_cast<float>(i) * 1e-6F;
    double const right = std::exp(static_cast<double>(x));
    worst = std::max(worst, std::abs(static_cast<double>(exp_of(x)) - right) / right);
  }
  EXPECT_LT(worst, 2 * 0x1p-23);
  EXPECT_EQ(exp_of(0.0F), 1.0F);
  EXPECT_EQ(exp_of(-100.0F), 0.0F);
}

class CrossEntropyFaults : public testing::Test {
 protected:
  CrossEntropyFaults() : right_(cross_entropy_reference(problem_, team_)) {
    gradient_ = rounded(right_.gradient, problem_.count());
    for (std::uint64_t token = 0; token < problem_.tokens; ++token) {
      loss_.push_back(right_.loss[token % cross_entropy_period]);
    }
  }
  Verdict verdict() {
    return cross_entropy_verdict(
        problem_, right_,
        compare(gradient_.data(), problem_.count(), right_.gradient, cross_entropy_gradient_limit(problem_),
                team_),
        compare(loss_.data(), problem_.tokens, right_.loss, cross_entropy_loss_limit, team_));
  }

  test::ThisThread team_;
  CrossEntropyProblem problem_{.tokens = 70, .vocabulary = 512, .seed = seed};
  CrossEntropyReference right_;
  std::vector<std::uint16_t> gradient_;
  std::vector<float> loss_;
};

TEST_F(CrossEntropyFaults, ReferenceGradientsOfATokenAddUpToNothing) {
  for (std::uint64_t token = 0; token < cross_entropy_period; ++token) {
    double sum = 0;
    for (std::uint64_t j = 0; j < 512; ++j) sum += static_cast<double>(right_.gradient[token * 512 + j]);
    EXPECT_NEAR(sum * 70, 0, 1e-5);
    EXPECT_GT(right_.loss[token], 0);
  }
}

TEST_F(CrossEntropyFaults, RightAnswersPass) {
  auto const right = verdict();
  EXPECT_TRUE(right.ok()) << right.detail;
}

TEST_F(CrossEntropyFaults, AWrongRowIsCaught) {
  std::copy_n(gradient_.begin(), 512, gradient_.begin() + 5 * 512);
  EXPECT_FALSE(verdict().ok());
}

TEST_F(CrossEntropyFaults, ATargetLeftOutIsCaught) {
  auto const target =
      static_cast<std::uint64_t>(cross_entropy_target(cross_entropy_keys(seed).target, 3, 512));
  gradient_[3 * 512 + target] = to_bf16(right_.gradient[3 * 512 + target] + problem_.scale());
  EXPECT_FALSE(verdict().ok());
}

TEST_F(CrossEntropyFaults, ASkippedElementAWrongLossAndAMissingScaleAreCaught) {
  auto const before = gradient_;
  gradient_[69 * 512 + 511] = 0xFFFF;
  EXPECT_FALSE(verdict().ok());
  gradient_ = before;
  loss_[44] += 0.001F;
  EXPECT_FALSE(verdict().ok());
  loss_[44] -= 0.001F;
  for (std::uint64_t i = 0; i < problem_.count(); ++i) {
    gradient_[i] = to_bf16(right_.gradient[i % right_.gradient.size()] * 70);
  }
  EXPECT_FALSE(verdict().ok());
}

TEST(CrossEntropy, HostCaseIsRightAtOddSizes) {
  test::Solo solo;
  for (std::int64_t const words : {8, 24, 1000, 32000}) {
    auto const loss = test::make_case(
        "training/cross_entropy",
        test::params_of("training/cross_entropy", {{"tokens", 40}, {"vocabulary", words}}), solo.context);
    for (int round = 0; round < 2; ++round) {
      auto const verdict = loss->verify();
      EXPECT_TRUE(verdict.ok()) << words << ": " << verdict.detail;
      for (int i = 0; i < 3; ++i) loss->launch();
    }
    EXPECT_EQ(loss->work().bytes, static_cast<std::uint64_t>(4 * 40 * words + 8 * 40));
  }
}

TEST(TrainingWorkloads, SizesMustBeMultiplesOf8AndDocsAreThere) {
  for (auto const& [name, parameter] :
       {std::pair{"training/adamw", "count"}, std::pair{"training/layer_norm", "columns"},
        std::pair{"training/cross_entropy", "vocabulary"}}) {
    auto const& workload = *Registry::instance().find(name);
    EXPECT_FALSE(workload.docs.empty()) << name;
    EXPECT_TRUE(workload.check(test::params_of(name, {{parameter, std::int64_t{64}}})).empty());
    EXPECT_EQ(workload.check(test::params_of(name, {{parameter, std::int64_t{60}}})).size(), 1U) << name;
  }
}

}  // namespace
}  // namespace muster::training
