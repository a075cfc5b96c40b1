// Which rank the others waited for, from literal stands.
#include "harness/launch/culprit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Stand in_call(int rank, std::string const& call, std::uint64_t number, double busy = 0.9) {
  return {.rank = rank,
          .node = "node" + std::to_string(rank / 2),
          .phase = "sample",
          .call = call,
          .steps = 2 * number - 1,
          .seconds = 8.1,
          .busy = busy};
}

Stand at_work(int rank, std::uint64_t after) {
  return {.rank = rank, .node = "node0", .phase = "verify", .steps = 2 * after, .seconds = 7, .busy = 0};
}

TEST(RankList, IsShort) {
  EXPECT_EQ(rank_list({1}), "rank 1");
  EXPECT_EQ(rank_list({0, 2, 3}), "ranks 0, 2, 3");
  EXPECT_EQ(rank_list({0, 1, 2, 3, 7, 9, 10, 11}), "ranks 0-3, 7, 9-11");
}

TEST(Culprit, IsTheRankThatGaveNoSign) {
  auto const found =
      find_culprit({in_call(0, "barrier", 512), in_call(2, "barrier", 512), in_call(3, "barrier", 512)}, 4,
                   {{0, "node0"}, {1, "node0"}, {2, "node1"}, {3, "node1"}});
  EXPECT_EQ(found.rank, 1);
  EXPECT_EQ(found.node, "node0");
  EXPECT_EQ(found.message,
            "ranks 0, 2, 3 waited 8.1 s in barrier, group call 512, phase 'sample'; rank 1 gave no sign "
            "(stopped, or "
            "its node is gone)");
}

TEST(Culprit, IsTheRankThatIsBehindWhereAllGaveASign) {
  auto const found =
      find_culprit({in_call(0, "barrier", 512), at_work(1, 511), in_call(2, "barrier", 512)}, 3, {});
  EXPECT_EQ(found.rank, 1);
  EXPECT_THAT(found.message, HasSubstr("ranks 0, 2 waited 8.1 s in barrier"));
  EXPECT_THAT(found.message,
              HasSubstr("rank 1 is behind: 7.0 s outside of group calls, after call 511, phase 'verify'"));
}

TEST(Culprit, MayBeInAnEarlierCall) {
  auto const found =
      find_culprit({in_call(0, "max", 9), in_call(1, "max", 9), in_call(2, "broadcast", 8)}, 3, {});
  EXPECT_EQ(found.rank, 2);
  EXPECT_EQ(found.node, "node1");
}

TEST(Culprit, OnlyOneOfARankThatSpokeTwiceCounts) {
  auto early = at_work(1, 3);
  auto const found = find_culprit({early, in_call(0, "max", 9), in_call(1, "max", 9), at_work(2, 8)}, 3, {});
  EXPECT_EQ(found.rank, 2);
}

TEST(Culprit, SleepsInTheCallThatTheOthersPollIn) {
  auto const found = find_culprit(
      {in_call(0, "barrier", 5, 0.97), in_call(1, "barrier", 5, 0), in_call(2, "barrier", 5, 0.7)}, 3, {});
  EXPECT_EQ(found.rank, 1);
  EXPECT_THAT(found.message, HasSubstr("rank 1 sleeps in it"));
}

TEST(Culprit, IsNobodyWhereAllWaitAlike) {
  for (double const busy : {0.0, 0.95}) {  // a library that sleeps while it waits, and one that polls
    auto const found = find_culprit({in_call(0, "barrier", 5, busy), in_call(1, "barrier", 5, busy)}, 2, {});
    EXPECT_EQ(found.rank, -1) << busy;
    EXPECT_THAT(found.message, HasSubstr("none is behind"));
  }
}

TEST(Culprit, OfAPartIsFoundAmongItsMembers) {
  auto const in_part = [](int rank, std::string part, std::uint64_t number) {
    auto stand = in_call(rank, "all_reduce", 20);
    stand.steps = 40;
    stand.part = std::move(part);
    stand.part_steps = 2 * number - 1;
    return stand;
  };
  auto const late = find_culprit({in_part(0, "split 1 color 0", 7), in_part(1, "split 1 color 0", 6),
                                  in_part(2, "split 1 color 1", 3), in_part(3, "split 1 color 1", 3)},
                                 4, {});
  EXPECT_EQ(late.rank, 1) << "parts count on their own";
  auto const ahead = find_culprit({in_part(0, "split 1 color 0", 7), in_part(1, "split 1 color 0", 7),
                                   in_call(2, "barrier", 21), in_call(3, "barrier", 21)},
                                  4, {});
  EXPECT_EQ(ahead.rank, 0) << "those in parts are behind those that wait for them in the next call of all";
  auto const outside = find_culprit({in_part(0, "split 1 color 0", 7), at_work(1, 20)}, 2, {});
  EXPECT_EQ(outside.rank, 1) << "one that has not come to its part's call";
}

TEST(Culprit, OfOneRankIsThatRank) {
  EXPECT_EQ(find_culprit({}, 1, {{0, "here"}}).node, "here");
  auto const found = find_culprit({at_work(0, 3)}, 1, {});
  EXPECT_EQ(found.rank, 0);
  EXPECT_THAT(found.message,
              AllOf(HasSubstr("7.0 s"), HasSubstr("phase 'verify'"), Not(HasSubstr("no sign"))));
}

TEST(Culprit, IsUnknownWhereNobodySpoke) {
  auto const found = find_culprit({}, 4, {{0, "here"}});
  EXPECT_EQ(found.rank, -1);
  EXPECT_EQ(found.message, "");
}

TEST(Culprit, MessageStaysShortForThousandsOfRanks) {
  std::vector<Stand> stands;
  for (int rank = 0; rank < 5760; ++rank) {
    if (rank != 1023) stands.push_back(in_call(rank, "barrier", 2 + static_cast<std::uint64_t>(rank % 7)));
  }
  auto const found = find_culprit(stands, 5760, {{1023, "node511"}});
  EXPECT_EQ(found.rank, 1023);
  EXPECT_EQ(found.node, "node511");
  EXPECT_THAT(found.message, HasSubstr("and 4 more places"));
}

}  // namespace
}  // namespace muster
