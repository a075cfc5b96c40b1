// A projection for people: every line says what it is, and names from files stay names.
#include <gmock/gmock.h>

#include "harness/report/page/projection_page.hpp"
#include "harness/report/projection_table.hpp"

namespace muster {
namespace {

using ::testing::AnyOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

project::Projection projection() {
  project::Projection made;
  made.cluster = "<b>c</b>";
  made.draws = 100, made.seed = 7;
  made.premises.origins = {{"run", "result.json", "0123456789abcdef", "measured", {"partial"}}};
  for (auto const* name : {"a", "b"}) made.scenarios.emplace_back().name = name;
  for (auto const* scenario : {"a", "b"}) {
    for (int nodes : {1, 2, 8, 100}) {
      auto& step = made.steps.emplace_back();
      step.workload = "train_step/<i>m</i>", step.scenario = scenario, step.nodes = nodes;
      step.useful_rate = step.rate = {90.0 * nodes, 100.0 * nodes, 110.0 * nodes};
      step.efficiency = step.goodput = {0.8, 0.9, 1};
      step.terms.seconds = step.terms.compute = 1;
      step.measured = nodes == 1;
    }
    made.figures.push_back({"hpl_rate", "FLOP/s", scenario, 100, {1e15, 2e15, 3e15}, "published"});
    made.figures.push_back({"rank_june_2021", "rank", scenario, 100, {5, 6, 11}, ""});
    int const nodes = scenario == std::string("a") ? 0 : 900;
    made.half_lost.push_back(
        {"train_step/<i>m</i>", scenario, project::Limit::failures, nodes, 5'000, nodes > 100});
    made.goals.push_back({"train_step/<i>m</i>", scenario, 5000, 45, 0, 50});
    made.sensitivities.push_back({"train_step/<i>m</i>", scenario, "noise", -0.1, 0.05});
  }
  made.warnings = {"few nodes (why) remedy"};
  return made;
}

std::vector<std::string> marks(Table const& table) {
  std::vector<std::string> first;
  for (auto const& row : table.rows) {
    if (row.size() > 1) first.push_back(row.front());
  }
  return first;
}

TEST(ProjectionTable, EveryLineSaysWhatItIs) {
  auto const made = projection();
  for (auto const& table :
       {rates_table(made, RatesOf::all_sizes), terms_table(made), figures_table(made), goals_table(made),
        sensitivity_table(made), half_lost_table(made), steps_table(made)}) {
    EXPECT_THAT(marks(table), Not(SizeIs(0)));
    EXPECT_THAT(marks(table), Each(AnyOf("PROJECTED", "as given")));
  }
}

TEST(ProjectionTable, SomeSizesArePowersOfEightAndTheLargest) {
  auto const table = rates_table(projection(), RatesOf::some_sizes);
  std::vector<std::string> sizes;
  for (auto const& row : table.rows)
    if (row.size() > 1) sizes.push_back(row[1]);
  EXPECT_THAT(sizes, testing::ElementsAre("1", "8", "100"));
  EXPECT_EQ(table.rows.back()[2], "10.0 k (9.00 to 11.0)");
}

TEST(ProjectionTable, FiguresStandOnceWhereScenariosAgree) {
  auto const table = figures_table(projection());
  ASSERT_THAT(table.rows, SizeIs(2));
  EXPECT_EQ(table.rows[0][2], "2.00 (1.00 to 3.00) PFLOP/s");
  EXPECT_EQ(table.rows[0][3], "same");
  EXPECT_EQ(table.rows[1][2], "6 (5 to below 10)");
}

TEST(ProjectionTable, HalfLostOfOtherScenariosStandsWhereItDiffers) {
  auto const table = half_lost_table(projection());
  ASSERT_THAT(table.rows, SizeIs(2));
  EXPECT_EQ(table.rows[0].back(), "none up to 5000");
  EXPECT_EQ(table.rows[1].back(), "900, more than there are");
}

TEST(ProjectionTable, GoalsThatAreNotReachedSaySo) {
  EXPECT_EQ(goals_table(projection()).rows[0][3], "50 (45 to more than 100)");
}

TEST(ProjectionText, StampsAndWarningsStandThere) {
  auto const text = projection_text(projection());
  EXPECT_THAT(text, HasSubstr("0123456789ab); partial"));
  EXPECT_THAT(text, HasSubstr("! PROJECTED: few nodes"));
}

TEST(ProjectionPage, NamesStayNames) {
  auto const page = projection_page(projection());
  EXPECT_THAT(page, Not(HasSubstr("<b>c</b>")));
  EXPECT_THAT(page, Not(HasSubstr("<i>m</i>")));
  EXPECT_THAT(page, HasSubstr("&lt;b&gt;c"));
}

}  // namespace
}  // namespace muster
