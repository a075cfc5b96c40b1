// How ranks over sockets find each other: who this process is, who may come in, who talks to whom.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <thread>

#include "harness/core/error.hpp"
#include "harness/group/tcp/door.hpp"
#include "harness/group/tcp/meeting.hpp"
#include "harness/group/tcp/members.hpp"
#include "harness/group/tcp/seat.hpp"
#include "harness/group/tcp/tree.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace muster::tcp {
namespace {

using std::chrono::seconds;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Seat seat(std::map<std::string, std::string> const& variables, int wanted = 0) {
  return seat_by_launcher(wanted, [&](char const* name) -> char const* {
    auto const found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

std::string refusal(std::map<std::string, std::string> const& variables, int wanted = 0) {
  try {
    (void)seat(variables, wanted);
    return "taken";
  } catch (Error const& error) {
    EXPECT_EQ(error.exit_code, ExitCode::infrastructure);
    return error.what();
  }
}

TEST(TcpSeat, IsReadFromEveryLauncher) {
  using Variables = std::map<std::string, std::string>;
  for (auto const& variables :
       {Variables{{"SLURM_PROCID", "3"}, {"SLURM_NTASKS", "8"}},
        Variables{{"PMI_RANK", "3"}, {"PMI_SIZE", "8"}},
        Variables{{"OMPI_COMM_WORLD_RANK", "3"}, {"OMPI_COMM_WORLD_SIZE", "8"}},
        Variables{{"SLURM_PROCID", "3"}, {"SLURM_NTASKS", "8"}, {"PMI_RANK", "3"}, {"PMI_SIZE", "8"}},
        Variables{{"SLURM_PROCID", "3"}, {"SLURM_NTASKS", "8"}, {"PMI_RANK", "3"}}}) {
    auto const found = seat(variables, 8);
    EXPECT_EQ(found.rank, 3);
    EXPECT_EQ(found.size, 8);
  }
}

TEST(TcpSeat, OfLaunchersInsideEachOtherTheOneOfThePlansSizeCounts) {
  // mpirun within a batch job: its daemons are Slurm's tasks.
  auto const found = seat({{"SLURM_PROCID", "1"},
                           {"SLURM_NTASKS", "2"},
                           {"OMPI_COMM_WORLD_RANK", "9"},
                           {"OMPI_COMM_WORLD_SIZE", "16"}},
                          16);
  EXPECT_EQ(found.rank, 9);
  EXPECT_THAT(
      refusal({{"SLURM_PROCID", "1"}, {"SLURM_NTASKS", "2"}, {"PMI_RANK", "0"}, {"PMI_SIZE", "2"}}, 2),
      AllOf(HasSubstr("disagree"), HasSubstr("PMI_RANK=0"), HasSubstr("SLURM_PROCID=1")));
  EXPECT_THAT(refusal({{"SLURM_PROCID", "1"}, {"SLURM_NTASKS", "2"}}, 16),
              AllOf(HasSubstr("another size than the plan's 16"), HasSubstr("SLURM_NTASKS=2")));
}

TEST(TcpSeat, RefusesWhatIsNoRank) {
  EXPECT_THAT(refusal({}), HasSubstr("no launcher says which rank this is"));
  for (auto const* rank : {"", "x", "-1", "2", "1 ", "0x1", "99999999999999999999", "1\n"})
    EXPECT_THAT(refusal({{"PMI_RANK", rank}, {"PMI_SIZE", "2"}}), HasSubstr("is no rank of a world")) << rank;
  EXPECT_THAT(refusal({{"PMI_RANK", "a"}, {"PMI_SIZE", "2"}, {"SLURM_PROCID", "b"}, {"SLURM_NTASKS", "2"}}),
              AllOf(HasSubstr("PMI_RANK='a'"), HasSubstr("SLURM_PROCID='b'")));
}

TEST(TcpToken, ComesBackFromText) {
  auto const token = new_token();
  EXPECT_EQ(token_from(to_text(token)), token);
  EXPECT_NE(token, new_token());
  EXPECT_NE(token.call, token.answer);
  for (auto const& bad : {std::string(), std::string(63, 'a'), std::string(64, 'g'), std::string(66, 'a'),
                          "-" + std::string(63, '1')})
    EXPECT_FALSE(token_from(bad)) << bad;
}

TEST(TcpInvitation, ComesBackFromText) {
  Invitation const invitation{new_token(), {{"10.0.0.1", 4711}, {"fd00::1", 4712}}};
  auto const back = invitation_from(to_text(invitation));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->token, invitation.token);
  EXPECT_EQ(back->endpoints, invitation.endpoints);
}

TEST(TcpInvitation, ThatIsNoneIsRefused) {
  auto const good = to_text(Invitation{new_token(), {{"10.0.0.1", 4711}}});
  auto const with = [&](std::string const& from, std::string const& to) {
    auto text = good;
    return text.replace(text.find(from), from.size(), to);
  };
  std::string many = good;
  for (int i = 0; i < 100; ++i) many += "10.0.0.1 1\n";
  for (auto const& bad : {std::string(), with("muster", "mustard"), with(" 4711", ""), with("4711", "0"),
                          with("4711", "70000"), with("4711", "47 11"), good.substr(0, 40), many})
    EXPECT_FALSE(invitation_from(bad)) << bad;
}

TEST(TcpMember, ComesBackFromTextInOneLineEach) {
  Member const member{"node7", "node7 boot\nid", "0.1.0-abc", 16, {{"::1", 1}}};
  auto const back = member_from(to_text(member));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->node, "node7");
  EXPECT_EQ(back->place, "node7 boot id");
  EXPECT_EQ(back->build, member.build);
  EXPECT_EQ(back->size, 16);
  EXPECT_EQ(back->endpoints, member.endpoints);
  EXPECT_FALSE(member_from("a\nb\nc\nx\n::1 1\n"));
  EXPECT_FALSE(member_from("a\nb\nc\n4\n"));
}

TEST(TcpAddresses, LoopbackComesLast) {
  auto const all = own_addresses("");
  ASSERT_FALSE(all.empty());
  auto const loops = [](std::string const& address) {
    return address.starts_with("127.") || address == "::1";
  };
  EXPECT_TRUE(std::ranges::is_partitioned(all, std::not_fn(loops)));
  EXPECT_THAT(own_addresses("=lo"), testing::Contains("127.0.0.1"));
  try {
    (void)own_addresses("nowhere0");
    FAIL();
  } catch (Error const& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("'nowhere0'"), HasSubstr("MUSTER_SOCKET_IFNAME")));
  }
}

Clock::time_point soon() { return Clock::now() + seconds(30); }
void nothing() {}

class TcpDoor : public testing::TestWithParam<char const*> {
 protected:
  bool has_address() const {
    auto const all = own_addresses("lo");
    return std::ranges::find(all, GetParam()) != all.end();
  }
  void SetUp() override {
    if (!has_address()) GTEST_SKIP() << GetParam() << " is no address of this machine";
    door_.emplace(std::vector<std::string>{GetParam()}, token_, 8);
  }
  auto calling(Token const& token, Purpose const& purpose, std::vector<Endpoint> const& endpoints) {
    return std::async(std::launch::async, [=] {
      try {
        return call_door(endpoints, token, purpose, Clock::now() + seconds(2), "rank 0", &nothing).file() >= 0
                   ? std::string("in")
                   : std::string("?");
      } catch (Error const& error) {
        return std::string(error.what());
      }
    });
  }
  std::vector<Endpoint> const& endpoints() { return door_->endpoints(); }

  Token token_ = new_token();
  std::optional<Door> door_;
};
INSTANTIATE_TEST_SUITE_P(Of, TcpDoor, testing::Values("127.0.0.1", "::1"));

TEST_P(TcpDoor, LetsInWhoKnowsTheToken) {
  auto const rank3 = calling(token_, {7, 3}, endpoints());
  auto late = calling(token_, {8, 3}, endpoints());
  EXPECT_TRUE(door_->await({7, 3}, soon(), &nothing));
  EXPECT_TRUE(door_->await({8, 3}, soon(), &nothing)) << "kept until it is asked for";
  EXPECT_EQ(late.get(), "in");
  EXPECT_EQ(door_->turned_away(), 0);
}

TEST_P(TcpDoor, OfACallerThatCallsAgainTheLastConnectionCounts) {
  auto first = calling(token_, {7, 3}, endpoints());
  (void)door_->await({7, 5}, Clock::now() + std::chrono::milliseconds(300), &nothing);
  auto second = calling(token_, {7, 3}, endpoints());
  (void)door_->await({7, 5}, Clock::now() + std::chrono::milliseconds(300), &nothing);
  EXPECT_TRUE(door_->await({7, 3}, soon(), &nothing));
  EXPECT_FALSE(door_->await({7, 3}, Clock::now(), &nothing)) << "the first one is gone";
  auto const one = calling(token_, {9, 1}, endpoints()), other = calling(token_, {9, 1}, endpoints());
  EXPECT_TRUE(door_->await_any(9, soon()));
  EXPECT_TRUE(door_->await_any(9, soon())) << "who comes twice is seen twice";
}

TEST_P(TcpDoor, TurnsAwayWhoDoesNot) {
  auto wrong = token_;
  wrong.call.back() ^= std::byte{1};
  auto stranger = calling(wrong, {7, 3}, endpoints());
  EXPECT_FALSE(door_->await({7, 3}, Clock::now() + seconds(3), &nothing));
  EXPECT_GT(door_->turned_away(), 0);
  EXPECT_THAT(stranger.get(),
              AllOf(HasSubstr("rank 0 cannot be reached"), HasSubstr("no answer to the greeting")));
}

TEST_P(TcpDoor, IsLeftByWhoDoesNotTrustIt) {
  auto other = token_;
  other.answer.front() ^= std::byte{1};
  auto caller = calling(other, {7, 3}, endpoints());
  (void)door_->await({7, 4}, Clock::now() + seconds(3), &nothing);
  EXPECT_THAT(caller.get(), HasSubstr("somebody else listens there"));
}

TEST_P(TcpDoor, StrangersWhoAreSilentOrTalkNonsenseHoldNobodyUp) {
  std::vector<Socket> strangers;
  for (int i = 0; i < 30; ++i) {
    auto called = call(endpoints().front(), soon());
    ASSERT_TRUE(called.socket) << called.fault;
    std::vector<std::byte> const nonsense(static_cast<std::size_t>(i) * 1000, std::byte{'x'});
    if (i % 2 == 0) (void)write_all(*called.socket, nonsense, Clock::now());
    strangers.push_back(std::move(*called.socket));
  }
  auto const rank3 = calling(token_, {7, 3}, endpoints());
  EXPECT_TRUE(door_->await({7, 3}, soon(), &nothing));
  EXPECT_GE(door_->turned_away(), 14);
}

TEST_P(TcpDoor, ACallerTriesTheAddressesInTurn) {
  auto closed = endpoints().front();
  {
    Door const gone({GetParam()}, token_, 8);
    closed = gone.endpoints().front();
  }
  auto caller = calling(token_, {7, 3}, {{"not an address", 1}, closed, endpoints().front()});
  EXPECT_TRUE(door_->await({7, 3}, soon(), &nothing));
  EXPECT_EQ(caller.get(), "in");
  auto const begin = Clock::now();
  auto const text = calling(token_, {7, 3}, {closed}).get();
  EXPECT_THAT(text, AllOf(HasSubstr("refused"), HasSubstr(GetParam())));
  EXPECT_LT(Clock::now() - begin, seconds(2)) << "nobody listens: no use in waiting for the deadline";
}

std::string met(MeetingSettings const& settings) {
  try {
    return Meeting(settings).member(settings.rank).build;
  } catch (Error const& error) {
    return error.what();
  }
}

TEST(TcpMeeting, OfProgramsOfDifferentBuildsIsRefused) {
  TemporaryFolder const folder;
  auto const ranks = [&](std::string const& build) {
    std::vector<std::future<std::string>> results;
    for (int rank = 0; rank < 3; ++rank) {
      MeetingSettings settings{
          folder.path() / "meet", rank, {"n", "n", rank == 2 ? build : "1.0-abc", 3}, {"127.0.0.1"}};
      results.push_back(std::async(std::launch::async, &met, settings));
    }
    std::vector<std::string> texts;
    for (auto& result : results) texts.push_back(result.get());
    return texts;
  };
  EXPECT_THAT(ranks("1.0-abc"), Each("1.0-abc"));
  EXPECT_THAT(ranks("0.9-old"),
              Each(AllOf(HasSubstr("rank 2 on n is muster 0.9-old"), HasSubstr("rank 0 on n is 1.0-abc"))));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path())) << "nothing is left behind";
}

TEST(TcpMeeting, TakesNoInvitationThatIsNone) {
  TemporaryFolder const folder;
  std::ofstream(folder.path() / "meet") << "come here\n";
  MeetingSettings const settings{folder.path() / "meet", 1, {"n", "n", "b", 2}, {"127.0.0.1"}};
  EXPECT_THAT(met(settings), HasSubstr("is no invitation of rank 0's"));
}

TEST(TcpMeeting, LeavesTheTokenToThisUserOnly) {
  TemporaryFolder const folder;
  MeetingSettings const settings{folder.path() / "meet", 0, {"n", "n", "b", 2}, {"127.0.0.1"}, 3};
  auto waiting = std::async(std::launch::async, &met, settings);
  while (!std::filesystem::exists(settings.invitation)) std::this_thread::yield();
  EXPECT_EQ(std::filesystem::status(settings.invitation).permissions(), std::filesystem::perms(0600));
  EXPECT_THAT(waiting.get(), HasSubstr("rank 1 did not come"));
}

TEST(TcpMeeting, InAFolderThatCannotBeWrittenIsRefused) {
  MeetingSettings const settings{"/proc/meet", 0, {"n", "n", "b", 2}, {"127.0.0.1"}, 3};
  EXPECT_THAT(met(settings), HasSubstr("is the run folder writable?"));
}

/// Every rank's view of one tree.
struct Views {
  Views(std::vector<int> nodes, int fan) {
    for (int place = 0; place < static_cast<int>(nodes.size()); ++place) all.emplace_back(nodes, place, fan);
  }
  Tree const& operator[](int place) const { return all[static_cast<std::size_t>(place)]; }
  std::vector<Tree> all;
};

TEST(TcpTree, JoinsNodesByTheirFirstRanks) {
  Views const trees({0, 0, 0, 1, 1, 2}, 2);
  EXPECT_THAT(trees[0].children(), ElementsAre(3, 5, 1, 2));
  EXPECT_THAT(trees[0].node_children(), ElementsAre(1, 2));
  EXPECT_THAT(trees[3].children(), ElementsAre(4));
  EXPECT_EQ(trees[3].parent(), 0);
  EXPECT_EQ(trees[3].node_parent(), std::nullopt);
  EXPECT_EQ(trees[4].node_parent(), 3);
  EXPECT_EQ(trees[0].toward(4), 3);
  EXPECT_EQ(trees[4].toward(5), 3);
  EXPECT_THAT(trees[5].children(), IsEmpty());
}

TEST(TcpTree, OfAnyShapeHoldsTogether) {
  for (int fan : {1, 2, 16}) {
    for (int ranks : {1, 2, 5, 40, 300}) {
      for (int per_node : {1, 3, 8, 300}) {
        std::vector<int> nodes;
        for (int rank = 0; rank < ranks; ++rank) nodes.push_back(100 - rank / per_node);
        Views const trees(nodes, fan);
        int edges = 0;
        for (int place = 0; place < ranks; ++place) {
          EXPECT_EQ(trees[place].parent().has_value(), place != 0);
          EXPECT_LE(trees[place].children().size(), static_cast<std::size_t>(2 * fan));
          for (int const child : trees[place].children()) {
            EXPECT_EQ(trees[child].parent(), place);
            EXPECT_EQ(trees[place].toward(child), child);
            ++edges;
          }
          // Following the way to the last rank arrives.
          int at = place;
          for (int steps = 0; at != ranks - 1 && steps <= ranks; ++steps) at = trees[at].toward(ranks - 1);
          EXPECT_EQ(at, ranks - 1);
        }
        EXPECT_EQ(edges, ranks - 1) << ranks << " ranks, " << per_node << " on a node, fan " << fan;
      }
    }
  }
}

}  // namespace
}  // namespace muster::tcp
