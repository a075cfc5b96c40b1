#include "harness/project/projection.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/error.hpp"
#include "tests/unit/project_scenarios.hpp"

namespace muster::project {
namespace {

constexpr double day = 86'400;

Scenario article(int nics = 8) {
  auto scenario = a100_scenario(nics);
  scenario.name = std::to_string(nics) + " NICs";
  scenario.gpu.fp16_peak = {312e12, "data sheet"};
  scenario.gpu.fp64_peak = Stated{19.5e12, "data sheet"};
  scenario.gpu.memory_bandwidth = Stated{2039e9, "data sheet"};
  scenario.gpu.watts = Stated{400, "data sheet"};
  scenario.node.watts = Stated{3300, "assumed"};
  scenario.fabric.noise = {0.2e-3, "assumed"};
  scenario.storage.emplace();
  scenario.storage->bandwidth = {1.6e12, "slide"};
  scenario.failures = FailurePart{{6.5 / 1000 / day, "RSC-1"}, {300, "assumed"}, {30, "assumed"}};
  return scenario;
}

ClusterDescription cluster() {
  ClusterDescription one;
  one.name = "article";
  one.gpu = "A100-SXM4-80GB";
  one.parts.emplace();
  one.parts->scenarios = {article(8), article(2)};
  one.parts->claims = {{"peak_fp16", "FLOP/s", {1.8e18, "slide"}},
                       {"rank", "rank", {5, "slide"}, "", "2020-11"},
                       {"storage_bandwidth", "B/s", {1.6e12, "slide"}},
                       {"switching", "B/s", {80e12, "slide"}},
                       {"hpl_rate", "FLOP/s", {0, "nobody"}}};
  return one;
}

/// About BERT-large's on an A100.
StepPremise step(std::string name) {
  StepPremise one;
  one.name = std::move(name);
  one.samples = 56;
  one.forward = 0.055, one.backward = 0.115, one.optimiser = 0.01;
  one.sum_slowdown = 0.03;
  for (int i = 1; i <= 26; ++i) one.buckets.push_back({i / 26.0, 26e6});
  one.gpu_spread = {0.985, 0.99, 0.995, 1, 1, 1.005, 1.01, 1.02};
  one.step_spread = {0.99, 0.995, 1, 1.005, 1.02};
  one.watts = 380;
  one.ranks = 8;
  one.measured = {0.185, 0.186, 0.184};
  return one;
}

Premises premises() {
  Premises all;
  all.gpu = "NVIDIA A100-SXM4-80GB";
  all.gpus = 8;
  all.steps = {step("bert")};
  all.devices = {{"gemm", "FLOP/s", {250e12, 255e12}}};
  return all;
}

ProjectOptions options(int draws = 100) {
  ProjectOptions some;
  some.draws = draws;
  return some;
}

Projection projected() { return project(premises(), cluster(), options()); }

ProjectedStep const& at(Projection const& projection, std::string_view scenario, int nodes) {
  return *std::ranges::find_if(
      projection.steps, [&](auto const& one) { return one.scenario == scenario && one.nodes == nodes; });
}

ProjectedFigure const& figure(Projection const& projection, std::string_view name) {
  return *std::ranges::find(projection.figures, name, &ProjectedFigure::name);
}

double width(Band const& band) { return (band.p90 - band.p10) / band.p50; }

TEST(Projection, HasEveryWorkloadScenarioAndNumberOfNodes) {
  auto const all = projected();
  EXPECT_EQ(all.steps.size(), 2 * 11);  // 1, 2, 4, ..., 512, 720
  EXPECT_EQ(at(all, "8 NICs", 720).workload, "bert");
  EXPECT_EQ(all.scenarios.size(), 2);
  EXPECT_EQ(all.half_lost.size(), 2 * 5);
}

TEST(Projection, OfOneNodeWithoutANetworkNeedsNone) {
  auto alone = cluster();
  for (auto& scenario : alone.parts->scenarios) scenario.nodes = 1, scenario.node.nics = 0;
  auto const all = project(premises(), alone, options());
  ASSERT_EQ(all.steps.size(), 2);
  EXPECT_EQ(all.steps[0].nodes, 1);
  EXPECT_EQ(all.half_lost.size(), 2 * 5);
}

TEST(Projection, OfTheMeasuredNodeIsWhatWasMeasured) {
  auto const all = projected();
  auto const& one = at(all, "8 NICs", 1);
  EXPECT_TRUE(one.measured);
  EXPECT_NEAR(one.step.p50, 0.185, 0.002);
  EXPECT_NEAR(one.terms.seconds, 0.185, 1e-9);
  EXPECT_FALSE(at(all, "8 NICs", 2).measured);
  EXPECT_EQ(at(all, "8 NICs", 720).extrapolation, 720);
  auto one_gpu = premises();
  one_gpu.gpus = one_gpu.steps[0].ranks = 1;
  auto const from_one = project(one_gpu, cluster(), options());
  EXPECT_EQ(at(from_one, "8 NICs", 720).extrapolation, 5760);
  EXPECT_TRUE(std::ranges::any_of(
      from_one.warnings, [](auto const& w) { return w.starts_with("5760 GPUs are 5760 times the 1 that"); }));
}

TEST(Projection, PartsOfTheMiddleAddUp) {
  for (auto const& one : projected().steps) {
    auto const& terms = one.terms;
    EXPECT_NEAR(terms.compute + terms.tensor + terms.communication + terms.stragglers + terms.noise +
                    terms.input + terms.unexplained + terms.rest,
                terms.seconds, 1e-12);
    EXPECT_GT(one.step.p90, one.step.p50);
    EXPECT_LT(one.step.p10, one.step.p50);
    EXPECT_NEAR(one.rate.p50 * one.step.p50, one.nodes * 8 * 56, 1);
  }
}

TEST(Projection, MoreNodesAreFasterAndLessEfficient) {
  auto const all = projected();
  for (int nodes = 1; nodes < 512; nodes *= 2) {
    auto const &fewer = at(all, "8 NICs", nodes), &more = at(all, "8 NICs", 2 * nodes);
    EXPECT_GT(more.rate.p50, fewer.rate.p50);
    EXPECT_LT(more.efficiency.p50, fewer.efficiency.p50);
    EXPECT_LT(more.goodput.p50, fewer.goodput.p50);
    EXPECT_LE(at(all, "8 NICs", nodes).step.p50, at(all, "2 NICs", nodes).step.p50 * 1.000001);
  }
}

TEST(Projection, OfOneSeedIsTheSameForAnyNumberOfThreads) {
  auto few = options(), many = options();
  few.threads = 1, many.threads = 5;
  auto const first = project(premises(), cluster(), few), second = project(premises(), cluster(), many);
  for (std::size_t i = 0; i < first.steps.size(); ++i) {
    EXPECT_EQ(first.steps[i].nodes, second.steps[i].nodes);
    EXPECT_EQ(first.steps[i].useful_rate.p10, second.steps[i].useful_rate.p10);
    EXPECT_EQ(first.steps[i].useful_rate.p90, second.steps[i].useful_rate.p90);
  }
  for (std::size_t i = 0; i < first.sensitivities.size(); ++i) {
    EXPECT_EQ(first.sensitivities[i].low, second.sensitivities[i].low);
  }
  many.seed = 2;
  EXPECT_NE(project(premises(), cluster(), many).steps.back().rate.p10, first.steps.back().rate.p10);
}

Premises with_sums_between_nodes() {
  auto all = premises();
  for (double const bytes : {1e6, 26e6, 256e6, 1e9}) {
    for (int const nodes : {2, 4}) all.collectives.push_back({bytes, nodes, 8, 2 * bytes / 150e9 + 1e-4});
  }
  return all;
}

TEST(Projection, BandsAreWiderWhereNoSumBetweenNodesWasMeasured) {
  auto const without = projected(), with = project(with_sums_between_nodes(), cluster(), options());
  for (int nodes = 2; nodes <= 512; nodes *= 2) {
    auto const &assumed = at(without, "8 NICs", nodes), &known = at(with, "8 NICs", nodes);
    EXPECT_GT(width(assumed.step), 1.05 * width(known.step)) << nodes;
    EXPECT_GT(width(assumed.rate), 1.05 * width(known.rate)) << nodes;
    EXPECT_GT(width(assumed.efficiency), 1.05 * width(known.efficiency)) << nodes;
    EXPECT_GT(width(assumed.joules), 1.05 * width(known.joules)) << nodes;
  }
}

TEST(Projection, OfAChosenScenarioIsTheSameAsAmongAll) {
  auto chosen = cluster();
  chosen.parts->described = chosen.parts->scenarios.front();
  chosen.parts->scenarios.erase(chosen.parts->scenarios.begin());
  auto const alone = project(with_sums_between_nodes(), chosen, options());
  auto const all = project(with_sums_between_nodes(), cluster(), options());
  EXPECT_EQ(alone.scenarios.size(), 1);
  EXPECT_EQ(at(alone, "2 NICs", 64).step.p50, at(all, "2 NICs", 64).step.p50);
}

TEST(Projection, SaysThatNoSumBetweenNodesWasMeasured) {
  auto const says = [](Projection const& one) {
    return std::ranges::any_of(one.warnings,
                               [](auto const& w) { return w.starts_with("no sum between nodes"); });
  };
  EXPECT_TRUE(says(projected()));
  EXPECT_FALSE(says(project(with_sums_between_nodes(), cluster(), options())));
}

TEST(Projection, BandsGrowWithTheDistance) {
  auto const all = projected();
  EXPECT_GT(width(at(all, "8 NICs", 720).step), width(at(all, "8 NICs", 2).step));
  EXPECT_GT(width(at(all, "8 NICs", 2).step), width(at(all, "8 NICs", 1).step));
}

TEST(Projection, OfTheArticlesFigures) {
  auto const all = projected();
  EXPECT_NEAR(figure(all, "peak_fp16").band.p50, 1.797e18, 0.001e18);
  EXPECT_NEAR(figure(all, "hpl_rate").band.p50, 71.6e15, 0.3e15);
  EXPECT_EQ(figure(all, "rank_november_2020").band.p50, 5);
  EXPECT_NEAR(figure(all, "mtbf").band.p50 / 3600, 5.1, 0.2);
  EXPECT_NEAR(figure(all, "gemm_rate").band.p50, 252.5e12 * 5760, 0.01e18);
  EXPECT_NEAR(figure(all, "full_power").band.p50, 720 * 6500.0, 1);
}

std::string finding(Projection const& projection, std::string_view claim) {
  auto const found =
      std::ranges::find_if(projection.comparisons, [&](auto const& one) { return one.claim.name == claim; });
  return found == projection.comparisons.end() ? "" : found->finding;
}

TEST(Projection, SetsClaimsBesideWhatComesOut) {
  auto const all = projected();
  EXPECT_EQ(finding(all, "peak_fp16"),
            "1.8 EFLOP/s is the data sheet's peak, not a measurement: 720 nodes x 8 GPUs x 312 TFLOP/s");
  EXPECT_NE(finding(all, "rank").find("5 is plausible"), std::string::npos) << finding(all, "rank");
  EXPECT_EQ(finding(all, "switching"),
            "8 NICs: all NICs together send 1.8 times that, which switches of this capacity cannot carry; "
            "2 NICs: all NICs together send 0.45 times that");
  EXPECT_EQ(all.comparisons[3].ours.size(), 2);  // 8 and 2 NICs
  EXPECT_EQ(all.comparisons[0].ours.size(), 1);  // alike in both
}

TEST(Projection, NamesWhatMovesTheAnswerMost) {
  auto const all = projected();
  double before = 1e9;
  for (auto const& one : all.sensitivities) {
    if (one.scenario != "8 NICs" || one.assumption.starts_with("scenario")) continue;
    EXPECT_LE(one.low, 0);
    EXPECT_GE(one.high, 0);
    EXPECT_LE(one.high - one.low, before);
    before = one.high - one.low;
  }
  auto const other = std::ranges::find(all.sensitivities, "scenario: 2 NICs", &Sensitivity::assumption);
  ASSERT_NE(other, all.sensitivities.end());
  EXPECT_LT(other->low, 0);
}

TEST(Projection, OfAnotherGpuFollowsDataSheetsAndSaysSo) {
  auto other = with_sums_between_nodes();
  other.gpu = "NVIDIA H100 80GB HBM3";
  auto const all = project(other, cluster(), options());
  EXPECT_GT(at(all, "8 NICs", 1).step.p50, 2 * 0.185);
  EXPECT_FALSE(at(all, "8 NICs", 1).measured);
  EXPECT_GT(width(at(all, "8 NICs", 1).step), 2 * width(at(projected(), "8 NICs", 1).step));
  EXPECT_TRUE(std::ranges::any_of(all.warnings,
                                  [](auto const& w) { return w.starts_with("measured on NVIDIA H100"); }));
  EXPECT_TRUE(
      std::ranges::any_of(all.warnings, [](auto const& w) { return w.starts_with("no sum between"); }));
}

TEST(Projection, OfAFarFasterGpuTakesTime) {
  auto other = premises();
  other.gpu = "NVIDIA H100 80GB HBM3";
  other.steps[0].measured = {0.15};  // less than its parts, which are measured alone
  auto fast = cluster();
  for (auto& scenario : fast.parts->scenarios)
    scenario.gpu.fp16_peak.value = 1e18, scenario.gpu.memory_bandwidth->value = 1e15;
  for (auto const& one : project(other, fast, options()).steps) {
    EXPECT_GT(one.step.p10, 0) << one.nodes;
    EXPECT_GT(one.terms.compute, 0) << one.nodes;
  }
}

TEST(Projection, NodesMayHaveFewerGpusThanTheMeasuredOne) {
  auto half = cluster();
  for (auto& scenario : half.parts->scenarios) scenario.gpus = 4;
  EXPECT_NEAR(at(project(premises(), half, options()), "8 NICs", 1).terms.seconds, 0.185, 0.004);
}

TEST(Projection, OfAStepOnSeveralNodesIsWhatWasMeasured) {
  auto several = premises();
  several.steps[0].nodes = 4, several.steps[0].ranks = 32;
  several.steps[0].measured = {0.3};
  auto const all = project(several, cluster(), options());
  EXPECT_NEAR(at(all, "8 NICs", 4).terms.seconds, 0.3, 1e-9);
  EXPECT_GT(at(all, "2 NICs", 4).terms.seconds, 0.3);
}

TEST(Projection, NobodyIsMoreEfficientThanOneAlone) {
  auto const all = projected();
  for (auto const& one : all.steps) EXPECT_LE(one.efficiency.p90, 1) << one.nodes;
  auto const& one = at(all, "8 NICs", 1);
  EXPECT_LT(width(one.efficiency), 0.5 * width(one.step)) << "the model's error is in both";
}

TEST(Projection, OfAnUnnamedGpuIsTakenForTheDescribedOne) {
  auto published = with_sums_between_nodes();
  published.gpu.clear();
  auto const all = project(published, cluster(), options());
  EXPECT_TRUE(at(all, "8 NICs", 1).measured);
  EXPECT_TRUE(all.warnings.front().starts_with("the results do not name their GPU"));
}

TEST(Projection, OfTheHostBackendIsOfAnotherMachine) {
  auto host = with_sums_between_nodes();
  host.gpu.clear();
  host.origins = {{"one", "one.json", "00", "measured", {"host backend"}}};
  auto const all = project(host, cluster(), options());
  EXPECT_FALSE(at(all, "8 NICs", 1).measured);
  EXPECT_TRUE(
      std::ranges::any_of(all.warnings, [](auto const& w) { return w.starts_with("no sum between"); }));
}

TEST(Projection, SaysWhatItsPremisesAreStampedWith) {
  auto stamped = premises();
  stamped.origins = {{"one", "one.json", "00", "measured", {"throttled", "partial"}}};
  auto const all = project(stamped, cluster(), options());
  EXPECT_TRUE(std::ranges::any_of(all.warnings,
                                  [](auto const& w) { return w.starts_with("one is throttled, partial"); }));
}

TEST(Projection, TakesTheNodesThatAreAskedFor) {
  auto some = options();
  some.nodes = {64, 3, 64};
  auto const all = project(premises(), cluster(), some);
  ASSERT_EQ(all.steps.size(), 4);
  EXPECT_EQ(all.steps[0].nodes, 3);
  EXPECT_EQ(all.steps[1].nodes, 64);
}

TEST(Projection, SearchesNodesForAGoal) {
  EXPECT_TRUE(projected().goals.empty());
  auto some = options();
  some.goal = 50'000;
  auto const all = project(premises(), cluster(), some);
  ASSERT_EQ(all.goals.size(), 2);
  EXPECT_GT(all.goals[0].nodes, 20);  // 2,421 samples/s of a node
  EXPECT_LE(all.goals[0].nodes, all.goals[1].nodes);
}

std::string refusal(std::function<void(Premises&, ClusterDescription&, ProjectOptions&)> const& spoil) {
  auto given = premises();
  auto description = cluster();
  auto asked = options();
  spoil(given, description, asked);
  try {
    project(given, description, asked);
  } catch (Error const& error) {
    EXPECT_EQ(error.exit_code, ExitCode::usage);
    return error.what();
  }
  return "";
}

TEST(Projection, RefusesAllThatIsWrongAtOnce) {
  auto const said = refusal([](Premises& given, ClusterDescription& description, ProjectOptions& asked) {
    given.steps.clear();
    description.parts.reset();
    asked.nodes = {0, 100'001};
    asked.draws = 9;
    asked.goal = -1;
  });
  EXPECT_EQ(std::ranges::count(said, '\n'), 5) << said;
  for (auto const* part : {"no training step", "does not say what it is made of", "0 nodes cannot",
                           "100001 nodes cannot", "9 draws", "a goal of -1"}) {
    EXPECT_NE(said.find(part), std::string::npos) << part;
  }
}

TEST(Projection, RefusesStepsThatCannotBe) {
  using Spoil = std::function<void(StepPremise&)>;
  struct Case {
    Spoil spoil;
    char const* says;
  };
  for (auto const& one :
       std::vector<Case>{{[](StepPremise& s) { s.forward = s.backward = 0; }, "takes no time"},
                         {[](StepPremise& s) { s.optimiser = -1; }, "takes no time"},
                         {[](StepPremise& s) { s.samples = 0; }, "samples"},
                         {[](StepPremise& s) { s.measured = {0}; }, "was measured as 0 s"},
                         {[](StepPremise& s) { s.ranks = 0; }, "ranks"},
                         {[](StepPremise& s) { s.buckets[3].ready = 2; }, "bucket"},
                         {[](StepPremise& s) { s.buckets[3].ready = 0; }, "bucket"},
                         {[](StepPremise& s) { s.gpu_spread[0] = 0; }, "spread"},
                         {[](StepPremise& s) {
                            s.tensor = TensorSums{3, 1e6, 1};
                          },
                          "shares layers among 3 ranks"}}) {
    auto const said =
        refusal([&](Premises& given, ClusterDescription&, ProjectOptions&) { one.spoil(given.steps[0]); });
    EXPECT_NE(said.find(one.says), std::string::npos) << said << " / " << one.says;
  }
}

TEST(Projection, RefusesClustersThatCannotBe) {
  using Spoil = std::function<void(Scenario&)>;
  struct Case {
    Spoil spoil;
    char const* says;
  };
  for (auto const& one :
       std::vector<Case>{{[](Scenario& s) { s.gpus = 0; }, "0 GPUs"},
                         {[](Scenario& s) { s.nodes = 1'000'000; }, "1000000 nodes"},
                         {[](Scenario& s) { s.node.nics = 0; }, "nothing between them"},
                         {[](Scenario& s) { s.gpu.fp16_peak.value = 0; }, "no peak"},
                         {[](Scenario& s) { s.storage->bandwidth.value = 0; }, "gives nothing"}}) {
    auto const said = refusal([&](Premises&, ClusterDescription& description, ProjectOptions&) {
      one.spoil(description.parts->scenarios[1]);
    });
    EXPECT_NE(said.find(one.says), std::string::npos) << said << " / " << one.says;
  }
}

}  // namespace
}  // namespace muster::project
