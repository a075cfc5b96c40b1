// The check of a training step: what is right passes, and every planted fault is told, by name where it can.
#include "kernels/train_step/step_check.hpp"

#include <gtest/gtest.h>

#include <mutex>
#include <set>

#include "kernels/train_step/step_replay.hpp"
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

}  // namespace
}  // namespace muster::train
