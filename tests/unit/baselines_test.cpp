#include "harness/record/baselines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "harness/core/error.hpp"
#include "harness/core/files.hpp"
#include "harness/record/load.hpp"
#include "harness/record/save.hpp"
#include "tests/fleet/fleet.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace muster {
namespace {

using testing::HasSubstr;

class BaselinesTest : public testing::Test {
 protected:
  std::string result(std::uint64_t seed) {
    fleet::Fleet fleet;
    fleet.nodes = 2;
    fleet.gpus = 1;
    fleet.gemm_cases = 1;
    fleet.memory_cases = fleet.collective_cases = 0;
    fleet.links = false;
    fleet.seed = seed;
    auto const run = folder_.path() / std::to_string(seed);
    fleet::write(fleet, run);
    return run.string();
  }

  TemporaryFolder folder_;
  Baselines baselines_{folder_.path() / "baselines"};
};

TEST_F(BaselinesTest, KeepTheDocumentByteByByte) {
  auto const run = result(1);
  auto const added = baselines_.add("driver-550", run, false);
  std::filesystem::remove_all(run);
  auto const found = baselines_.find("driver-550");
  EXPECT_EQ(found.sha256, added.sha256);
  auto const loaded = load_result(baselines_.argument_of(found));
  EXPECT_EQ(loaded.label, "driver-550");
  EXPECT_EQ(loaded.sha256, added.sha256);
  EXPECT_EQ(loaded.document.run.id, found.run);
  ASSERT_EQ(baselines_.list().size(), 1U);
}

TEST_F(BaselinesTest, ATakenNameIsKeptUnlessItIsToBeReplaced) {
  auto const first = baselines_.add("a", result(1), false);
  auto const other = result(2);
  EXPECT_THROW(baselines_.add("a", other, false), Error);
  EXPECT_EQ(baselines_.find("a").sha256, first.sha256);
  baselines_.add("a", other, true);
  EXPECT_NE(baselines_.find("a").sha256, first.sha256);
}

TEST_F(BaselinesTest, NamesAreNoPaths) {
  auto const run = result(1);
  std::vector<std::string> const names{"",    "../a", "a/b", ".hidden",           "-x",
                                       "a b", "=x",   "ä",   std::string(65, 'a')};
  for (auto const& name : names) EXPECT_THROW(baselines_.add(name, run, false), Error) << name;
}

TEST_F(BaselinesTest, AnotherDocumentUnderTheHashIsNoticed) {
  auto const added = baselines_.add("a", result(1), false);
  std::ofstream(folder_.path() / "baselines/documents" / (added.sha256 + ".json"), std::ios::app) << " ";
  try {
    baselines_.argument_of(baselines_.find("a"));
    FAIL();
  } catch (Error const& error) {
    EXPECT_THAT(error.what(), HasSubstr("its hash differs"));
  }
}

TEST_F(BaselinesTest, AddingItAnewMendsAStoredDocument) {
  auto const run = result(1);
  auto const added = baselines_.add("a", run, false);
  std::ofstream(folder_.path() / "baselines/documents" / (added.sha256 + ".json"), std::ios::app) << " ";
  baselines_.add("a", run, true);
  EXPECT_EQ(load_result(baselines_.argument_of(baselines_.find("a"))).sha256, added.sha256);
}

TEST_F(BaselinesTest, AnotherProgramsFileKeepsItsName) {
  auto const file = folder_.path() / "all_reduce_perf.txt";
  std::ofstream(file)
      << R"(# nThread 1 nGpus 2 minBytes 8 maxBytes 1024 step: 2(factor) warmup iters: 1 iters: 20
#  Rank  0 Group  0 Pid    123 on      gpu01 device  0 [0000:07:00] NVIDIA A100-SXM4-80GB
#  Rank  1 Group  0 Pid    123 on      gpu01 device  1 [0000:0a:00] NVIDIA A100-SXM4-80GB
#       size         count      type   redop    root     time   algbw   busbw #wrong     time   algbw   busbw #wrong
#        (B)    (elements)                               (us)  (GB/s)  (GB/s)            (us)  (GB/s)  (GB/s)
        1024   256  float  sum  -1   20.00  0.05  0.05  0  40.00  0.03  0.03  0
# Avg bus bandwidth    : 0.04
)";
  auto const before = load_result(file.string());
  ASSERT_FALSE(before.document.cases.empty());
  baselines_.add("a", file.string(), false);
  auto const after = load_result(baselines_.argument_of(baselines_.find("a")));
  EXPECT_EQ(after.document.cases.at(0).name, before.document.cases[0].name);
  EXPECT_THAT(after.document.cases[0].name, HasSubstr("all_reduce"));
  EXPECT_EQ(after.sha256, before.sha256);
  EXPECT_TRUE(holds_baselines(folder_.path() / "baselines"));
  EXPECT_FALSE(holds_baselines(folder_.path()));
}

TEST_F(BaselinesTest, ARecordLeadsOutOfNoFolder) {
  auto const added = baselines_.add("a", result(1), false);
  std::ofstream(folder_.path() / "baselines/a.json")
      << R"({"name": "a", "sha256": ")" << added.sha256
      << R"(", "run": "", "source": "", "added": "", "file": "../x"})";
  EXPECT_THROW(baselines_.find("a"), Error);
}

TEST_F(BaselinesTest, AFolderOfFilesIsRefusedByName) {
  auto const folder = folder_.path() / "several";
  std::filesystem::create_directories(folder);
  for (auto const* name : {"1.json", "2.json"})
    std::ofstream(folder / name) << R"({"context": {}, "benchmarks": [{"name": "b", "run_name": "b",
      "run_type": "iteration", "iterations": 1, "real_time": 1, "cpu_time": 1, "time_unit": "ns"}]})";
  try {
    baselines_.add("a", folder.string(), false);
    FAIL();
  } catch (Error const& error) {
    EXPECT_EQ(error.exit_code, ExitCode::usage);
    EXPECT_THAT(error.what(), HasSubstr(folder.string() + " is a folder of another program's files"));
  }
}

TEST_F(BaselinesTest, OneThatIsNotThereNamesThoseThatAre) {
  baselines_.add("a", result(1), false);
  try {
    baselines_.find("b");
    FAIL();
  } catch (Error const& error) {
    EXPECT_EQ(error.exit_code, ExitCode::usage);
    EXPECT_THAT(error.what(), HasSubstr("there are: a"));
  }
}

TEST_F(BaselinesTest, OfTwoWritersOneIsFirst) {
  auto const file = folder_.path() / "one";
  std::atomic<int> first{0};
  std::vector<std::thread> writers;
  for (int i = 0; i < 8; ++i)
    writers.emplace_back([&, i] { first += save_new(file, "writer " + std::to_string(i)) ? 1 : 0; });
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(first, 1);
  EXPECT_THAT(read_file(file), HasSubstr("writer "));
}

}  // namespace
}  // namespace muster
