// What the command line changes, and how many ranks a case gets.
#include <gmock/gmock.h>

#include <limits>

#include "plan_fixture.hpp"

namespace muster {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PlanOverride : public PlanFixture {
 protected:
  std::string const text_ =
      "sampling = '2s'\n[[case]]\nworkload = 'product'\nparams.m = [1, 2, 3]\n[[case]]\nworkload = "
      "'together/sum'\n";
};

TEST_F(PlanOverride, TakesLaunchesSeedAndFoldersFromTheCommandLine) {
  options_.launches = 7;
  options_.seed = 42;
  options_.data = "/pictures";
  options_.cache = "/cache";
  auto const made = plan(text_);
  EXPECT_EQ(made.launches, 7);
  EXPECT_EQ(made.seed, 42U);
  EXPECT_EQ(made.data, "/pictures");
  EXPECT_EQ(made.cache, "/cache");
}

TEST_F(PlanOverride, KeepsWhatTheFilterFinds) {
  options_.filter = "m:[13]/";
  EXPECT_THAT(names(plan(text_)), ElementsAre("product/single/m:1/n:16", "product/single/m:3/n:16"));
  options_.filter = "^together";
  EXPECT_THAT(names(plan(text_)), ElementsAre("together/sum/bytes:1024"));
}

TEST_F(PlanOverride, KeepsTheRestWithALeadingMinus) {
  options_.filter = "-product";
  EXPECT_THAT(names(plan(text_)), ElementsAre("together/sum/bytes:1024"));
}

TEST_F(PlanOverride, NamesCasesWhenTheFilterLeavesNone) {
  options_.filter = "prodcut";
  EXPECT_THAT(fault_of(text_),
              AllOf(HasSubstr("--filter 'prodcut' leaves nothing"), HasSubstr("found in none of the 4 cases"),
                    HasSubstr("product/single/m:1/n:16, product")));
  options_.filter = "-.";
  EXPECT_THAT(fault_of(text_), HasSubstr("leaves nothing to run"));
  options_.filter = "-";
  EXPECT_THAT(fault_of(text_), HasSubstr("leaves nothing to run"));
}

TEST_F(PlanOverride, RefusesAFilterThatIsNoRegularExpression) {
  for (auto const* bad : {"(", "-[", "*"}) {
    options_.filter = bad;
    EXPECT_THAT(fault_of(text_), HasSubstr("is no regular expression")) << bad;
  }
}

TEST_F(PlanOverride, ShrinksSamplingInProportionToFitATimeBudget) {
  options_.time_budget = 12;  // 4 cases x 3 launches x 2 s = 24 s
  for (auto const& planned : plan(text_).cases) EXPECT_DOUBLE_EQ(planned.sampling_seconds, 1);
  options_.launches = 1;
  options_.filter = "product";
  for (auto const& planned : plan(text_).cases)
    EXPECT_EQ(planned.sampling_seconds, 2) << "6 s fit as they are";
}

TEST_F(PlanOverride, RefusesNumbersThatCannotBe) {
  options_.launches = 0;
  EXPECT_THAT(fault_of(text_), HasSubstr("--launches 0"));
  options_.launches.reset();
  for (double const bad :
       {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    options_.time_budget = bad;
    EXPECT_THAT(fault_of(text_), HasSubstr("--time-budget")) << bad;
  }
  options_.time_budget.reset();
  options_.ranks = 0;
  EXPECT_THAT(fault_of(text_), HasSubstr("--ranks 0"));
}

class PlanRanks : public PlanFixture {
 protected:
  /// Ranks of the product and of the sum.
  std::pair<int, int> ranks(Machine const& machine, std::string const& setting = "") {
    machine_ = machine;
    auto const made = plan("[[case]]\nworkload = 'product'\n" + setting +
                           "[[case]]\nworkload = 'together/sum'\n" + setting);
    return {made.cases.at(0).ranks, made.cases.at(1).ranks};
  }
};

TEST_F(PlanRanks, FollowTheScopeOfTheWorkload) {
  EXPECT_EQ(ranks({"host", 1, 1}), std::pair(1, 2)) << "a collective has two ranks at least";
  EXPECT_EQ(ranks({"host", 1, 2}), std::pair(1, 2));
  EXPECT_EQ(ranks({"host", 1, 6}), std::pair(1, 6));
  EXPECT_EQ(ranks({"host", 1, 128}), std::pair(1, 8)) << "and eight at most";
  EXPECT_EQ(ranks({"cuda", 8, 128}), std::pair(8, 8));
}

TEST_F(PlanRanks, FollowTheSuite) {
  EXPECT_EQ(ranks({"host", 1, 4}, "ranks = 'all'\n"), std::pair(4, 4));
  EXPECT_EQ(ranks({"host", 1, 4}, "ranks = 'each'\n"), std::pair(1, 1));
  EXPECT_EQ(ranks({"cuda", 8, 4}, "ranks = 'each'\n"), std::pair(8, 8));
  EXPECT_EQ(ranks({"cuda", 8, 4}, "ranks = 4\n"), std::pair(4, 4));
  EXPECT_EQ(plan("[[case]]\nworkload = 'product'\nranks = 'one'\n").cases[0].ranks, 1);
}

TEST_F(PlanRanks, AreInTheNameWhereTheSuiteGivesANumber) {
  auto const made = plan(
      "[[case]]\nworkload = 'together/sum'\nranks = 2\n[[case]]\nworkload = 'together/sum'\nranks = 4\n");
  EXPECT_THAT(names(made), ElementsAre("together/sum/bytes:1024/ranks:2", "together/sum/bytes:1024/ranks:4"));
}

TEST_F(PlanRanks, KeepACaseThatOneGpuCannotRun) {
  EXPECT_EQ(ranks({"cuda", 1, 16}), std::pair(1, 1))
      << "it ends as unsupported: coverage never shrinks in silence";
}

TEST_F(PlanRanks, FollowTheCommandLineExceptWhereTheSuiteGivesANumber) {
  options_.ranks = 3;
  EXPECT_EQ(ranks({"cuda", 8, 128}), std::pair(3, 3));
  EXPECT_EQ(ranks({"cuda", 8, 128}, "ranks = 2\n"), std::pair(2, 2));
  EXPECT_EQ(plan("[[case]]\nworkload = 'product'\nranks = 'one'\n").cases[0].ranks, 1);
}

TEST_F(PlanRanks, ShareGpusOnlyOnRequest) {
  machine_ = {"cuda", 1, 16};
  options_.ranks = 2;
  EXPECT_THAT(fault_of("[[case]]\nworkload = 'together/sum'\n"),
              HasSubstr("--ranks 2 is more than this machine's 1 device"));
  options_.oversubscribe = true;
  auto const made = plan("[[case]]\nworkload = 'together/sum'\n");
  EXPECT_EQ(made.cases[0].ranks, 2);
  EXPECT_TRUE(made.oversubscribe);
}

TEST_F(PlanRanks, OfANumberBeyondTheGpusAreAFaultOfTheLine) {
  machine_ = {"cuda", 2, 16};
  EXPECT_THAT(fault_of("[[case]]\nworkload = 'product'\nranks = 4\n"),
              HasSubstr("suite.toml:3: ranks = 4 is more than this machine's 2 devices"));
}

TEST_F(PlanRanks, AreStampedOnlyWhenTheyReallyShare) {
  options_.oversubscribe = true;
  machine_ = {"cuda", 8, 16};
  EXPECT_FALSE(plan("[[case]]\nworkload = 'product'\n").oversubscribe);
  options_.oversubscribe = false;
  machine_ = {"host", 1, 1};
  EXPECT_FALSE(plan("[[case]]\nworkload = 'product'\n").oversubscribe);
  EXPECT_TRUE(plan("[[case]]\nworkload = 'together/sum'\n").oversubscribe) << "two ranks on one core";
}

}  // namespace
}  // namespace muster
