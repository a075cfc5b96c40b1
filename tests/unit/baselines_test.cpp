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
  for (std::string const name :
       {"", "../a", "a/b", ".hidden", "-x", "a b", "=x", "ä", std::string(65, 'a').c_str()})
    EXPECT_THROW(baselines_.add(name, run, false), Error) << name;
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
