// The check of a training step: what is right passes, and every planted fault is told, by name where it can.
#include "kernels/train_step/step_check.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernels/train_step/step_replay.hpp"
#include "tests/kernels/faulty_machines.hpp"
#include "tests/kernels/plain_machine.hpp"
#include "tests/kernels/support.hpp"
#include "tests/kernels/train_step_networks.hpp"

namespace muster::train {
namespace {

using muster::test::SoloGroup;
using muster::test::ThreadGroup;
using test::PassingOn;
using test::PlainMachine;

constexpr std::uint64_t seed = 7;

using MakeMachine = std::function<std::unique_ptr<StepMachine>(StepPlan const&, Group&)>;

std::unique_ptr<StepMachine> sound(StepPlan const& plan, Group& group) {
  return std::make_unique<PlainMachine>(plan, group, seed);
}

/// The verdicts of all ranks, after a few steps of training.
std::vector<Verdict> checked(StepPlan const& plan, int ranks, MakeMachine const& make, int steps = 2) {
  std::vector<Verdict> verdicts(static_cast<std::size_t>(ranks));
  auto const job = [&](Group& group) {
    auto machine = make(plan, group);
    StepMarks const marks(plan);
    for (int step = 0; step < steps; ++step) enqueue_step(plan, marks, {}, *machine);
    verdicts[static_cast<std::size_t>(group.rank())] = check_step(plan, marks, *machine, group, seed);
  };
  if (ranks > 1) {
    ThreadGroup(ranks).run(job);
  } else {
    SoloGroup group;
    job(group);
  }
  return verdicts;
}

struct Sound {
  int ranks = 1;
  StepOptions options{};
  Network network = test::every_kind();
};

void expect_pass(Sound const& sound_case, int steps) {
  auto const plan = plan_step(sound_case.network, sound_case.options);
  for (auto const& verdict : checked(plan, sound_case.ranks, sound, steps)) {
    EXPECT_TRUE(verdict.ok()) << verdict.detail;
    EXPECT_GT(verdict.error, 0);
  }
}

TEST(StepCheck, PassesWhatIsRight) {
  for (auto const type : {Type::fp32, Type::bf16}) {
    for (int const ranks : {1, 2, 4}) {
      for (int const accumulate : {1, 3}) {
        auto options = test::small_buckets(type);
        options.accumulate = accumulate;
        expect_pass({.ranks = ranks, .options = options}, 2);
        expect_pass({.ranks = ranks, .options = options}, 0);
      }
    }
  }
}

TEST(StepCheck, PassesLayersThatRanksShare) {
  for (auto const type : {Type::fp32, Type::bf16}) {
    expect_pass({.ranks = 4, .options = test::small_buckets(type), .network = test::shared_layers()}, 2);
    expect_pass({.ranks = 1, .options = test::small_buckets(type), .network = test::shared_layers()}, 2);
  }
}

TEST(StepCheck, PassesPicturesWhoseNormalisationsHaveNoGradient) {
  auto network = test::every_kind();
  network.input = Network::Input::pictures;
  for (auto const type : {Type::fp32, Type::bf16}) {
    auto options = test::small_buckets(type);
    options.input = false;
    expect_pass({.ranks = 2, .options = options, .network = network}, 2);
  }
}

TEST(StepCheck, PassesWithoutOverlapAndWithSumsThatTakeTheirTime) {
  for (bool const overlap : {false, true}) {
    auto options = test::small_buckets();
    options.overlap = overlap;
    auto const plan = plan_step(test::every_kind(), options);
    for (auto const &verdict : checked(plan, 2, [](StepPlan const&of, Group&group) {
           return std::make_unique<test::SumsLater>(sound(of, group), true);
         }))
      EXPECT_TRUE(verdict.ok()) << verdict.detail;
  }
}

/// More parameters than the reference is made for, at little work.
Network many_parameters() {
  return test::network_of_layers({{.name = "wide", .rows = 4, .outputs = 750, .inputs = 720},
                                  {.name = "narrow", .rows = 4, .outputs = 720, .inputs = 750}},
                                 300);
}

TEST(StepCheck, LargeNetworksAreHeldAgainstThemselves) {
  auto const plan = plan_step(many_parameters(), {.bucket_bytes = std::uint64_t{1} << 20});
  ASSERT_FALSE(small_enough_to_replay(plan, 1, std::uint64_t{1} << 40));
  auto const verdict = checked(plan, 1, sound, 1).front();
  EXPECT_TRUE(verdict.ok()) << verdict.detail;
  EXPECT_NE(verdict.method.find("piece by piece"), std::string::npos);
}

TEST(StepCheck, LeavesTheMachineAsRestarted) {
  auto const plan = plan_step(test::every_kind(), test::small_buckets());
  SoloGroup group;
  PlainMachine machine(plan, group, seed), fresh(plan, group, seed);
  StepMarks const marks(plan);
  enqueue_step(plan, marks, {}, machine);
  check_step(plan, marks, machine, group, seed);
  std::vector<double> times(static_cast<std::size_t>(marks.count()));
  EXPECT_FALSE(machine.take_times(times));
  EXPECT_EQ(machine.weights_hash(), fresh.weights_hash());
  EXPECT_EQ(machine.updates(), 0U);
  std::vector<std::uint64_t> const some{0, 1, 2};
  machine.take_batch();
  EXPECT_NE(machine.read(Array::batch, 0, some)[0], static_cast<double>(fixed_batch(batch_key(seed, 0), 0)));
}

/// Two layers of one shape after the first.
Network twins() {
  NetworkLayer const layer{.name = "twin", .rows = 8, .outputs = 6, .inputs = 6};
  return test::network_of_layers({{.name = "first", .rows = 8, .outputs = 6, .inputs = 5}, layer, layer});
}

/// Every rank is told; where `says` is part of what.
void expect_told(std::vector<Verdict> const& verdicts, std::string const& says) {
  for (auto const& verdict : verdicts) {
    EXPECT_FALSE(verdict.ok());
    EXPECT_NE(verdict.detail.find(says), std::string::npos) << verdict.detail;
  }
}

template <class Fault, class... Args>
MakeMachine planted(Args... args) {
  return [=](StepPlan const& plan, Group& group) -> std::unique_ptr<StepMachine> {
    return std::make_unique<Fault>(sound(plan, group), args...);
  };
}

TEST(StepCheck, OfInferenceTheForwardPassIsChecked) {
  auto options = test::small_buckets();
  options.inference = true;
  auto const plan = plan_step(twins(), options);
  auto const right = checked(plan, 1, sound, 0).front();
  EXPECT_TRUE(right.ok()) << right.detail;
  EXPECT_NE(right.method.find("forward pass only"), std::string::npos);
  expect_told(checked(plan, 1, planted<test::SwapsLayers>(1, 2, false), 0), "twin (layer 1)");
}

class StepFault : public testing::TestWithParam<Type> {
 protected:
  StepPlan plan_ = plan_step(test::every_kind(), test::small_buckets(GetParam()));
  StepPlan twins_ = plan_step(twins(), test::small_buckets(GetParam()));
};
INSTANTIATE_TEST_SUITE_P(Train, StepFault, testing::Values(Type::fp32, Type::bf16));

TEST_P(StepFault, DroppedBucketIsNamedByWhatItHolds) {
  for (auto const& bucket : plan_.buckets)
    expect_told(checked(plan_, 2, planted<test::DropsBucket>(bucket)), "sum of gradients over 2 ranks");
}

TEST_P(StepFault, SkippedUpdateIsTold) {
  for (auto const& bucket : plan_.buckets)
    expect_told(checked(plan_, 1, planted<test::SkipsUpdate>(bucket)), "master weights after update");
}

TEST_P(StepFault, GradientsThatAreNotMadeAnewAreTold) {
  for (int const layer : {1, 2})
    expect_told(checked(twins_, 1, planted<test::KeepsGradient>(layer)),
                fmt::format("gradient of the weights of twin (layer {})", layer));
}

TEST_P(StepFault, BatchThatIsUsedTwiceIsTold) {
  expect_told(checked(plan_, 1, planted<test::KeepsBatch>(1000)), "the fixed batch of rank 0");
  auto with_input = plan_;
  with_input.input = Network::Input::tokens;
  expect_told(checked(with_input, 1, planted<test::KeepsBatch>(1000)), "the same batch three times in a row");
}

// The batch is there when anyone looks at it, but was not yet when the step began to work on it.
TEST_P(StepFault, StepThatDoesNotWaitForItsBatchIsTold) {
  struct EmbedsTheOneBefore : PlainMachine {
    using PlainMachine::PlainMachine;
    void take_batch() override {
      before_ = batch_;
      PlainMachine::take_batch();
      late_ = !fixed_ && !before_.empty();
    }
    void embed() override {
      bool const late = std::exchange(late_, false);
      if (late) batch_.swap(before_);
      PlainMachine::embed();
      if (late) batch_.swap(before_);
    }
    std::vector<float> before_;
    bool late_ = false;
  };
  for (int const accumulate : {1, 2}) {
    auto with_input = plan_;
    with_input.input = Network::Input::tokens;
    with_input.options.accumulate = accumulate;
    for (auto const& verdict : checked(with_input, 2, sound)) EXPECT_TRUE(verdict.ok()) << verdict.detail;
    expect_told(checked(with_input, 2,
                        [](StepPlan const& plan, Group& group) {
                          return std::make_unique<EmbedsTheOneBefore>(plan, group, seed);
                        }),
                "on the batch that it took");
  }
}

// A machine that records what it does twice, and repeats it from then on.
TEST_P(StepFault, StepThatIsRepeatedWrongIsTold) {
  struct ForgetsABucketInTheEnd : test::PassingOn {
    using PassingOn::PassingOn;
    void open_step() override {
      marked_ = false;
      inner_.open_step();
    }
    void mark(Lane lane, int mark) override {
      enqueued_ += std::exchange(marked_, true) ? 0 : 1;
      inner_.mark(lane, mark);
    }
    void update(Bucket const& bucket) override {
      if (!marked_ || enqueued_ < 3 || bucket.begin > 0) inner_.update(bucket);
    }
    bool marked_ = false;
    int enqueued_ = 0;
  };
  SoloGroup group;
  ForgetsABucketInTheEnd machine(sound(plan_, group));
  machine.use_fixed_batch(true);
  EXPECT_FALSE(check_schedule(plan_, StepMarks(plan_), machine, seed).details().empty());
}

TEST_P(StepFault, BatchOfAnotherRankIsTold) {
  struct OthersBatch : PlainMachine {
    using PlainMachine::PlainMachine;
    int batch_rank() const override { return 0; }
  };
  auto const verdicts = checked(plan_, 2, [](StepPlan const& plan, Group& group) {
    return std::make_unique<OthersBatch>(plan, group, seed);
  });
  EXPECT_NE(verdicts[1].detail.find("the fixed batch of rank 1"), std::string::npos) << verdicts[1].detail;
}

TEST_P(StepFault, SwappedLayersAreTold) {
  expect_told(checked(twins_, 1, planted<test::SwapsLayers>(1, 2, false)), "twin (layer 1)");
  expect_told(checked(twins_, 1, planted<test::SwapsLayers>(1, 2, true)), "twin (layer 1)");
}

TEST_P(StepFault, UpdateThatDoesNotWaitForItsSumIsTold) {
  expect_told(checked(plan_, 2, planted<test::SumsLater>(false)), "after 3 steps");
}

TEST_P(StepFault, UpdateThatDoesNotWaitIsToldInLargeNetworksToo) {
  ThreadGroup(2).run([&](Group& group) {
    for (bool const waits : {true, false}) {
      test::SumsLater machine(sound(plan_, group), waits);
      machine.use_fixed_batch(true);
      auto const findings = check_schedule(plan_, StepMarks(plan_), machine, seed);
      EXPECT_EQ(findings.details().empty(), waits);
    }
  });
}

TEST_P(StepFault, MachineThatDoesNotRestartIsTold) {
  expect_told(checked(plan_, 1, planted<test::NeverRestarts>()), "weights after a restart");
}

TEST_P(StepFault, UpdateThatIsCountedTwiceIsTold) {
  expect_told(checked(plan_, 1, planted<test::CountsTwice>()), "the optimiser counts");
}

TEST_P(StepFault, SharedLayerThatIsNotSummedIsTold) {
  auto const plan = plan_step(test::shared_layers(), test::small_buckets(GetParam()));
  for (bool const outputs : {false, true})
    expect_told(checked(plan, 2, planted<test::SharesNothing>(outputs)), "mean over the ranks");
}

/// What a machine of this kind is told.
template <class Faulty>
std::string detail_of(StepPlan const& plan) {
  return checked(plan, 1,
                 [](StepPlan const& of, Group& group) { return std::make_unique<Faulty>(of, group, seed); })
      .front()
      .detail;
}

// What only the arrays' formulas can tell: every other piece works with what lies there.
TEST_P(StepFault, WrongFormulaIsNamedByItsArray) {
  struct NoActivation : PlainMachine {
    using PlainMachine::PlainMachine;
    float activation(float y) override { return y / (1.01F + std::abs(y)); }
  };
  struct NoOperandGradient : PlainMachine {
    using PlainMachine::PlainMachine;
    void fold(int layer, std::vector<float> const& dw) override {
      PlainMachine::fold(layer, std::vector<float>(dw.size()));
    }
  };
  struct NeverAdds : PlainMachine {
    using PlainMachine::PlainMachine;
    void embed_gradient(bool) override { PlainMachine::embed_gradient(false); }
  };
  struct StaleCopy : PlainMachine {
    using PlainMachine::PlainMachine;
    void update(Bucket const& bucket) override {
      auto const old = copy_;
      PlainMachine::update(bucket);
      copy_ = old;
    }
  };
  EXPECT_NE(detail_of<NoActivation>(plan_).find("inputs of window (layer 1)"), std::string::npos);
  EXPECT_NE(detail_of<NoOperandGradient>(plan_).find("gradient of the outputs of groups (layer 2)"),
            std::string::npos);
  EXPECT_NE(detail_of<StaleCopy>(plan_).find("weights as multiplied"), std::string::npos);
  plan_.options.accumulate = 2;
  EXPECT_NE(detail_of<NeverAdds>(plan_).find("the embedding's gradient"), std::string::npos);
}

TEST_P(StepFault, StaleGradientBufferIsToldThoughEverythingElseIsMadeAnew) {
  struct StaleBuffer : PlainMachine {
    using PlainMachine::PlainMachine;
    void write_gradients(int layer, std::vector<float> const& dw, bool add) override {
      if (layer != 2 || updates_ < 1) PlainMachine::write_gradients(layer, dw, add);
    }
  };
  EXPECT_NE(detail_of<StaleBuffer>(plan_).find("gradient of the weights of groups (layer 2)"),
            std::string::npos);
}

TEST_P(StepFault, RoundingToAShorterTypeIsTold) {
  struct Short : PlainMachine {
    using PlainMachine::PlainMachine;
    float rounded(float value) const override {
      unsigned const drop = plan_.options.type == Type::bf16 ? 18 : 3;
      return float_of(round_low_bits(bits_of(value), drop));
    }
  };
  EXPECT_NE(detail_of<Short>(plan_), "");
}

TEST(StepLimits, NumbersBelowTheSmallestNormalFloatMayBeLost) {
  for (auto const type : {Type::fp32, Type::bf16}) {
    StepLimits const limits(type);
    EXPECT_GE(limits.stored(1e-40), 1e-40);
    EXPECT_GE(limits.product({.value = 1e-45, .norms = 2e-45, .count = 16}), 1e-45);
    EXPECT_LT(limits.product({.value = 1, .norms = 4, .count = 16}), type == Type::fp32 ? 1e-5 : 1e-2);
  }
}

TEST(StepFindings, WhatIsNoNumberIsBeyondEveryLimit) {
  for (double const got : {std::nan(""), HUGE_VAL}) {
    WorstElement worst;
    worst.see(got, 1, 0.5, [] { return "here"; });
    StepFindings findings;
    worst.report(findings, "an array");
    EXPECT_EQ(findings.ratio(), StepFindings::beyond);
    EXPECT_FALSE(findings.verdict("").ok());
    EXPECT_EQ(findings.details().size(), 1U);
  }
}

TEST(WeightsAgreement, TheOddRankIsNamed) {
  auto const plan = plan_step(test::every_kind(), test::small_buckets());
  auto const verdicts =
      checked(plan, 3, [](StepPlan const& of, Group& group) -> std::unique_ptr<StepMachine> {
        if (group.rank() != 1) return sound(of, group);
        return std::make_unique<test::OtherBits>(sound(of, group));
      });
  EXPECT_TRUE(verdicts[0].ok());
  EXPECT_TRUE(verdicts[2].ok());
  EXPECT_NE(verdicts[1].detail.find("weights of rank 1 have other bits than those of the 2 ranks that agree"),
            std::string::npos)
      << verdicts[1].detail;
}

TEST(WeightsAgreement, WithoutAMajorityAllAreTold) {
  auto const teams = step_teams(1, std::vector<int>{0, 0});
  std::vector<std::uint64_t> const hashes{1, 2};
  EXPECT_EQ(weights_agreement(teams, hashes, 0).details().size(), 1U);
  EXPECT_EQ(weights_agreement(teams, hashes, 1).details().size(), 1U);
}

TEST(WeightsAgreement, RanksOfOtherTeamsMayDiffer) {
  auto const teams = step_teams(2, std::vector<int>{0, 0, 0, 0});
  std::vector<std::uint64_t> const hashes{1, 2, 1, 2};
  for (int rank = 0; rank < 4; ++rank) EXPECT_TRUE(weights_agreement(teams, hashes, rank).details().empty());
}

}  // namespace
}  // namespace muster::train
