// The bits of one product on several GPUs: who is outvoted.
#include "harness/record/vote.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

RecordPool& pool() {
  static RecordPool made;
  return made;
}

void vote(CaseEvents& launches) { vote(launches, pool()); }

CaseEvents ranks(std::vector<std::uint64_t> const& values, std::string const& made_by = "library 1") {
  CaseEvents launches;
  for (std::size_t i = 0; i < values.size(); ++i) {
    RankDigest rank;
    rank.node = pool().text("node1");
    rank.rank = rank.device = static_cast<int>(i);
    rank.device_uuid = pool().text("GPU-" + std::to_string(i));
    rank.status = CaseStatus::ok;
    rank.verified = Verdict::Status::pass;
    rank.fingerprint = values[i];
    rank.made_by = pool().text(made_by);
    launches[0].ranks[rank.rank] = std::move(rank);
  }
  return launches;
}

CaseStatus status(CaseEvents const& launches, int rank) { return launches.at(0).ranks.at(rank).status; }

TEST(Vote, EqualBitsPass) {
  auto launches = ranks({7, 7, 7, 7});
  vote(launches);
  for (int rank = 0; rank < 4; ++rank) EXPECT_EQ(status(launches, rank), CaseStatus::ok);
}

TEST(Vote, NamesTheOddOneOut) {
  auto launches = ranks({7, 7, 7, 7, 7, 9, 7, 7});
  vote(launches);
  for (int rank = 0; rank < 8; ++rank)
    EXPECT_EQ(status(launches, rank), rank == 5 ? CaseStatus::wrong : CaseStatus::ok) << rank;
  auto const& odd = launches[0].ranks[5];
  EXPECT_EQ(odd.verified, Verdict::Status::fail);
  EXPECT_THAT(*odd.message,
              AllOf(HasSubstr("rank 5 on node1 (device 5, GPU-5)"), HasSubstr("0000000000000009"),
                    HasSubstr("is not the 0000000000000007 of 7 of 8")));
}

TEST(Vote, TwoThatDisagreeAreBothDoubted) {
  auto launches = ranks({7, 9});
  vote(launches);
  EXPECT_EQ(status(launches, 0), CaseStatus::wrong);
  EXPECT_EQ(status(launches, 1), CaseStatus::wrong);
  EXPECT_THAT(*launches[0].ranks[0].message, HasSubstr("no majority"));
}

TEST(Vote, AnswersMadeInOtherWaysAreNotCompared) {
  auto launches = ranks({7, 7, 9});
  launches[0].ranks[2].made_by = pool().text("library 2");
  vote(launches);
  EXPECT_EQ(status(launches, 2), CaseStatus::ok);
}

TEST(Vote, CountsOverLaunches) {
  auto launches = ranks({7});
  launches[1] = std::move(ranks({7})[0]);
  launches[2] = std::move(ranks({8})[0]);
  vote(launches);
  EXPECT_EQ(launches[1].ranks[0].status, CaseStatus::ok);
  EXPECT_EQ(launches[2].ranks[0].status, CaseStatus::wrong);
}

TEST(Vote, AFailedRankHasNoVote) {
  auto launches = ranks({7, 7, 9});
  launches[0].ranks[2].status = CaseStatus::device_error;
  vote(launches);
  EXPECT_EQ(status(launches, 0), CaseStatus::ok);
  EXPECT_EQ(status(launches, 2), CaseStatus::device_error);
}

TEST(Vote, RanksWithoutFingerprintsAreLeftAlone) {
  auto launches = ranks({7, 9});
  for (auto& [index, at] : launches[0].ranks) at.made_by = {};
  vote(launches);
  EXPECT_EQ(status(launches, 1), CaseStatus::ok);
}

}  // namespace
}  // namespace muster
