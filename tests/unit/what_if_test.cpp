// What a projection is asked to change.
#include "harness/app/what_if.hpp"

#include <gmock/gmock.h>

#include "harness/core/error.hpp"
#include "harness/project/other_batch.hpp"

namespace muster {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

project::StepPremise step(double samples, double forward, double backward) {
  project::StepPremise premise;
  premise.model = "m";
  premise.samples = samples;
  premise.forward = forward, premise.backward = backward, premise.optimiser = 0.5;
  premise.buckets = {{0.5, 100}, {1, 100}};
  return premise;
}

template <class F>
std::string refusal(F const& act) {
  try {
    act();
  } catch (Error const& error) {
    EXPECT_EQ(error.exit_code, ExitCode::usage);
    return error.what();
  }
  return "none";
}

TEST(WhatIf, ChangesBecomeLinesOfAScenario) {
  EXPECT_THAT(added_scenarios({}), IsEmpty());
  auto const added = added_scenarios({"node.nics=4", "storage.bandwidth=3.2TB/s", "storage.cached=true",
                                      "fabric.noise={value=0, source=\"me\"}"});
  ASSERT_THAT(added, SizeIs(1));
  EXPECT_THAT(added[0].lines,
              ElementsAre("node.nics = 4", "storage.bandwidth = \"3.2TB/s\"", "storage.cached = true",
                          "fabric.noise = {value=0, source=\"me\"}"));
}

TEST(WhatIf, WhatChangesNothingIsRefused) {
  for (auto const* change : {"node.nics", "=4", "node.nics="})
    EXPECT_THAT(refusal([&] { added_scenarios({change}); }),
                AllOf(HasSubstr(change), HasSubstr("--set node.nics=4")));
}

TEST(WhatIf, ScenariosAreKeptByNameAndTheAddedOneAlways) {
  ClusterDescription cluster;
  cluster.name = "c";
  cluster.parts.emplace();
  for (auto const* name : {"a", "b", "what if"}) cluster.parts->scenarios.emplace_back().name = name;
  EXPECT_THAT(refusal([&] {
                keep_scenarios({"x", "a", "y"}, cluster);
              }),
              AllOf(HasSubstr("'x'"), HasSubstr("'y'"), HasSubstr("there are: a, b, what if")));
  keep_scenarios({"b"}, cluster);
  ASSERT_THAT(cluster.parts->scenarios, SizeIs(2));
  EXPECT_EQ(cluster.parts->scenarios[0].name, "b");
  EXPECT_EQ(cluster.parts->measured_on().name, "a") << "a choice of what is shown changes no machine";
}

TEST(WhatIf, AGpuHasADataSheetOrIsTheDescribedOne) {
  ClusterDescription cluster;
  cluster.gpu = "A100-PCIE";
  check_gpu("", cluster);
  check_gpu("NVIDIA H200", cluster);
  check_gpu("A100-PCIE-40GB", cluster);
  EXPECT_THAT(refusal([&] { check_gpu("A100", cluster); }),
              AllOf(HasSubstr("--gpu A100 is not known"), HasSubstr("A100-SXM4-80GB")));
}

TEST(OtherBatch, TwoBatchesGiveALine) {
  std::vector const steps{step(8, 2, 4), step(16, 3, 6)};
  auto const four = project::with_batch(steps, 4);
  EXPECT_DOUBLE_EQ(four.forward, 1.5);
  EXPECT_DOUBLE_EQ(four.backward, 3);
  EXPECT_DOUBLE_EQ(four.optimiser, 0.5) << "its work is that of the parameters";
  EXPECT_DOUBLE_EQ(project::with_batch(steps, 12).forward, 2.5);
  EXPECT_DOUBLE_EQ(project::with_batch(steps, 16).forward, 3) << "as measured";
}

TEST(OtherBatch, OneBatchIsTakenInProportion) {
  std::vector const steps{step(8, 2, 4)};
  EXPECT_DOUBLE_EQ(project::with_batch(steps, 16).backward, 8);
  EXPECT_EQ(project::with_batch(steps, 16).samples, 16);
}

TEST(OtherBatch, TimesNeverTurnNegative) {
  std::vector const steps{step(8, 1, 1), step(16, 3, 3)};
  EXPECT_EQ(project::with_batch(steps, 1).forward, 0);
}

TEST(OtherBatch, ChangeStepsSaysWhatIsNotMeasured) {
  project::Premises premises;
  premises.steps = {step(8, 2, 4)};
  change_steps({16, ""}, premises);
  ASSERT_THAT(premises.steps, SizeIs(1));
  EXPECT_THAT(premises.missing, ElementsAre(HasSubstr("in proportion")));
  EXPECT_THAT(refusal([&] { change_steps({{}, "many"}, premises); }), HasSubstr("--bucket many"));
}

TEST(OtherBatch, BucketsThatWouldBeTooManyAreRefused) {
  project::Premises premises;
  premises.steps = {step(8, 2, 4)};
  EXPECT_THAT(refusal([&] {
                change_steps({{}, "1B"}, premises);
              }),
              AllOf(HasSubstr("too small"), HasSubstr("64KiB")));
  premises.steps.front().buckets = {{1, 1e9}};
  EXPECT_THAT(refusal([&] {
                change_steps({{}, "64KiB"}, premises);
              }),
              AllOf(HasSubstr("15259 sums"), HasSubstr("239KiB or more")));
  change_steps({{}, "256KiB"}, premises);
  EXPECT_THAT(premises.steps.front().buckets, SizeIs(3815));
}

TEST(Rebucketed, SmallerOnesAreReadyInBetween) {
  auto const buckets = project::rebucketed({{0.4, 100}, {1, 100}}, 50);
  ASSERT_THAT(buckets, SizeIs(4));
  EXPECT_DOUBLE_EQ(buckets[0].ready, 0.2);
  EXPECT_DOUBLE_EQ(buckets[1].ready, 0.4);
  EXPECT_DOUBLE_EQ(buckets[2].ready, 0.7);
  EXPECT_DOUBLE_EQ(buckets[3].ready, 1);
}

TEST(Rebucketed, LargerOnesAreReadyWithTheirLast) {
  auto const buckets = project::rebucketed({{0.2, 60}, {0.5, 60}, {1, 60}}, 1000);
  ASSERT_THAT(buckets, SizeIs(1));
  EXPECT_DOUBLE_EQ(buckets[0].ready, 1);
  EXPECT_DOUBLE_EQ(buckets[0].bytes, 180);
}

}  // namespace
}  // namespace muster
