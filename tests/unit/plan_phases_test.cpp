// Runs on the nodes of an allocation: phases, and ranks by the node.
#include <gmock/gmock.h>

#include "tests/unit/plan_fixture.hpp"

namespace muster {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char const* product = "[[case]]\nworkload = 'product'\n";
constexpr char const* sum = "[[case]]\nworkload = 'together/sum'\n";

class PlanPhases : public PlanFixture {
 protected:
  PlanPhases() { options_.suites = folder_; }

  Plan cluster() const {
    write("launches = 2\n" + std::string(product) + sum, "node.toml");
    write(std::string("launches = 1\n") + sum, "whole.toml");
    return plan(
        "name = 'c'\n"
        "[[phase]]\nname = 'nodes'\nsuite = 'node'\nspread = 'each_node'\n"
        "[[phase]]\nname = 'all'\nsuite = 'whole.toml'\n");
  }
};

TEST_F(PlanPhases, CasesBearTheNameOfTheirPhaseAndItsLaunches) {
  options_.nodes = {4, 1, 2};
  auto const made = cluster();
  EXPECT_THAT(names(made), ElementsAre("nodes/product/single/m:16/n:16", "nodes/together/sum/bytes:1024",
                                       "all/together/sum/bytes:1024"));
  ASSERT_EQ(made.phases.size(), 2U);
  EXPECT_EQ(made.phases[0].spread, Spread::each_node);
  EXPECT_EQ(made.phases[1].spread, Spread::together);
  EXPECT_EQ(made.cases[1].launches, 2);
  EXPECT_EQ(made.cases[2].launches, 1);
  EXPECT_EQ(made.cases[2].phase, 1U);
  EXPECT_EQ(made.launches, 2);
  EXPECT_EQ(made.nodes.spares, 1);
  EXPECT_EQ(made.config_files.size(), 3U);
}

TEST_F(PlanPhases, RanksAreThoseOfANodeOrOfAllOfThem) {
  options_.nodes = {4, 0, 2};
  auto const made = cluster();
  EXPECT_EQ(made.cases[1].ranks, 2);  // both cores of each node
  EXPECT_EQ(made.cases[1].per_node, 2);
  EXPECT_EQ(made.cases[2].ranks, 8);
  EXPECT_EQ(made.cases[2].per_node, 2);
  EXPECT_FALSE(made.oversubscribe);
}

TEST_F(PlanPhases, ANumberOfRanksIsOfAllNodes) {
  options_.nodes = {4, 0, 2};
  auto const made = plan("[[case]]\nworkload = 'together/sum'\nranks = 6\n");
  EXPECT_EQ(made.cases[0].ranks, 6);
  EXPECT_EQ(made.cases[0].per_node, 0);
}

TEST_F(PlanPhases, WithoutNodesAllOfItRunsHere) {
  auto const made = cluster();
  EXPECT_EQ(made.cases[2].ranks, 2);
  EXPECT_EQ(made.cases[2].per_node, 0);
}

TEST_F(PlanPhases, AnOrdinarySuiteOnNodesIsOnePhase) {
  options_.nodes = {3, 0, 2};
  auto const made = plan(sum);
  EXPECT_EQ(made.phases.size(), 1U);
  EXPECT_EQ(made.cases[0].ranks, 6);
}

TEST_F(PlanPhases, AFilterOfThePhaseIsHeldAgainstTheSuitesOwnNames) {
  write(std::string(product) + sum, "node.toml");
  auto const made = plan("[[phase]]\nname = 'a'\nsuite = 'node'\nfilter = '^product'\n");
  EXPECT_THAT(names(made), ElementsAre("a/product/single/m:16/n:16"));
}

TEST_F(PlanPhases, FaultsAreReportedTogether) {
  auto const fault = fault_of(
      "[[phase]]\nname = 'A B'\nsuite = 'x'\n"
      "[[phase]]\nname = 'b'\nspread = 'all'\n"
      "[[phase]]\nname = 'b'\nsuite = 'x'\ndeadline = '3s'\n[[case]]\nworkload = 'product'\n");
  EXPECT_THAT(fault, HasSubstr("suite.toml:1: a phase is called 'A B'"));
  EXPECT_THAT(fault, HasSubstr("suite.toml:4: a phase names no suite"));
  EXPECT_THAT(fault, HasSubstr("suite.toml:6: unknown spread 'all'"));
  EXPECT_THAT(fault, HasSubstr("suite.toml:7: two phases are called 'b'"));
  EXPECT_THAT(fault, HasSubstr("unknown key 'deadline' in a phase"));
  EXPECT_THAT(fault, HasSubstr("both phases and cases"));
}

TEST_F(PlanPhases, PhasesCannotBeNested) {
  write("[[phase]]\nname = 'a'\nsuite = 'node'\n", "inner.toml");
  EXPECT_THAT(fault_of("[[phase]]\nname = 'b'\nsuite = 'inner'\n"), HasSubstr("cannot be nested"));
}

TEST_F(PlanPhases, ASuiteThatIsNotThereIsNamed) {
  EXPECT_THAT(fault_of("[[phase]]\nname = 'b'\nsuite = 'nodr'\n"), HasSubstr("'nodr'"));
}

TEST_F(PlanPhases, TheEstimateCountsEachPhasesOwnLaunches) {
  write(std::string("launches = 1\n") + product, "node.toml");
  auto const once = estimated_seconds(plan("[[phase]]\nname = 'a'\nsuite = 'node'\n"));
  auto const thrice = estimated_seconds(plan("[[phase]]\nname = 'a'\nsuite = 'node'\nlaunches = 3\n"));
  EXPECT_DOUBLE_EQ(thrice, 3 * once);
}

}  // namespace
}  // namespace muster
