// The case of a training step on a machine whose pieces take set times: every figure is worked out by hand.
#include <gmock/gmock.h>

#include <map>
#include <mutex>

#include "kernels/contract/error.hpp"
#include "kernels/train_step/step_instance.hpp"
#include "tests/kernels/allocations.hpp"
#include "tests/kernels/scripted_machine.hpp"
#include "tests/kernels/support.hpp"
#include "tests/kernels/train_step_networks.hpp"

namespace muster::train::test {
namespace {

using muster::test::SoloGroup;
using muster::test::ThreadGroup;
using testing::DoubleNear;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

/// Four equal layers, each with a bucket to itself; two samples with input.
StepPlan four_layers(StepOptions options = {}) {
  std::vector<NetworkLayer> layers;
  for (auto const* name : {"a", "b", "c", "d"})
    layers.push_back({.name = name, .rows = 2, .outputs = 100, .inputs = 100});
  auto network = network_of_layers(layers);
  network.input = Network::Input::tokens;
  network.tokens = 10;
  options.type = Type::fp32;
  options.bucket_bytes = 40000;
  return plan_step(network, options);
}

/// Forward 4 ms, backward 8 ms, sums 10 ms, updates 0.4 ms; the input could make a batch in 12 ms.
StepScript balanced() { return {.update = 1e-4, .reduce = 2.5e-3, .batch = 12e-3, .ranks = 2}; }

struct Told {
  std::map<std::string, double> figures{};
  std::map<std::string, std::string> facts{};
  std::vector<Matrix> matrices{};
  double bound = 0;
  int early_sums = 0, early_updates = 0;
  double operator[](std::string const& name) const { return figures.count(name) ? figures.at(name) : -1; }
};

/// One rank's case from the first step to its record, but for the check of numbers that are not there.
Told told_by(StepPlan const& plan, StepScript const& script, Group& group, bool alone_in_group, int steps) {
  FakeDevice device;
  VirtualTime time;
  Context context{.device = device, .group = group, .seed = 1};
  auto input = std::make_unique<ScriptedInput>(script.batch, time, script.refill);
  auto machine = std::make_unique<ScriptedMachine>(plan, script, *input, time, device,
                                                   alone_in_group ? nullptr : &group);
  auto& scripted = *machine;
  StepInstance instance(plan, std::move(input), std::move(machine), context);
  for (int i = 0; i < 3; ++i) instance.launch();
  instance.sampling_begins();
  for (int i = 0; i < steps; ++i) instance.launch();
  Told told;
  told.bound = instance.bound()->value;
  for (auto const& figure : instance.figures()) told.figures[figure.name] = figure.value;
  told.matrices = instance.matrices();
  for (auto const& [name, text] : instance.facts()) told.facts[name] = text;
  told.early_sums = scripted.early_sums, told.early_updates = scripted.early_updates;
  return told;
}

Told told_by_one(StepPlan const& plan, StepScript const& script, int steps = 40) {
  SoloGroup group;
  return told_by(plan, script, group, true, steps);
}

/// Ranks as threads; each one's script by its number.
std::vector<Told> told_by_all(int ranks, StepPlan const& plan,
                              std::function<StepScript(int)> const& script_of, int steps = 40) {
  std::vector<Told> told(static_cast<std::size_t>(ranks));
  ThreadGroup(ranks).run([&](Group& group) {
    auto const script = script_of(group.rank());
    told[static_cast<std::size_t>(group.rank())] = told_by(plan, script, group, false, steps);
  });
  return told;
}

double parts_of(Told const& told) {
  double sum = 0;
  for (auto const& [name, value] : told.figures) sum += name.starts_with("part_") ? value : 0;
  return sum;
}

// With overlap the sums begin when the first bucket is ready, 6 ms from the step's begin, and take 10 ms;
// then the last bucket is updated.
TEST(ScriptedStep, WithOverlapTakesTheLongestAndTheTail) {
  auto const told = told_by_one(four_layers(), balanced());
  EXPECT_NEAR(told["step_mean"], 16.1e-3, 1e-9);
  EXPECT_NEAR(told["compute_alone"], 12.4e-3, 1e-9);
  EXPECT_NEAR(told["communication_alone"], 10e-3, 1e-9);
  EXPECT_NEAR(told["input_alone"], 12e-3, 1e-9);
  EXPECT_NEAR(told["limit"], 16.1e-3, 1e-9);
  EXPECT_NEAR(told["tail"], 3.7e-3, 1e-9);
  EXPECT_NEAR(told["over_limit"], 0, 1e-6);
  EXPECT_NEAR(told["communication_hidden"], 1 - 3.7e-3 / 10e-3, 1e-6);
  EXPECT_NEAR(told.bound, 4 / 16.1e-3, 1e-3) << "two ranks of two samples";
}

TEST(ScriptedStep, WithOverlapAndSomeContentionStaysWithinFivePercentOfTheLimit) {
  auto script = balanced();
  script.compute_contention = 0.03, script.reduce_contention = 0.04;
  auto const told = told_by_one(four_layers(), script);
  EXPECT_GT(told["over_limit"], 0);
  EXPECT_LT(told["over_limit"], 0.05);
  EXPECT_NEAR(told["communication_slowdown"], 0.04, 1e-6);
  // Of 12.4 ms, 6 go on beside sums (those of the backward pass after the first bucket).
  EXPECT_NEAR(told["compute_slowdown"], 6e-3 * 0.03 / 12.4e-3, 2e-3);
}

// The backward pass goes on beside sums for 6 ms of its 8 that it takes alone; the input is busy for longer
// than forward and backward pass and the updates take.
TEST(ScriptedStep, WhatSumsAndWhatTheInputCostComputingIsToldApart) {
  auto script = balanced();
  script.compute_contention = 0.2;
  auto told = told_by_one(four_layers(), script);
  EXPECT_NEAR(told["compute_slowdown_by_sums"], 6 * 0.2 / 8, 1e-6);
  EXPECT_NEAR(told["compute_slowdown_by_input"], 0, 1e-6);
  script.compute_contention = 0, script.input_contention = 0.3, script.batch = 30e-3;
  told = told_by_one(four_layers(), script);
  EXPECT_NEAR(told["compute_slowdown_by_sums"], 0, 1e-6);
  EXPECT_NEAR(told["compute_slowdown_by_input"], 0.3, 1e-6);
  auto const alone = told_by_one(four_layers({.overlap = false}), script);
  EXPECT_EQ(alone["compute_slowdown_by_sums"], -1) << "nothing is computed beside sums";
}

TEST(ScriptedStep, ASlowTeamsSumsAreHeldAgainstItsOwnAlone) {
  auto network =
      network_of_layers({{.name = "a", .rows = 2, .outputs = 100, .inputs = 100, .sum_outputs = true}});
  network.tensor_parallel = 2;
  auto const plan = plan_step(network, {.type = Type::fp32, .bucket_bytes = 40000});
  auto const told = told_by_all(
      4, plan, [](int rank) { return StepScript{.reduce = rank % 2 == 0 ? 1e-3 : 2e-3, .sum = 5e-4}; });
  for (int rank = 0; rank < 4; ++rank)
    EXPECT_NEAR(told[static_cast<std::size_t>(rank)]["communication_slowdown"], 0, 1e-6) << rank;
}

// The rank with the short sum inside its layer waits the longer for the other's gradients: 7.5 and 4 of 11
// ms.
TEST(ScriptedStep, OfEachRanksWaitItsOwnSumsInLayersAreTakenOff) {
  auto const network =
      network_of_layers({{.name = "a", .rows = 2, .outputs = 100, .inputs = 100, .sum_outputs = true}});
  auto const plan = plan_step(network, {.type = Type::fp32, .bucket_bytes = 40000});
  auto const told = told_by_all(
      2, plan, [](int rank) { return StepScript{.reduce = 4e-3, .sum = rank == 0 ? 5e-4 : 4e-3}; });
  EXPECT_THAT(told[0].facts.at("finding"),
              StartsWith("communication-bound: 52 % of the step waits for gradients"));
}

TEST(ScriptedStep, WithoutOverlapTakesTheSum) {
  auto const told = told_by_one(four_layers({.overlap = false}), balanced());
  EXPECT_NEAR(told["step_mean"], 22.1e-3, 1e-9);
  EXPECT_NEAR(told["communication_hidden"], 0.03, 1e-6) << "updates of three buckets, 0.3 ms, hide in sums";
  EXPECT_NEAR(told["limit"], 16.1e-3, 1e-9) << "the limit is that of overlap";
  EXPECT_THAT(told.facts.at("finding"),
              StartsWith("communication-bound: 44 % of the step waits for gradients"));
}

TEST(ScriptedStep, PartsAddUpToTheStepAndToTheTimeOutside) {
  for (int const accumulate : {1, 3}) {
    auto const told = told_by_one(four_layers({.accumulate = accumulate}), balanced());
    EXPECT_NEAR(parts_of(told), told["step_mean"], 1e-9);
    EXPECT_NEAR(told["parts_of_sample"], 1, 1e-9);
    EXPECT_EQ(told.facts.count("left_out"), 0u);
  }
}

TEST(ScriptedStep, WhatPassesBetweenStepsIsSaidToBeMissing) {
  auto script = balanced();
  script.pause = 2e-3;
  auto const told = told_by_one(four_layers(), script);
  EXPECT_NEAR(told["parts_of_sample"], 16.1 / 18.1, 1e-6);
  EXPECT_THAT(told.facts.at("left_out"), HasSubstr("89.0 %"));
}

TEST(ScriptedStep, AccumulationComputesMoreAndSumsOnce) {
  auto const told = told_by_one(four_layers({.accumulate = 3}), balanced());
  EXPECT_NEAR(told["part_forward"], 12e-3, 1e-9);
  EXPECT_NEAR(told["part_backward"], 24e-3, 1e-9);
  EXPECT_NEAR(told["reducing"], 10e-3, 1e-9);
  EXPECT_NEAR(told["part_communication"], 3.7e-3, 1e-9);
  EXPECT_NEAR(told["samples_per_second"], 12 / told["step_mean"], 1e-3);
  EXPECT_NEAR(told["tokens_per_second"], 120 / told["step_mean"], 1e-2);
}

TEST(ScriptedStep, SumsOverRanksThatShareLayersAreAPartOfTheirOwn) {
  auto network =
      network_of_layers({{.name = "a", .rows = 2, .outputs = 100, .inputs = 100, .sum_outputs = true},
                         {.name = "b", .rows = 2, .outputs = 100, .inputs = 100, .sum_gradients = true}});
  network.tensor_parallel = 2;
  auto const plan = plan_step(network, {.type = Type::fp32, .accumulate = 2, .bucket_bytes = 40000});
  auto const told = told_by_one(plan, {.reduce = 1e-3, .sum = 5e-4, .ranks = 2});
  EXPECT_NEAR(told["part_tensor"], 2 * 2 * 5e-4, 1e-9);
  EXPECT_NEAR(told["part_forward"], 2 * 2 * 1e-3, 1e-9);
  EXPECT_NEAR(told["part_backward"], 2 * 2 * 2e-3, 1e-9);
  EXPECT_NEAR(parts_of(told), told["step_mean"], 1e-9);
  EXPECT_NEAR(told["over_limit"], 0, 1e-6);
}

TEST(ScriptedStep, SlowStorageChangesTheWaitForTheInputAndNothingElse) {
  auto const usual = told_by_one(four_layers(), balanced());
  auto script = balanced();
  script.batch = 30e-3;
  auto const slow = told_by_one(four_layers(), script);
  EXPECT_NEAR(slow["part_input"], 30e-3 - 16.1e-3, 1e-9);
  EXPECT_NEAR(slow["step_mean"], 30e-3, 1e-9);
  EXPECT_NEAR(slow["input_alone"], 30e-3, 1e-9);
  for (auto const* same :
       {"part_forward", "part_backward", "part_communication", "part_optimiser", "part_tensor", "part_rest",
        "reducing", "compute_alone", "communication_alone", "compute_slowdown"})
    EXPECT_NEAR(slow[same], usual[same], 1e-9) << same;
  EXPECT_EQ(slow.facts.at("finding"), "input-bound: storage delivers 54 % of demand");
  EXPECT_EQ(slow.facts.at("input_bottleneck"), "read");
  EXPECT_EQ(slow.facts.count("bottleneck"), 0u) << "it is not that of the whole";
  EXPECT_NEAR(slow["over_limit"], 0, 1e-6) << "the input is the longest of the three";
  EXPECT_NEAR(slow["input_bandwidth"], 1e6 / 30e-3, 1);
  EXPECT_NEAR(slow["input_demand"], 1e6 / 16.1e-3, 1);
}

// An input that never catches up goes on making batches when nobody asks for one any more.
TEST(ScriptedStep, WhatIsTimedAloneIsTimedWhenTheInputRests) {
  auto script = balanced();
  script.batch = 30e-3, script.refill = 200e-3, script.input_contention = 0.5;
  auto const told = told_by_one(four_layers(), script);
  EXPECT_NEAR(told["compute_alone"], 12.4e-3, 1e-9);
  EXPECT_NEAR(told["communication_alone"], 10e-3, 1e-9);
  EXPECT_NEAR(told["compute_slowdown"], 0.5, 1e-6) << "the input is busy during the whole step";
}

TEST(ScriptedStep, FiguresOfTheInputAreOfTheStepsAlone) {
  auto const told = told_by_one(four_layers(), balanced(), 40);
  EXPECT_EQ(told["batches_seen"], 43) << "those of warm-up and sampling, and none that was timed alone";
}

TEST(ScriptedStep, ASlowLinkChangesTheSumsAndTheWaitForThemAndNothingElse) {
  auto const usual = told_by_one(four_layers(), balanced());
  auto script = balanced();
  script.reduce *= 2;
  auto const slow = told_by_one(four_layers(), script);
  EXPECT_NEAR(slow["reducing"], 20e-3, 1e-9);
  EXPECT_NEAR(slow["communication_alone"], 20e-3, 1e-9);
  EXPECT_NEAR(slow["part_communication"], usual["part_communication"] + 10e-3, 1e-9 + 3e-4);
  for (auto const* same :
       {"part_input", "part_forward", "part_backward", "part_optimiser", "compute_alone", "input_alone"})
    EXPECT_NEAR(slow[same], usual[same], 1e-9) << same;
  EXPECT_THAT(slow.facts.at("finding"),
              StartsWith("communication-bound: 52 % of the step waits for gradients"));
}

TEST(ScriptedStep, ASlowRankIsNamedAndOnlyItComputesLonger) {
  auto const plan = four_layers();
  for (int const slow : {0, 2}) {
    auto const told = told_by_all(4, plan, [&](int rank) {
      auto script = balanced();
      script.reduce = 1e-4;
      script.batch = 1e-3;
      if (rank == slow) script.forward *= 2;
      return script;
    });
    for (int rank = 0; rank < 4; ++rank) {
      auto const& one = told[static_cast<std::size_t>(rank)];
      EXPECT_NEAR(one["part_forward"], rank == slow ? 8e-3 : 4e-3, 1e-9);
      EXPECT_NEAR(one["part_backward"], 8e-3, 1e-9);
      EXPECT_NEAR(one["waited_for_ranks"], rank == slow ? 0 : 4e-3, 1e-9);
      EXPECT_NEAR(one["communication_slowdown"], 0, 1e-6) << "the wait for a rank does not slow the link";
      EXPECT_EQ(one.facts.at("finding"), told[0].facts.at("finding"));
    }
    EXPECT_EQ(told[0].facts.at("finding"),
              "rank " + std::to_string(slow) +
                  " holds the others up: they wait 24 % of the step for it (it computes longer)");
    EXPECT_EQ(told[0].facts.at("slowest_rank"),
              "rank " + std::to_string(slow) +
                  ": the others wait 24 % of the step for it, which comes last in 100 % of the steps");
  }
}

TEST(ScriptedStep, ARankThatStallsNowAndThenIsNamed) {
  auto const told = told_by_all(
      4, four_layers(),
      [](int rank) {
        auto script = balanced();
        script.reduce = 1e-4;
        script.batch = 1e-3;
        // Each rank is the last one most of the time, by little, in turn; one of them stalls.
        script.stall = [rank](std::uint64_t step) {
          return rank == 2 && step % 25 == 7                    ? 50e-3
                 : step % 4 == static_cast<std::uint64_t>(rank) ? 1e-4
                                                                : 0;
        };
        return script;
      },
      200);
  EXPECT_THAT(told[0].facts.at("slowest_rank"),
              StartsWith("rank 2: the others wait 14 % of the step for it"));
  EXPECT_THAT(
      told[0].facts.at("finding"),
      StartsWith("rank 2 holds the others up: they wait 14 % of the step for it (it computes longer)"));
}

TEST(ScriptedStep, ARankWithSlowStorageIsNamedWithItsInput) {
  auto const told = told_by_all(3, four_layers(), [](int rank) {
    auto script = balanced();
    script.batch = rank == 1 ? 25e-3 : 1e-3;
    return script;
  });
  EXPECT_THAT(told[0].facts.at("finding"), StartsWith("rank 1 holds the others up: they wait"));
  EXPECT_THAT(told[0].facts.at("finding"), HasSubstr("(its input is late)"));
}

// Sums queue behind each other while the compute lane goes on: only what it waits itself counts.
TEST(ScriptedStep, WithoutOverlapTheWaitForASlowRankIsTheSame) {
  auto const told = told_by_all(2, four_layers({.overlap = false}), [](int rank) {
    auto script = balanced();
    if (rank == 1) script.backward *= 1.5;
    return script;
  });
  EXPECT_NEAR(told[0]["waited_for_ranks"], 4e-3, 1e-9);
  EXPECT_NEAR(told[1]["waited_for_ranks"], 0, 1e-9);
}

TEST(ScriptedStep, RanksThatAreAlikeBlameNobody) {
  auto const told = told_by_all(3, four_layers(), [](int) { return balanced(); });
  EXPECT_THAT(told[0].facts.at("slowest_rank"), StartsWith("none"));
  ASSERT_EQ(told[0].matrices.size(), 2u);
  EXPECT_EQ(told[0].matrices[0].name, "ranks");
  EXPECT_EQ(told[0].matrices[0].rows.size(), 3u);
  EXPECT_THAT(told[1].matrices, IsEmpty()) << "what all ranks know is told once";
}

TEST(ScriptedStep, AloneWithoutAnyoneIsBoundByComputing) {
  auto script = balanced();
  script.ranks = 1;
  script.batch = 1e-3;
  auto const told = told_by_one(four_layers(), script);
  EXPECT_EQ(told.facts.at("finding"), "compute-bound: 100 % of the step computes");
  EXPECT_EQ(told["communication_alone"], -1) << "there is none";
  EXPECT_NEAR(told["step_mean"], 12.4e-3, 1e-9);
  EXPECT_NEAR(told["tail"], 0, 1e-9);
}

TEST(ScriptedStep, TheTimelineShowsPeriodicStalls) {
  auto script = balanced();
  script.batch = 1e-3;
  script.stall = [](std::uint64_t step) { return step % 25 == 7 ? 50e-3 : 0; };
  auto const told = told_by_one(four_layers(), script, 400);
  EXPECT_THAT(told.facts.at("steadiness"), StartsWith("every 0.45"));
  EXPECT_THAT(told.facts.at("steadiness"), HasSubstr("a step takes 50 ms longer (16 times"));
  EXPECT_NEAR(told["step_p50"], 16.1e-3, 1e-9);
  EXPECT_NEAR(told["step_max"], 66.1e-3, 1e-9);
}

TEST(AloneRounds, AreLongEnoughToTimeAndShortEnoughToWaitFor) {
  for (auto const& [seconds, rounds, steps] :
       {std::tuple{1e-4, 5, 32}, {5e-3, 5, 10}, {30e-3, 5, 2}, {0.3, 3, 2}, {2.0, 3, 1}, {0.0, 5, 32}}) {
    auto const found = alone_rounds(seconds);
    EXPECT_EQ(found.rounds, rounds) << seconds;
    EXPECT_EQ(found.steps, steps) << seconds;
  }
}

// ---- the schedule's waits ----

TEST(ScriptedStep, NothingIsSummedOrUpdatedEarly) {
  for (bool const overlap : {true, false}) {
    for (int const accumulate : {1, 2}) {
      auto const told = told_by_one(four_layers({.accumulate = accumulate, .overlap = overlap}), balanced());
      EXPECT_EQ(told.early_sums, 0);
      EXPECT_EQ(told.early_updates, 0);
    }
  }
}

TEST(ScriptedStep, ADroppedWaitIsSeen) {
  auto script = balanced();
  script.drops_waits = Lane::communication;
  EXPECT_GT(told_by_one(four_layers(), script).early_sums, 0);
  script.drops_waits = Lane::compute;
  EXPECT_GT(told_by_one(four_layers(), script).early_updates, 0);
}

TEST(ScriptedStep, PartsOfLayersThatNoRankComputesAreTold) {
  auto const alone = told_by_one(four_layers(), balanced());
  auto plan = four_layers();
  plan.tensor_parallel = 8;
  auto const told = told_by_one(plan, balanced());
  EXPECT_EQ(alone.facts.count("parts_run"), 0U);
  EXPECT_THAT(told.facts.at("parts_run"), StartsWith("1 of 8 parts"));
  EXPECT_NEAR(told["flops_per_sample"], 8 * alone["flops_per_sample"], 1);
  EXPECT_NEAR(told["model_flop_rate"], alone["model_flop_rate"], 1);
}

// ---- what fails on one rank between calls of the group ----

class SilentInput final : public ScriptedInput {
 public:
  using ScriptedInput::ScriptedInput;
  std::vector<std::pair<std::string, std::string>> facts() override { throw DeviceError("the disk is gone"); }
};

class PeaklessDevice final : public FakeDevice {
 public:
  std::optional<Bound> peak_flops(std::string_view) override { throw OutOfMemory("no room for a peak"); }
};

/// Two ranks, where the second has that input and that device; what each of them has thrown.
template <class Input, class OwnDevice>
std::vector<std::string> thrown_by_two() {
  auto const plan = four_layers();
  auto const script = balanced();
  std::vector<std::string> thrown(2);
  ThreadGroup(2).run([&](Group& group) {
    bool const second = group.rank() == 1;
    FakeDevice sound;
    OwnDevice own;
    FakeDevice& device = second ? own : sound;
    VirtualTime time;
    Context context{.device = device, .group = group, .seed = 1};
    std::unique_ptr<ScriptedInput> input;
    if (second)
      input = std::make_unique<Input>(script.batch, time);
    else
      input = std::make_unique<ScriptedInput>(script.batch, time);
    auto machine = std::make_unique<ScriptedMachine>(plan, script, *input, time, device, &group);
    StepInstance instance(plan, std::move(input), std::move(machine), context);
    for (int i = 0; i < 3; ++i) instance.launch();
    try {
      instance.bound();
    } catch (std::exception const& error) {
      thrown[static_cast<std::size_t>(group.rank())] = error.what();
    }
  });
  return thrown;
}

TEST(ScriptedStep, WhatFailsOnOneRankBetweenTheGroupsCallsEndsTheOthersAsWell) {
  EXPECT_THAT((thrown_by_two<SilentInput, FakeDevice>()),
              testing::ElementsAre(HasSubstr("another rank"), HasSubstr("the disk is gone")));
  EXPECT_THAT((thrown_by_two<ScriptedInput, PeaklessDevice>()),
              testing::ElementsAre(HasSubstr("another rank"), HasSubstr("no room for a peak")));
}

TEST(ScriptedStep, StepsAreRecordedInEveryPlaceBeforeAnyCounts) {
  for (bool const graph : {false, true}) {
    auto const plan = four_layers({.graph = graph});
    auto const script = balanced();
    SoloGroup group;
    FakeDevice device;
    VirtualTime time;
    Context context{.device = device, .group = group};
    auto input = std::make_unique<ScriptedInput>(script.batch, time);
    auto const& taken = *input;
    auto machine = std::make_unique<ScriptedMachine>(plan, script, *input, time, device);
    StepInstance instance(plan, std::move(input), std::move(machine), context);
    instance.launch();
    auto const before = taken.batches();
    instance.sampling_begins();
    EXPECT_EQ(taken.batches() - before, graph ? 2 * kept_steps : 0);
  }
}

// ---- what the harness costs ----

TEST(ScriptedStep, NothingIsAllocatedInAStep) {
  auto const plan = four_layers({.accumulate = 2});
  auto const script = balanced();
  SoloGroup group;
  FakeDevice device;
  VirtualTime time;
  Context context{.device = device, .group = group};
  auto input = std::make_unique<ScriptedInput>(script.batch, time);
  auto machine = std::make_unique<ScriptedMachine>(plan, script, *input, time, device);
  StepInstance instance(plan, std::move(input), std::move(machine), context);
  instance.launch();
  instance.sampling_begins();
  auto const before = muster::test::allocations();
  for (int i = 0; i < 5000; ++i) instance.launch();
  EXPECT_EQ(muster::test::allocations(), before);
}

}  // namespace
}  // namespace muster::train::test
