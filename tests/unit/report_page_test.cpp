// What a page says of documents: its sentences are computed, its sections stand only where there is something
// to show.
#include "harness/report/page/page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/analyze/case_rules.hpp"
#include "harness/analyze/check.hpp"
#include "harness/analyze/check_links.hpp"
#include "harness/record/load.hpp"
#include "harness/report/breakable.hpp"
#include "harness/report/page/link_blocks.hpp"
#include "harness/report/page/rank_crowd.hpp"
#include "tests/fleet/fleet.hpp"
#include "tests/unit/step_fixture.hpp"

namespace muster {
namespace {

using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

ReportedResult reported(Document document, std::string label = "invented") {
  LoadedResult loaded{label, "invented.json", "0123", std::move(document)};
  ReportedResult result{label, "invented.json", "0123", {}, rank_samples(loaded), {}, {}, {}, {}, {}, 0};
  result.document = std::move(loaded.document);
  result.findings = check({result.document, result.ranks}, nullptr, nullptr);
  result.rules = case_rules(result.document, result.ranks);
  result.rule = case_rule_words();
  result.link_margin = link_margin;
  return result;
}

fleet::Fleet small() {
  fleet::Fleet fleet;
  fleet.nodes = 4;
  fleet.launches = 3;
  fleet.gemm_cases = 2;
  fleet.memory_cases = 1;
  fleet.collective_cases = 3;
  return fleet;
}

std::string page_of(ReportedResult result) { return report_page({{std::move(result)}, {}}); }

TEST(ReportPage, IsTheSameToTheLastByte) {
  EXPECT_EQ(page_of(reported(fleet::document(small()))), page_of(reported(fleet::document(small()))));
}

TEST(ReportPage, HasTheSectionsThatTheDocumentHasSomethingFor) {
  auto const page = page_of(reported(fleet::document(small())));
  EXPECT_THAT(page,
              AllOf(HasSubstr("id=\"roofline-1\""), HasSubstr("id=\"collectives-1\""),
                    HasSubstr("id=\"ranks-1\""), HasSubstr("id=\"links-1\""), HasSubstr("id=\"sensors-1\"")));
  EXPECT_THAT(page, AllOf(Not(HasSubstr("id=\"stages-1\"")), Not(HasSubstr("id=\"scaling-1\"")),
                          Not(HasSubstr("id=\"sides-1\"")), Not(HasSubstr("id=\"failures-1\""))));
}

TEST(ReportPage, AnEmptyDocumentMakesAPageThatSaysSo) {
  Document document;
  document.run.status = RunStatus::failed;
  EXPECT_THAT(page_of(reported(document)), HasSubstr("failed run: 0 of 0 cases measured"));
}

TEST(ReportPage, WrongAnswersComeFirst) {
  auto fleet = small();
  fleet.faults[{1, 2}].wrong = true;
  auto const page = page_of(reported(fleet::document(fleet)));
  EXPECT_THAT(page, AllOf(HasSubstr("✗ Wrong answers: 3 of 7 cases"), HasSubstr("element 4711")));
}

TEST(ReportPage, ATaintedRunIsNotCalledClean) {
  auto fleet = small();
  fleet.faults[{0, 0}].throttled = true;
  EXPECT_THAT(page_of(reported(fleet::document(fleet))), HasSubstr("not all figures are clean"));
}

TEST(ReportPage, AFailedCaseComesBeforeATaint) {
  auto document = fleet::document(small());
  document.cases[0].tainted = {"throttled"};
  document.cases[1].status = CaseStatus::crashed;
  EXPECT_THAT(page_of(reported(document)),
              AllOf(HasSubstr("✗ 1 of 7 cases failed"), Not(HasSubstr("Complete"))));
}

TEST(ReportPage, WhereNothingWasMeasuredNothingIsCalledVerified) {
  auto document = fleet::document(small());
  for (auto& result : document.cases) {
    result.status = CaseStatus::unsupported;
    result.worlds.reset();
    result.launches.clear();
  }
  Document empty;
  empty.run.status = RunStatus::complete;
  for (auto const& page : {page_of(reported(document)), page_of(reported(empty))})
    EXPECT_THAT(page, AllOf(HasSubstr("! Complete, but nothing was measured"), Not(HasSubstr("✓"))));
  document = fleet::document(small());
  document.cases[0].status = CaseStatus::unsupported;
  EXPECT_THAT(page_of(reported(document)),
              HasSubstr("✓ Complete: 6 of 7 cases measured, every answer of them"));
}

TEST(ReportPage, AnswersThatNobodyCheckedAreNotCalledVerified) {
  auto document = fleet::document(small());
  document.cases[1].verification = {Verdict::Status::not_applicable, "nobody checks", 0, 0, ""};
  EXPECT_THAT(page_of(reported(document)),
              AllOf(HasSubstr("1 of 7 answers were not verified"), Not(HasSubstr("every answer verified"))));
}

TEST(ReportPage, TheSlowGpuAndTheSlowLinkAreNamed) {
  auto fleet = small();
  fleet.faults[{2, 5}].slower = 0.2;
  fleet.slow_links[{0, 3}] = 0.4;
  auto const page = page_of(reported(fleet::document(fleet)));
  EXPECT_THAT(page, HasSubstr("most of all gpu0002 GPU 5"));
  EXPECT_THAT(page, HasSubstr("the worst is gpu0000 - gpu0003"));
}

TEST(ReportPage, ScalingIsDrawnWhereRanksDiffer) {
  auto document = fleet::document(small());
  auto twice = document.cases[3];
  ASSERT_EQ(twice.workload, "collective/all_reduce");
  twice.ranks *= 2;
  twice.name += "/nodes:8";
  document.cases.push_back(twice);
  EXPECT_THAT(page_of(reported(document)),
              AllOf(HasSubstr("id=\"scaling-1\""), HasSubstr("on 64 ranks is 100 % of")));
}

TEST(ReportPage, ATrainingStepIsShownByItsPartsRanksAndTime) {
  auto document = fleet::document(small());
  document.cases.push_back(training_case());
  auto const page = page_of(reported(document));
  EXPECT_THAT(page,
              AllOf(HasSubstr("id=\"training-1\""), HasSubstr("input-bound: storage delivers 61 % of demand"),
                    HasSubstr("backward: 40.00 ms, 40.0 %"), HasSubstr("% of the step"),
                    HasSubstr("rank 1: the others wait 5 % of the step for it"),
                    HasSubstr("Training steps over time"), HasSubstr("over time: steady")));
  EXPECT_LT(page.find(">rank 1<"), page.find(">rank 0<")) << "the one that the others wait for comes first";
  EXPECT_THAT(page, Not(HasSubstr("the worst is 0 - last"))) << "no matrix of links";
}

TEST(ReportPage, ATrainingStepWithoutMatricesHasItsPartsAlone) {
  auto document = fleet::document(small());
  auto step = training_case();
  step.matrices = {{"ranks", "s", {"0"}, {"step"}, {}}};  // not whole
  document.cases.push_back(step);
  EXPECT_THAT(page_of(reported(document)),
              AllOf(HasSubstr("id=\"training-1\""), Not(HasSubstr("Ranks of a training step")),
                    Not(HasSubstr("Training steps over time"))));
}

TEST(ReportPage, ScalingOfTrainingStepsIsOfARank) {
  auto document = fleet::document(small());
  for (int const ranks : {2, 8}) {
    auto step = training_case();
    step.ranks = ranks;
    step.name += "/ranks:" + std::to_string(ranks);
    step.launches.front().metric.median = 100.0 * ranks;
    document.cases.push_back(step);
  }
  EXPECT_THAT(page_of(reported(document)), HasSubstr("100 samples/s on 8 ranks is 100 % of"));
}

TEST(ReportPage, SeveralDocumentsStandSideBySide) {
  ReportInput input{
      {reported(fleet::document(small()), "before"), reported(fleet::document(small()), "after")}, {}};
  EXPECT_THAT(report_page(input), AllOf(HasSubstr("id=\"sides-1\""), HasSubstr("id=\"document-2\""),
                                        HasSubstr("No case has different medians")));
}

TEST(RankCrowd, TheWorstComesFirstAndOnlyItStandsOut) {
  auto fleet = small();
  fleet.faults[{3, 1}].slower = 0.25;
  auto const result = reported(fleet::document(fleet));
  auto const crowds = crowds_of(result);
  ASSERT_EQ(crowds.size(), 3U);  // not the collectives: there the rank that others wait for is the fastest
  for (auto const& crowd : crowds) {
    EXPECT_EQ(crowd.ranks.size(), 32U);
    EXPECT_EQ(crowd.ranks.front().name, "gpu0003 GPU 1");
    EXPECT_TRUE(crowd.ranks[0].stands_out);
    EXPECT_FALSE(crowd.ranks[1].stands_out);
  }
}

TEST(RankCrowd, AmongFewerThanTheChecksPeersNobodyStandsOut) {
  auto fleet = small();
  fleet.nodes = 1;
  fleet.gpus = 4;
  fleet.faults[{0, 1}].slower = 0.25;
  auto const few = crowds_of(reported(fleet::document(fleet)));
  ASSERT_FALSE(few.empty());
  for (auto const& crowd : few) {
    EXPECT_EQ(crowd.limit_percent, std::nullopt);
    EXPECT_FALSE(crowd.ranks[0].stands_out);
  }
}

TEST(RankCrowd, WhomTheCheckAccusesByAKindOfCasesStandsOutInEachOfThem) {
  auto fleet = small();
  fleet.faults[{2, 5}].slower = 0.09;  // of products no case alone accuses it: 20 %
  auto const result = reported(fleet::document(fleet));
  ASSERT_TRUE(result.findings);
  EXPECT_FALSE(result.findings->findings.empty());
  for (auto const& crowd : crowds_of(result)) {
    for (auto const& rank : crowd.ranks)
      EXPECT_EQ(rank.stands_out, rank.name == "gpu0002 GPU 5") << rank.name;
    ASSERT_TRUE(crowd.limit_percent);
    EXPECT_LE(*crowd.limit_percent, -5 + 1e-9);
  }
}

TEST(ReportPage, AGpuWithoutAFigureIsNotSaidToBeInOrder) {
  auto fleet = small();
  auto result = reported(fleet::document(fleet));
  EXPECT_THAT(page_of(result), AllOf(HasSubstr("32 GPUs on 4 nodes in order"), HasSubstr("✓ Check: pass<")));
  result.findings->coverage.gpus_judged = 31;
  EXPECT_THAT(page_of(result), AllOf(HasSubstr("31 of 32 GPUs on 4 nodes in order, 1 not judged by speed"),
                                     HasSubstr("! Check: pass, but only 31 of 32 GPUs judged")));
  result.findings->coverage.gpus = result.findings->coverage.gpus_judged = 0;  // as where a side file is gone
  EXPECT_THAT(page_of(result),
              AllOf(HasSubstr("! Check: pass, but no GPU was judged"), Not(HasSubstr("✓ Check"))));
}

TEST(ReportPage, OneThingIsNotCountedAsSeveral) {
  auto fleet = small();
  fleet.nodes = fleet.gpus = fleet.launches = 1;
  EXPECT_THAT(page_of(reported(fleet::document(fleet))),
              AllOf(HasSubstr("in 1 launch,"), Not(HasSubstr(" 1 launches")), Not(HasSubstr(" 1 nodes"))));
}

TEST(ReportPage, TheGpusOfOneSickNodeAreOneRow) {
  auto fleet = small();
  for (int gpu = 0; gpu < 3; ++gpu) fleet.faults[{2, gpu}].slower = 0.25;
  auto const page = page_of(reported(fleet::document(fleet)));
  EXPECT_THAT(page, HasSubstr("3 GPUs of node gpu0002"));
}

TEST(ReportPage, NamesInTablesBreakAtTheirSlashesOnly) {
  EXPECT_EQ(breakable("gemm/bf16/m:8192").html(), "gemm/<wbr/>bf16/<wbr/>m:8192");
  EXPECT_EQ(breakable("copy/bytes:1073741824").html(), "copy/<wbr/>bytes:<wbr/>1073741824");
  EXPECT_EQ(breakable("n GPU 3 (GPU-1)").html(), "n GPU 3<span class=\"uuid\"> (GPU-1)</span>");
  EXPECT_EQ(breakable("").html(), "");
}

TEST(ReportPage, MoreThanAStageAloneIsSaidInWords) {
  auto document = fleet::document(small());
  document.cases[0].bound = Bound{"read_alone", 1, "records/s"};
  document.cases[0].percent_of_bound = 128;
  document.cases[0].percent_at_clock.reset();
  EXPECT_THAT(page_of(reported(document)),
              AllOf(HasSubstr("at least what the read stage does alone"), Not(HasSubstr("of read alone"))));
}

TEST(ReportPage, OnlySlowPairsAreBoxed) {
  auto fleet = small();
  fleet.nodes = 8;
  auto page = page_of(reported(fleet::document(fleet)));
  EXPECT_THAT(
      page, AllOf(HasSubstr("none lies more than 10 % below the median"), Not(HasSubstr("class=\"worst\""))));
  fleet.slow_links[{0, 3}] = 0.4;
  page = page_of(reported(fleet::document(fleet)));
  EXPECT_THAT(page, AllOf(HasSubstr("1 lies more than 10 % below it (boxed)"), HasSubstr("class=\"worst\"")));
}

TEST(LinkBlocks, EachKeepsTheWorstOfItsPairs) {
  Matrix matrix{
      "bandwidth", "B/s", std::vector<std::string>(100, "n"), std::vector<std::string>(100, "n"), {}};
  matrix.values.assign(10000, 10);
  matrix.values[37 * 100 + 81] = 3;
  auto const blocks = blocks_of(matrix, 60);
  EXPECT_EQ(blocks.rows, 50U);
  EXPECT_EQ(blocks.values[18 * 50 + 40], 3);
  EXPECT_EQ(std::ranges::count(blocks.values, 3.0), 1);
  EXPECT_EQ(worst_first(matrix).front().value, 3);
  matrix.unit = "s";
  matrix.values[5] = 99;
  EXPECT_EQ(worst_first(matrix).front().value, 99);  // of times the long ones are the bad ones
}

}  // namespace
}  // namespace muster
