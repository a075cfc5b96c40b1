// A projection for people: every line says what it is, and names from files stay names.
#include <gmock/gmock.h>

#include "harness/record/json_archive.hpp"
#include "harness/record/projection_json.hpp"
#include "harness/report/page/projection_page.hpp"
#include "harness/report/projection_table.hpp"

namespace muster {
namespace {

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
    }
    made.figures.push_back({"hpl_rate", "FLOP/s", scenario, 100, {1e15, 2e15, 3e15}, "published"});
    made.figures.push_back({"rank_june_2021", "rank", scenario, 100, {5, 6, 11}, ""});
    int const nodes = scenario == std::string("a") ? 0 : 900;
    made.half_lost.push_back(
        {"train_step/<i>m</i>", scenario, project::Limit::failures, nodes, 5'000, nodes > 100});
    made.goals.push_back({"train_step/<i>m</i>", scenario, 5000, 45, 0, 50});
    made.sensitivities.push_back({"train_step/<i>m</i>", scenario, "noise", -0.1, 0.05});
  }
  made.scenarios.front().gpus = 8;
  made.measured = {{"train_step/<i>m</i>", "a", "published", 2, 16, 0.5, 230},
                   {"train_step/<i>m</i>", "a", "measured", 1, 4, 0.5, 40}};
  made.warnings = {"few nodes (why) remedy"};
  made.premises.missing = {"no sum (why) measure one"};
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
       {rates_table(made, RatesOf::all_sizes), terms_table(made), demands_table(made), figures_table(made),
        goals_table(made), sensitivity_table(made), half_lost_table(made), steps_table(made)}) {
    EXPECT_THAT(marks(table), Not(SizeIs(0)));
    EXPECT_THAT(marks(table), Each("PROJECTED"));
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

TEST(ProjectionTable, DemandsAreOfTheMostNodes) {
  auto made = projection();
  auto& step = made.steps[3];
  step.joules = {1, 2, 3}, step.terms.storage_demand = 1.6e12, step.checkpoint_interval = 600;
  step.extrapolation = 100;
  auto const table = demands_table(made);
  ASSERT_THAT(table.rows, SizeIs(3)) << "a workload, two scenarios";
  EXPECT_THAT(table.rows[1], testing::ElementsAre("PROJECTED", "a", "2.00 (1.00 to 3.00) J", "1.600 TB/s",
                                                  "10 min 00 s", "100"));
  EXPECT_THAT(table.rows[2],
              testing::ElementsAre("PROJECTED", "b", "not known", "nothing", "not known", "1"));
}

TEST(ProjectionTable, GoalsThatAreNotReachedSaySo) {
  EXPECT_EQ(goals_table(projection()).rows[0][3], "50 (45 to more than 100)");
}

TEST(ProjectionText, StampsAndWarningsStandThere) {
  auto const text = projection_text(projection());
  EXPECT_THAT(text, HasSubstr("0123456789ab); partial"));
  EXPECT_THAT(text, HasSubstr("! PROJECTED: few nodes"));
  EXPECT_THAT(text, HasSubstr("! PROJECTED: no sum (why) measure one"));
}

TEST(ProjectionText, SaysWhatItWasMadeFromAndWhatWasAsked) {
  auto made = projection();
  made.cluster_sha256 = "fedcba9876543210";
  made.asked = {"A100", 64, "25MiB", {"node.nics=4"}};
  auto const text = projection_text(made);
  EXPECT_THAT(text, HasSubstr("(sha256 fedcba987654)"));
  EXPECT_THAT(text, HasSubstr("measured on A100, as given; batch 64; buckets of 25MiB; node.nics=4"));
}

TEST(ProjectionJson, HoldsAllThatItWasMadeFrom) {
  auto made = projection();
  made.cluster_sha256 = "fedcba9876543210";
  made.asked = {"A100", 64, "25MiB", {"node.nics=4"}};
  made.scenarios.front().gpu.fp16_peak = {312e12, "data sheet"};
  auto const json = parse_json(to_json(made));
  EXPECT_EQ(json["cluster_sha256"], "fedcba9876543210");
  EXPECT_EQ(json["asked"]["set"][0], "node.nics=4");
  EXPECT_EQ(json["asked"]["bucket"], "25MiB");
  EXPECT_EQ(json["scenarios"][0]["gpu"]["fp16_peak"]["source"], "data sheet");
  EXPECT_EQ(json["scenarios"][0]["fabric"]["noise"]["source"], "assumed");
  EXPECT_FALSE(json["scenarios"][0].contains("storage"));
}

TEST(ProjectionPage, MeasuredPointsAreThoseOfWholeNodes) {
  auto const page = projection_page(projection());
  EXPECT_THAT(page, HasSubstr("2 nodes, a: 230 samples/s, published"));
  EXPECT_THAT(page, Not(HasSubstr("samples/s, measured")));
  EXPECT_THAT(page, Not(HasSubstr("1 node, a: 40")));
}

TEST(ProjectionPage, NamesStayNames) {
  auto const page = projection_page(projection());
  EXPECT_THAT(page, Not(HasSubstr("<b>c</b>")));
  EXPECT_THAT(page, Not(HasSubstr("<i>m</i>")));
  EXPECT_THAT(page, HasSubstr("&lt;b&gt;c"));
}

}  // namespace
}  // namespace muster
