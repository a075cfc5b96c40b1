// Every rank's figures in every launch, from wherever a run keeps them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "harness/core/error.hpp"
#include "harness/record/load.hpp"
#include "harness/record/rank_lines.hpp"
#include "tests/fleet/fleet.hpp"
#include "tests/unit/record_fixtures.hpp"

namespace muster {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

LoadedResult loaded(Document document, std::filesystem::path file = "result.json") {
  return {"x", std::move(file), "", std::move(document)};
}

fleet::Fleet small_fleet() {
  fleet::Fleet fleet{.nodes = 3, .gpus = 2, .launches = 2, .gemm_cases = 2, .memory_cases = 1};
  fleet.collective_cases = 1;
  fleet.faults[{1, 1}] = {.corrected_errors = 3};
  fleet.faults[{2, 0}] = {.throttled = true};
  fleet.silent_nodes = {0};
  return fleet;
}

fleet::Fleet large_fleet() {
  auto fleet = small_fleet();
  fleet.nodes = 150;
  fleet.gemm_cases = 40;
  return fleet;
}

/// The same figures, whichever way they were read.
void expect_same(std::vector<RankSample> const& a, std::vector<RankSample> const& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(std::tie(a[i].node, a[i].rank, a[i].device, a[i].launch, a[i].median, a[i].tainted),
              std::tie(b[i].node, b[i].rank, b[i].device, b[i].launch, b[i].median, b[i].tainted));
  }
}

std::string fault_of(LoadedResult const& result, ExitCode code) {
  try {
    rank_samples(result);
  } catch (Error const& error) {
    EXPECT_EQ(error.exit_code, code);
    return error.what();
  }
  return "none";
}

TEST(RankSamples, OfASmallRunComeFromTheDocument) {
  auto const samples = rank_samples(loaded(fleet::document(small_fleet())));
  EXPECT_THAT(samples.nodes, ElementsAre("gpu0001", "gpu0002"));
  EXPECT_THAT(samples.uuids, ElementsAre("", "GPU-0001-0", "GPU-0001-1", "GPU-0002-0", "GPU-0002-1"));
  ASSERT_EQ(samples.cases.size(), 5U);
  ASSERT_EQ(samples.cases[0].size(), 8U);
  auto const& third = samples.cases[0][2];  // node 1, GPU 1, first launch
  EXPECT_EQ(std::tuple(third.node, third.rank, third.device, third.launch, samples.uuids[third.uuid]),
            std::tuple(0U, 1, 1, 0, "GPU-0001-1"));
  EXPECT_TRUE(third.tainted);
  EXPECT_FALSE(samples.cases[0][0].tainted);
  EXPECT_TRUE(samples.cases[0][4].tainted);
  EXPECT_EQ(samples.cases[0][4].throttled_samples, 40U);
  EXPECT_GT(third.clock_hz, 1e9);
  EXPECT_TRUE(std::isnan(samples.cases[2][0].percent_at_clock));  // memory
  EXPECT_TRUE(samples.cases[4].empty());                          // links: a matrix only
}

TEST(RankSamples, SayWhatTaintsThem) {
  auto fleet = small_fleet();
  fleet.faults[{1, 0}] = {.remap_pending = true};
  auto const kinds_of = [](RankSamples const& samples, std::size_t entry) {
    return samples.taints.at(samples.cases[0].at(entry).taint).kinds;
  };
  auto const small = rank_samples(loaded(fleet::document(fleet)));
  TemporaryFolder const folder;
  fleet.nodes = 150;
  fleet.gemm_cases = 40;
  fleet::write(fleet, folder.path());
  for (auto const& samples : {small, rank_samples(load_result(folder.path().string()))}) {
    EXPECT_THAT(kinds_of(samples, 0), ElementsAre(Taint::remapping));
    EXPECT_THAT(kinds_of(samples, 2), ElementsAre(Taint::corrected_errors));
    EXPECT_THAT(kinds_of(samples, 4), ElementsAre(Taint::throttled));
    EXPECT_THAT(kinds_of(samples, 6), testing::IsEmpty());
  }
}

TEST(RankSamples, OfALargeRunComeFromItsSideFiles) {
  TemporaryFolder const folder;
  auto fleet = large_fleet();
  fleet::write(fleet, folder.path());
  auto const result = load_result(folder.path().string());
  ASSERT_TRUE(result.document.cases[0].rank_spread);
  auto const samples = rank_samples(result);
  ASSERT_EQ(samples.nodes.size(), 149U);
  ASSERT_EQ(samples.cases[0].size(), 149U * 4);
  EXPECT_EQ(samples.uuids[samples.cases[0][2].uuid], "GPU-0001-1");
  auto const& spread = *result.document.cases[0].rank_spread;
  EXPECT_EQ(samples.cases[0].size(), spread.entries);
  EXPECT_TRUE(samples.cases[0][4].tainted);
  EXPECT_EQ(samples.cases[0][4].throttled_samples, 40U);
}

TEST(RankSamples, AreTheSameFromDocumentAndSideFiles) {
  TemporaryFolder const folder;
  auto fleet = large_fleet();
  fleet::write(fleet, folder.path());
  auto const large = load_result(folder.path().string());
  auto const samples = rank_samples(large);
  auto small = large;
  for (std::size_t i = 0; i < samples.cases.size(); ++i) {
    small.document.cases[i].rank_spread.reset();
    for (auto const& s : samples.cases[i]) {
      RankFigures figures{s.launch, s.rank, samples.nodes[s.node], s.device, samples.uuids[s.uuid], {}};
      figures.metric.median = s.median;
      figures.telemetry = Telemetry{};
      if (s.tainted) figures.telemetry->corrected_errors = 1;
      small.document.cases[i].rank_figures.push_back(figures);
    }
  }
  auto const again = rank_samples(small);
  for (std::size_t i = 0; i < samples.cases.size(); ++i) expect_same(samples.cases[i], again.cases[i]);
}

TEST(RankSamples, RefuseAFileThatIsNotTheOneOfTheDocument) {
  TemporaryFolder const folder;
  fleet::write(large_fleet(), folder.path());
  auto const result = load_result(folder.path().string());
  auto const file = folder.path() / "ranks" / "gpu0007.ndjson";
  auto text = test::contents(file);
  text[text.find("\"median\":[") + 10] ^= 1;  // as long as before
  std::ofstream(file, std::ios::binary) << text;
  EXPECT_THAT(fault_of(result, ExitCode::usage), AllOf(HasSubstr("gpu0007.ndjson"), HasSubstr("SHA-256")));
  std::filesystem::remove(file);
  EXPECT_THAT(fault_of(result, ExitCode::infrastructure), HasSubstr("gpu0007.ndjson"));
}

TEST(RankSamples, RefuseAPathThatIsNoNodesFile) {
  auto document = fleet::document(large_fleet());
  document.sidecars = {{"ranks/../../etc/passwd", "", 1}};
  EXPECT_THAT(fault_of(loaded(document), ExitCode::usage), HasSubstr("passwd"));
}

std::string line_fault(std::string const& text) {
  try {
    read_rank_lines(text, 2);
  } catch (Error const& error) {
    return error.what();
  }
  return "none";
}

TEST(RankLines, KeepOrderAndPassOverWhatTheyDoNotKnow) {
  auto const node = read_rank_lines(
      R"({"case_index":1,"launch":2,"rank":[3,4,5],"median":[1.5,null,2],"tomorrow":["a",null,true],)"
      R"("device_uuid":["GPU-b",null,"GPU-a"],"fingerprint":["1","2","3"]})"
      "\n\n",
      2);
  ASSERT_EQ(node.entries.size(), 2U);
  EXPECT_THAT(node.uuids, ElementsAre("", "GPU-b", "GPU-a"));
  auto const& [index, last] = node.entries[1];
  EXPECT_EQ(std::tuple(index, last.rank, last.launch, last.median, last.uuid), std::tuple(1U, 5, 2, 2.0, 2U));
}

TEST(RankLines, NameTheLineThatIsBroken) {
  std::string const good = R"({"case_index":1,"launch":0,"rank":[0],"median":[1]})";
  EXPECT_THAT(line_fault(good + "\n" + good.substr(0, 30)), HasSubstr("line 2: "));
  EXPECT_THAT(line_fault(R"({"case_index":2,"launch":0,"rank":[0]})"),
              HasSubstr("none of the document's cases"));
  EXPECT_THAT(line_fault(R"({"case_index":0,"rank":[0]})"), HasSubstr("case_index and launch"));
  EXPECT_THAT(line_fault(R"({"case_index":0,"launch":0,"rank":[0,1],"median":[1]})"), HasSubstr("lengths"));
  EXPECT_THAT(line_fault(R"({"case_index":0,"launch":0,"rank":["0"]})"), HasSubstr("'rank'"));
  EXPECT_THAT(line_fault(R"({"case_index":0,"launch":0,"rank":[-1]})"), HasSubstr("'rank'"));
  EXPECT_THAT(line_fault(R"({"case_index":0,"launch":0,"rank":[1e300]})"), HasSubstr("'rank'"));
  EXPECT_THAT(line_fault(R"({"case_index":0,"launch":0,"rank":[[0]]})"), HasSubstr("list"));
  EXPECT_THAT(line_fault("[1]"), HasSubstr("list"));
  EXPECT_THAT(line_fault("7"), HasSubstr("no object"));
}

}  // namespace
}  // namespace muster
