// The order over epochs and ranks, and the audit that watches it: every planted fault must be seen.
#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <mutex>

#include "kernels/contract/error.hpp"
#include "kernels/dataload/epoch.hpp"
#include "kernels/dataload/options.hpp"
#include "tests/kernels/dataset_support.hpp"

namespace muster::dataload::test {
namespace {

using testing::HasSubstr;

std::vector<Turn> turns(EpochOrder order, std::uint64_t count) {
  std::vector<Turn> list(count);
  for (auto& turn : list) turn = order.next();
  return list;
}

TEST(DataloadEpoch, EveryRecordComesOnceAnEpochOverAllRanksAndOrdersDiffer) {
  constexpr std::uint64_t samples = 50;
  for (std::uint64_t const ranks : {1u, 3u, 8u}) {
    std::vector<int> times(3 * samples);
    std::vector<std::uint32_t> first, second;
    for (std::uint64_t rank = 0; rank < ranks; ++rank) {
      EpochOrder const order(samples, 1, {7, rank, ranks});
      for (auto const& turn : turns(order, 3 * order.per_epoch())) {
        ++times.at(turn.epoch * samples + turn.record);
        if (turn.epoch == 0) first.push_back(turn.record);
        if (turn.epoch == 1) second.push_back(turn.record);
      }
    }
    EXPECT_THAT(times, testing::Each(1)) << ranks << " ranks";
    EXPECT_NE(first, second);
  }
}

TEST(DataloadEpoch, RecordsOfASampleStayTogetherInTheirOrder) {
  for (std::uint64_t const ranks : {1u, 3u, 8u}) {
    std::vector<int> times(20 * 6);
    for (std::uint64_t rank = 0; rank < ranks; ++rank) {
      EpochOrder const order(20, 6, {7, rank, ranks});
      auto const list = turns(order, order.per_epoch());
      for (std::size_t i = 0; i < list.size(); ++i) {
        ++times.at(list[i].record);
        EXPECT_EQ(list[i].record % 6, i % 6);
        EXPECT_TRUE(i % 6 == 0 || list[i].record == list[i - 1].record + 1);
      }
    }
    EXPECT_THAT(times, testing::Each(1)) << ranks << " ranks";
  }
}

TEST(DataloadEpoch, FewerSamplesThanRanksAreRefused) {
  EXPECT_THAT(message_of<BadInput>([] {
                EpochOrder(7, 4, {1, 0, 8});
              }),
              HasSubstr("7 samples are too few for 8"));
  EXPECT_THROW(EpochAudit(7, 4, {1, 0, 8}), BadInput);
}

/// Each rank's context, with its notes.
struct RankContext {
  RankContext(Group& group, fs::path const& data)
      : context{.device = device, .group = group, .seed = 7, .data = data} {
    context.note = [this](std::string text) { notes.push_back(std::move(text)); };
  }
  HostDevice device{{}};
  Context context;
  std::vector<std::string> notes{};
};

TEST(DataloadRanks, EachHasItsPartOfOneDataset) {
  TestFolder const folder;
  make(small_dataset(folder.path()));
  std::vector<int> times(16);
  std::mutex mutex;
  muster::test::ThreadGroup(3).run([&](Group& group) {
    RankContext rank(group, folder.path());
    auto const set = open_records({.images = 0, .pictures_only = false}, rank.context);
    EpochOrder order(set, epoch_share(rank.context));
    std::lock_guard const lock(mutex);
    EXPECT_THAT(rank.notes, testing::IsEmpty());
    for (std::uint64_t i = 0; i < order.per_epoch(); ++i) ++times.at(order.next().record);
  });
  EXPECT_THAT(times, testing::Each(1));
}

TEST(DataloadRanks, DifferentDataAreSaidOnAllAndAMissingOneKeepsNobodyWaiting) {
  TestFolder const folder;
  make(small_dataset(folder / "a"));
  auto other = small_dataset(folder / "b");
  other.seed = 8;
  make(other);
  std::mutex mutex;
  int said = 0, failed = 0;
  muster::test::ThreadGroup(4).run([&](Group& group) {
    char const* const names[]{"a", "b", "a", "none"};
    RankContext rank(group, folder / names[group.rank()]);
    std::string failure;
    try {
      open_records({.images = 0, .pictures_only = false}, rank.context);
    } catch (BadInput const& error) {
      failure = error.what();
    }
    std::lock_guard const lock(mutex);
    failed += !failure.empty();
    said += std::ranges::any_of(rank.notes,
                                [](auto const& note) { return note.find("different records") != note.npos; });
  });
  EXPECT_EQ(said, 3);
  EXPECT_EQ(failed, 1);
}

/// What an audit says of a stream that a test has spoilt.
struct Watched {
  std::uint64_t ranks = 1;
  std::uint32_t per_sample = 1;
  static constexpr std::uint64_t samples = 60, rank = 0;

  std::string after(std::function<void(std::vector<Turn>&)> const& spoil) const {
    EpochOrder const order(samples, per_sample, {9, rank, ranks});
    auto list = turns(order, 3 * order.per_epoch());
    spoil(list);
    EpochAudit audit(samples, per_sample, {9, rank, ranks});
    for (auto const& turn : list) audit.add(turn.epoch, turn.record);
    EXPECT_EQ(audit.seen(), list.size());
    EXPECT_EQ(audit.faults() == 0, audit.first_fault().empty());
    return audit.first_fault();
  }
};

class DataloadAudit : public testing::TestWithParam<std::tuple<std::uint64_t, std::uint32_t>> {
 protected:
  Watched watched{std::get<0>(GetParam()), std::get<1>(GetParam())};
};

TEST_P(DataloadAudit, SeesWhatIsWrongAndNothingElse) {
  EXPECT_EQ(watched.after([](auto&) {}), "");
  EXPECT_THAT(watched.after([](auto& list) { list[5] = list[4]; }), HasSubstr("came twice in epoch 0"));
  EXPECT_THAT(watched.after([](auto& list) { list.erase(list.begin() + 4); }), HasSubstr("its place is"));
  EXPECT_THAT(watched.after([](auto& list) { std::swap(list[5], list[6]); }), HasSubstr("its place is"));
  EXPECT_THAT(watched.after([](auto& list) { list[5].record = 60 * 6; }), HasSubstr("no record has number"));
  EXPECT_THAT(watched.after([](auto& list) { ++list[5].epoch; }), HasSubstr("did not come in epoch 0"));
}

TEST_P(DataloadAudit, MissesTheLastOneOfAnEpochWhenTheNextBegins) {
  auto const& [ranks, per_sample] = GetParam();
  EpochOrder const order(Watched::samples, per_sample, {9, 0, ranks});
  auto const last = turns(order, order.per_epoch()).back().record;
  EXPECT_EQ(
      watched.after([&](auto& list) { list.erase(list.begin() + static_cast<long>(order.per_epoch()) - 1); }),
      "record " + std::to_string(last) + " did not come in epoch 0, nor did 0 others");
}

TEST_P(DataloadAudit, SeesAnotherRanksPart) {
  auto const& [ranks, per_sample] = GetParam();
  if (ranks == 1) GTEST_SKIP() << "there is no other rank";
  auto const others = turns(EpochOrder(Watched::samples, per_sample, {9, 1, ranks}), 6);
  EXPECT_THAT(watched.after([&](auto& list) { list[5] = others[5]; }),
              HasSubstr("is rank 1's in epoch 0, not rank 0's"));
}

TEST_P(DataloadAudit, SeesAnotherShuffle) {
  auto const& [ranks, per_sample] = GetParam();
  EpochOrder const order(Watched::samples, per_sample, {10, 0, ranks});
  EXPECT_NE(watched.after([&](auto& list) { list = turns(order, list.size()); }), "");
}

INSTANTIATE_TEST_SUITE_P(Ranks, DataloadAudit,
                         testing::Combine(testing::Values(1, 3, 8), testing::Values(1, 6)),
                         [](auto const& instance) {
                           return std::to_string(std::get<0>(instance.param)) + "_ranks_" +
                                  std::to_string(std::get<1>(instance.param)) + "_a_sample";
                         });

}  // namespace
}  // namespace muster::dataload::test
