// The check of a training step on the host's machine, sums in a thread of their own and products by OpenBLAS.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernels/train_step/host_machine_host.hpp"
#include "kernels/train_step/step_check.hpp"
#include "tests/kernels/faulty_machines.hpp"
#include "tests/kernels/support.hpp"
#include "tests/kernels/train_step_networks.hpp"

namespace muster::train {
namespace {

using muster::test::ThreadGroup;

constexpr std::uint64_t seed = 42;

using Wrap = std::function<std::unique_ptr<StepMachine>(std::unique_ptr<StepMachine>)>;

/// Every rank's verdict after two steps.
std::vector<Verdict> checked(StepPlan const& plan, int ranks, Wrap const& wrap) {
  std::vector<Verdict> verdicts(static_cast<std::size_t>(ranks));
  ThreadGroup(ranks).run([&](Group& member) {
    HostDevice device({});
    Context context{.device = device, .group = member, .seed = seed};
    FixedInput input(plan, context);
    auto const machine = wrap(std::make_unique<HostMachine>(plan, input, context));
    StepMarks const marks(plan);
    for (int step = 0; step < 2; ++step) enqueue_step(plan, marks, {}, *machine);
    verdicts[static_cast<std::size_t>(member.rank())] = check_step(plan, marks, *machine, member, seed);
  });
  return verdicts;
}

template <class Fault, class... Args>
Wrap planted(Args... args) {
  return [=](std::unique_ptr<StepMachine> inner) -> std::unique_ptr<StepMachine> {
    return std::make_unique<Fault>(std::move(inner), args...);
  };
}

std::unique_ptr<StepMachine> as_it_is(std::unique_ptr<StepMachine> machine) { return machine; }

void expect_told(std::vector<Verdict> const& verdicts, std::string const& says) {
  for (auto const& verdict : verdicts) {
    EXPECT_FALSE(verdict.ok());
    EXPECT_NE(verdict.detail.find(says), std::string::npos) << verdict.detail;
  }
}

StepPlan every_kind() { return plan_step(test::every_kind(), test::small_buckets()); }

TEST(StepCheckHost, PassesWhatIsRight) {
  for (int const ranks : {1, 2, 3}) {
    auto options = test::small_buckets();
    options.accumulate = ranks;
    options.overlap = ranks != 2;
    for (auto const& network : {test::every_kind(), test::shared_layers(ranks)}) {
      for (auto const& verdict : checked(plan_step(network, options), ranks, as_it_is))
        EXPECT_TRUE(verdict.ok()) << verdict.detail;
    }
  }
}

TEST(StepCheckHost, DroppedBucketIsTold) {
  auto const plan = every_kind();
  ASSERT_GT(plan.buckets.size(), 1U);
  expect_told(checked(plan, 2, planted<test::DropsBucket>(plan.buckets[1])), "sum of gradients over 2 ranks");
}

TEST(StepCheckHost, SkippedUpdateIsTold) {
  auto const plan = every_kind();
  expect_told(checked(plan, 2, planted<test::SkipsUpdate>(plan.buckets[0])), "master weights after update");
}

TEST(StepCheckHost, StaleGradientsAreTold) {
  expect_told(checked(every_kind(), 2, planted<test::KeepsGradient>(2)),
              "gradient of the weights of groups (layer 2)");
}

TEST(StepCheckHost, UpdateThatDoesNotWaitForItsSumIsTold) {
  expect_told(checked(every_kind(), 2, planted<test::SumsLater>(false)), "after 3 steps");
}

TEST(StepCheckHost, SharedLayerThatIsNotSummedIsTold) {
  auto const plan = plan_step(test::shared_layers(), test::small_buckets());
  expect_told(checked(plan, 2, planted<test::SharesNothing>(true)), "outputs (mean over the ranks");
  expect_told(checked(plan, 2, planted<test::SharesNothing>(false)),
              "gradient of the outputs (mean over the ranks");
}

}  // namespace
}  // namespace muster::train
