// Groups over sockets: real processes, real connections, ranks that die or do not come.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <limits>
#include <numeric>
#include <sstream>
#include <thread>

#include "harness/core/error.hpp"
#include "kernels/contract/error.hpp"
#include "tests/unit/tcp_ranks.hpp"

namespace muster::tests {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string joined(std::vector<std::string> const& texts) {
  std::string all;
  for (auto const& text : texts) all += (all.empty() ? "" : ",") + text;
  return all;
}

std::string places(Group const& group) {
  std::ostringstream text;
  text << group.rank() << "/" << group.size() << " node " << group.node() << "/" << group.nodes() << " "
       << group.node_rank() << "/" << group.node_size();
  return text.str();
}

/// Two ranks on each node, the nodes' ranks one after the other.
std::string two_on_each(int rank) { return "node" + std::to_string(rank / 2); }
/// Ranks go round the nodes, as with srun --distribution=cyclic.
std::string in_turn(int rank) { return "node" + std::to_string(rank % 3); }

TEST(TcpGroup, KnowsRanksAndNodes) {
  EXPECT_THAT(
      run_tcp_ranks({.ranks = 4, .node = &two_on_each}, [](World& world) { return places(*world.group); }),
      ElementsAre("0/4 node 0/2 0/2", "1/4 node 0/2 1/2", "2/4 node 1/2 0/2", "3/4 node 1/2 1/2"));
  EXPECT_THAT(
      run_tcp_ranks({.ranks = 5, .node = &in_turn}, [](World& world) { return places(*world.group); }),
      ElementsAre("0/5 node 0/3 0/2", "1/5 node 1/3 0/2", "2/5 node 2/3 0/1", "3/5 node 0/3 1/2",
                  "4/5 node 1/3 1/2"));
}

TEST(TcpGroup, OfOneRankNeedsNobody) {
  EXPECT_THAT(run_tcp_ranks({.ranks = 1},
                            [](World& world) {
                              world.group->barrier();
                              return places(*world.group) + joined(world.group->gather("a"));
                            }),
              ElementsAre("0/1 node 0/1 0/1a"));
}

/// The same work in trees of every shape.
class TcpTrees : public testing::TestWithParam<RankSettings> {};
INSTANTIATE_TEST_SUITE_P(Of, TcpTrees,
                         testing::Values(RankSettings{.ranks = 2}, RankSettings{.ranks = 7, .fan = 1},
                                         RankSettings{.ranks = 9, .fan = 2},
                                         RankSettings{.ranks = 10, .fan = 2, .node = &two_on_each},
                                         RankSettings{.ranks = 11, .fan = 1, .node = &in_turn},
                                         RankSettings{.ranks = 12, .fan = 16, .node = &in_turn}));

TEST_P(TcpTrees, FindTheMaximum) {
  auto const results = run_tcp_ranks(GetParam(), [](World& world) {
    auto const rank = static_cast<double>(world.group->rank());
    std::array<double, 3> values{rank, -rank - 1, rank == 1 ? std::numeric_limits<double>::infinity() : 0};
    for (int i = 0; i < 20; ++i) world.group->max(std::span<double>(values));
    std::ostringstream text;
    for (auto const value : values) text << value << " ";
    return text.str();
  });
  EXPECT_THAT(results, Each(std::to_string(GetParam().ranks - 1) + " -1 inf "));
}

TEST_P(TcpTrees, GatherInTheOrderOfRanks) {
  auto const results = run_tcp_ranks(GetParam(), [](World& world) {
    auto const own = world.group->rank() == 1 ? std::string() : std::to_string(world.group->rank());
    return joined(world.group->gather(own));
  });
  std::string expected = "0,";
  for (int rank = 2; rank < GetParam().ranks; ++rank) expected += "," + std::to_string(rank);
  EXPECT_EQ(results.front(), expected);
  EXPECT_THAT(std::vector(results.begin() + 1, results.end()), Each(""));
}

TEST_P(TcpTrees, GatherOnEachNode) {
  auto const results = run_tcp_ranks(GetParam(), [](World& world) {
    return joined(world.group->gather_node(std::to_string(world.group->rank())));
  });
  std::map<std::string, std::string> expected;
  for (int rank = 0; rank < GetParam().ranks; ++rank) {
    auto& text = expected[GetParam().node(rank)];
    text += (text.empty() ? "" : ",") + std::to_string(rank);
  }
  for (int rank = 0; rank < GetParam().ranks; ++rank) {
    auto const& all = expected[GetParam().node(rank)];
    bool const first = all == std::to_string(rank) || all.starts_with(std::to_string(rank) + ",");
    EXPECT_EQ(results[static_cast<std::size_t>(rank)], first ? all : "") << rank;
  }
}

TEST_P(TcpTrees, BroadcastFromEveryRoot) {
  auto const results = run_tcp_ranks(GetParam(), [](World& world) {
    auto& group = *world.group;
    for (int root = 0; root < group.size(); ++root) {
      std::vector<int> data(200000, group.rank() == root ? root + 1 : -1);  // more than sockets hold
      group.broadcast(std::as_writable_bytes(std::span(data)), root);
      if (data.front() != root + 1 || data.back() != root + 1) return "wrong from " + std::to_string(root);
    }
    return std::string("right");
  });
  EXPECT_THAT(results, Each("right"));
}

TEST_P(TcpTrees, NobodyPassesABarrierBeforeAllHaveCome) {
  auto const results = run_tcp_ranks(GetParam(), [](World& world) {
    auto& group = *world.group;
    using Clock = std::chrono::steady_clock;
    group.barrier();
    auto const late = group.rank() == group.size() - 1;
    if (late) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    // The same clock in all processes of a machine.
    auto const came = std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
    group.barrier();
    auto const left = std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
    return group.max(came) <= left ? std::string("after all") : std::string("too early");
  });
  EXPECT_THAT(results, Each("after all"));
}

TEST_P(TcpTrees, SplitIntoGroupsThatWorkOnTheirOwn) {
  auto const results = run_tcp_ranks(GetParam(), [](World& world) {
    auto& all = *world.group;
    auto const part = all.split(all.rank() % 3 == 2 ? -1 : all.rank() % 3);
    auto const again = all.split(0);
    std::string text = part ? std::to_string(part->rank()) + "of" + std::to_string(part->size()) : "none";
    if (part) {
      auto const inner = part->split(part->rank() / 2);
      text += " max " + std::to_string(static_cast<int>(part->max(all.rank())));
      text += " inner " + std::to_string(inner->size());
      inner->barrier();
    }
    text += " again " + std::to_string(static_cast<int>(again->max(-all.rank())));
    all.barrier();
    return text;
  });
  int const ranks = GetParam().ranks;
  for (int rank = 0; rank < ranks; ++rank) {
    auto const& text = results[static_cast<std::size_t>(rank)];
    if (rank % 3 == 2) {
      EXPECT_EQ(text, "none again 0") << rank;
      continue;
    }
    int const size = (ranks - rank % 3 + 2) / 3, own = rank / 3;
    int const largest = rank % 3 + 3 * (size - 1), inner = std::min(2, size - own / 2 * 2);
    std::ostringstream expected;
    expected << own << "of" << size << " max " << largest << " inner " << inner << " again 0";
    EXPECT_EQ(text, expected.str()) << rank;
  }
}

TEST(TcpGroup, LongTextsArriveWhole) {
  auto const results = run_tcp_ranks({.ranks = 5, .fan = 2}, [](World& world) {
    std::string const text(3000000, static_cast<char>('a' + world.group->rank()));
    auto const all = world.group->gather(text);
    std::string firsts;
    for (auto const& one : all)
      firsts += one.size() == 3000000 && one.front() == one.back() ? one.front() : '?';
    return firsts;
  });
  EXPECT_EQ(results.front(), "abcde");
}

TEST(TcpGroup, HasNoCollectivesForTheHost) {
  auto const results = run_tcp_ranks({.ranks = 2}, [](World& world) {
    CollectiveCall call;
    try {
      world.group->run(call);
    } catch (Unsupported const& why) {
      world.group->barrier();  // it goes on
      return std::string(why.what());
    }
    return std::string("ran");
  });
  EXPECT_THAT(results, Each(AllOf(HasSubstr("needs MPI"), HasSubstr("sockets"))));
}

/// That a rank ended is known to all, whatever they wait in, in whatever part of the tree.
TEST_P(TcpTrees, ARankThatDiesIsNamedByAllOthers) {
  int const dead = GetParam().ranks - 1;
  auto const results = run_tcp_ranks(GetParam(), [dead](World& world) {
    auto& group = *world.group;
    auto const part = group.split(group.rank() % 2);
    group.barrier();
    if (group.rank() == dead) _exit(1);
    if (group.rank() % 2 == 0) part->barrier();
    for (int i = 0; i < 3; ++i) group.barrier();
    return std::string("passed");
  });
  auto const who = "rank " + std::to_string(dead) + " on ";
  for (int rank = 0; rank < dead; ++rank)
    EXPECT_THAT(results[static_cast<std::size_t>(rank)],
                AllOf(StartsWith("threw: " + who), HasSubstr("has ended without leaving")))
        << rank;
}

TEST_P(TcpTrees, TheFirstRankThatDiesIsNamedByAllOthers) {
  auto const results = run_tcp_ranks(GetParam(), [](World& world) {
    world.group->barrier();
    if (world.group->rank() == 0) _exit(1);
    world.group->gather("x");
    world.group->max(0);
    return std::string("passed");
  });
  EXPECT_THAT(std::vector(results.begin() + 1, results.end()), Each(StartsWith("threw: rank 0 on ")));
}

TEST(TcpGroup, ARankThatThrowsEndsTheOthers) {
  auto const results = run_tcp_ranks({.ranks = 6, .fan = 1}, [](World& world) {
    if (world.group->rank() == 3) throw std::runtime_error("out of luck");
    world.group->barrier();
    return std::string("passed");
  });
  EXPECT_EQ(results[3], "threw: out of luck");
  for (std::size_t rank : {0, 1, 2, 4, 5})
    EXPECT_THAT(results[rank], StartsWith("threw: rank 3 on here could not go on")) << rank;
}

/// A case may fail in its set-up while it holds a part; the world goes on.
TEST(TcpGroup, APartMayEndByAnException) {
  auto const results = run_tcp_ranks({.ranks = 3}, [](World& world) {
    try {
      auto const part = world.group->split(0);
      part->barrier();
      throw Unsupported("no such thing here");
    } catch (Unsupported const&) {
      world.group->barrier();
    }
    return std::to_string(static_cast<int>(world.group->max(world.group->rank())));
  });
  EXPECT_THAT(results, Each("2"));
}

TEST(TcpGroup, TheWorldsAbortEndsTheOthers) {
  auto const results = run_tcp_ranks({.ranks = 4, .fan = 1}, [](World& world) {
    if (world.group->rank() == 1) world.abort(6);
    world.group->barrier();
    return std::string("passed");
  });
  EXPECT_EQ(results[1], "died");
  for (std::size_t rank : {0, 2, 3}) EXPECT_THAT(results[rank], StartsWith("threw: rank 1 on here")) << rank;
}

/// Ranks leave one by one, while others are still at work on what these have done their part of.
TEST_P(TcpTrees, LeavingEarlyInGoodOrderHarmsNobody) {
  auto const results = run_tcp_ranks(GetParam(), [](World& world) {
    auto const part = world.group->split(0);
    if (part->rank() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return std::to_string(part->gather("x").size());
  });
  EXPECT_EQ(results.front(), std::to_string(GetParam().ranks));
  EXPECT_THAT(std::vector(results.begin() + 1, results.end()), Each("0"));
}

TEST(TcpGroup, RanksInDifferentCallsAreToldSo) {
  auto const results = run_tcp_ranks({.ranks = 3}, [](World& world) {
    if (world.group->rank() == 1) {
      world.group->max(1);
    } else {
      world.group->barrier();
    }
    return std::string("passed");
  });
  EXPECT_THAT(results, Each(AllOf(HasSubstr("rank 1 on here is in max"), HasSubstr("rank 0 is in barrier"))));
}

TEST(TcpGroup, MaximaOfDifferentLengthsAreRefused) {
  auto const results = run_tcp_ranks({.ranks = 2}, [](World& world) {
    std::vector<double> values(world.group->rank() == 0 ? 1 : 2);
    world.group->max(std::span<double>(values));
    return std::string("passed");
  });
  EXPECT_THAT(results[0], HasSubstr("rank 1 on here sends 16 bytes in max where rank 0 takes at most 8"));
}

TEST(TcpMeeting, ARankThatDoesNotComeIsNamed) {
  auto const results =
      run_tcp_ranks({.ranks = 3, .seconds = 1, .seat = [](int rank) { return std::pair(rank, 4); }},
                    [](World&) { return std::string("met"); });
  EXPECT_THAT(results,
              Each(AllOf(HasSubstr("rank 3 did not come in 1 s"), HasSubstr("3 of 4 ranks are here"))));
}

TEST(TcpMeeting, WithoutRankZeroEndsWithItsDeadline) {
  auto const results =
      run_tcp_ranks({.ranks = 2, .seconds = 1, .seat = [](int rank) { return std::pair(rank + 1, 3); }},
                    [](World&) { return std::string("met"); });
  EXPECT_THAT(results, Each(AllOf(HasSubstr("rank 0 left no "), HasSubstr("share the folder"))));
}

TEST(TcpMeeting, ARankThatComesTwiceIsRefused) {
  auto const results = run_tcp_ranks(
      {.ranks = 4, .seconds = 20, .seat = [](int rank) { return std::pair(std::min(rank, 2), 5); }},
      [](World&) { return std::string("met"); });
  EXPECT_THAT(results[0], HasSubstr("rank 2 came twice"));
  EXPECT_THAT(results, Each(StartsWith("threw: ")));
}

TEST(TcpMeeting, RanksOfWorldsOfDifferentSizesAreRefused) {
  auto const results =
      run_tcp_ranks({.ranks = 3, .seat = [](int rank) { return std::pair(rank, rank == 2 ? 8 : 3); }},
                    [](World&) { return std::string("met"); });
  EXPECT_THAT(results, Each(HasSubstr("rank 2 on here takes itself for one of 8, rank 0 for one of 3")));
}

}  // namespace
}  // namespace muster::tests
