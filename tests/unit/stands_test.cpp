#include "harness/record/stands.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "tests/unit/temporary_folder.hpp"

namespace muster {
namespace {

Stand full() {
  return {.launch = 2,
          .rank = 5,
          .node = "node3",
          .case_name = "collective/all_reduce/float32/bytes:8",
          .phase = "sample",
          .call = "all_reduce",
          .part = "split 1 color 0",
          .steps = 1023,
          .part_steps = 17,
          .expired = true,
          .seconds = 8.125,
          .busy = 0.5};
}

TEST(Stands, ComeBackAsTheyWereWritten) {
  auto const line = to_line(full());
  EXPECT_EQ(line.find('\n'), line.npos);
  auto const back = stand_from_line(line);
  ASSERT_TRUE(back);
  EXPECT_EQ(to_line(*back), line);
  EXPECT_EQ(back->part_steps, 17u);
  EXPECT_TRUE(back->expired);
  EXPECT_FALSE(stand_from_line(line.substr(0, line.size() / 2))) << "torn";
  EXPECT_FALSE(stand_from_line("[1]"));
}

TEST(Stands, AreReadOnceEachAndByLaunch) {
  TemporaryFolder const folder;
  RunFolder const run{folder.path()};
  StandReader reader(run);
  EXPECT_TRUE(reader.poll(2).empty()) << "no folder as long as all goes well";
  ASSERT_TRUE(append_stand(run, full()));
  auto other = full();
  other.launch = 1;
  ASSERT_TRUE(append_stand(run, other));
  EXPECT_EQ(reader.poll(2).size(), 1u);
  EXPECT_TRUE(reader.poll(2).empty());
  EXPECT_EQ(reader.poll(1).size(), 1u);
  std::ofstream(run.stands(2, "node3"), std::ios::app) << to_line(full()).substr(0, 20);
  EXPECT_TRUE(reader.poll(2).empty()) << "half a line";
  std::ofstream(run.stands(2, "node3"), std::ios::app) << to_line(full()).substr(20) << "\n";
  EXPECT_EQ(reader.poll(2).size(), 1u);
}

TEST(Stands, OfRanksThatWriteAtOnceStayWhole) {
  TemporaryFolder const folder;
  RunFolder const run{folder.path()};
  std::vector<std::thread> ranks;
  for (int rank = 0; rank < 8; ++rank) {
    ranks.emplace_back([&, rank] {
      auto stand = full();
      stand.rank = rank;
      for (int i = 0; i < 50; ++i) append_stand(run, stand);
    });
  }
  for (auto& rank : ranks) rank.join();
  EXPECT_EQ(StandReader(run).poll(2).size(), 400u);
}

TEST(Stands, ThatCannotBeWrittenAreNoError) {
  EXPECT_FALSE(append_stand(RunFolder{"/proc/nowhere"}, full()));
}

}  // namespace
}  // namespace muster
