// The link search as a case, on groups of threads whose pairs are as slow or as wrong as a test wants them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "kernels/collective/link_places.hpp"
#include "kernels/collective/links_instance.hpp"
#include "tests/kernels/support.hpp"

namespace muster {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using Settings = std::vector<std::pair<std::string, Value>>;
using namespace std::chrono_literals;

/// What the ranks said of one case.
struct Outcome {
  std::map<std::string, std::string> facts{};
  std::map<std::string, double> figures{};
  std::vector<Matrix> matrices{};
  std::vector<std::string> notes{};
  std::map<int, Verdict> before{}, after{};
  std::map<int, Work> work{};
  std::set<int> launched{};  ///< ranks that exchange in the samples
  std::optional<Bound> bound{};
};

Outcome outcome(test::ThreadGroup& ranks, Settings settings) {
  Outcome all;
  std::mutex mutex;
  if (std::ranges::find(settings, "bytes", &Settings::value_type::first) == settings.end())
    settings.emplace_back("bytes", std::int64_t{4096});
  auto const params = test::params_of("collective/links", settings);
  ranks.run([&](Group& group) {
    HostDevice device({});
    std::vector<std::string> notes;
    Context context{.device = device, .group = group, .seed = 5};
    context.note = [&](std::string text) { notes.push_back(std::move(text)); };
    auto const instance = test::make_case("collective/links", params, context);
    auto const before = instance->verify();
    for (int sample = 0; sample < 3; ++sample) {
      instance->reset();
      instance->launch();
      instance->launch();
    }
    auto const after = instance->verify();
    auto const bound = instance->bound();
    std::lock_guard const lock(mutex);
    int const rank = group.rank();
    all.before[rank] = before;
    all.after[rank] = after;
    all.work[rank] = instance->work();
    if (instance->work().bytes > 0) all.launched.insert(rank);
    if (bound) all.bound = bound;
    for (auto const& figure : instance->figures()) all.figures[figure.name] = figure.value;
    for (auto const& [name, text] : instance->facts()) all.facts[name] = text;
    for (auto& matrix : instance->matrices()) all.matrices.push_back(std::move(matrix));
    all.notes.insert(all.notes.end(), notes.begin(), notes.end());
  });
  return all;
}

/// Every exchange lasts 4 ms, that of the pairs that `slow` names 60 ms: far enough apart for a busy machine.
test::ThreadGroup::Delay delays(std::function<bool(int, int)> slow) {
  return [slow = std::move(slow)](int rank, int partner) {
    std::this_thread::sleep_for(slow(rank, partner) ? 60ms : 4ms);
  };
}

std::function<bool(int, int)> link_between(int a, int b) {
  return [=](int rank, int partner) { return std::minmax(rank, partner) == std::minmax(a, b); };
}

Settings const tournament{{"search", "tournament"}, {"margin", 0.5}};

TEST(Links, ASlowPairOfRanksIsNamedMeasuredAndSampled) {
  test::ThreadGroup ranks(4);
  ranks.slow_down(delays(link_between(1, 3)));
  auto const result = outcome(ranks, tournament);
  EXPECT_THAT(result.facts.at("links"), HasSubstr("the link rank 1 - rank 3 is slow"));
  EXPECT_EQ(result.facts.at("slowest pair"), "rank 1 - rank 3");
  EXPECT_THAT(result.notes, ElementsAre(HasSubstr("the link rank 1 - rank 3 is slow")));
  EXPECT_THAT(result.launched, ElementsAre(1, 3));
  EXPECT_EQ(result.figures.at("pairs_measured"), 6);
  EXPECT_EQ(result.figures.at("rounds"), 4);  // three, and the suspect once more
  EXPECT_LT(result.figures.at("slowest_pair"), 0.5 * result.figures.at("median_pair"));
  EXPECT_LE(result.figures.at("slowest_pair"), 4096 / 60e-3);
}

TEST(Links, TheMatrixHasEveryPairThatMetInBothPlacesAndNaNOnItsDiagonal) {
  test::ThreadGroup ranks(4);
  ranks.slow_down(delays(link_between(1, 3)));
  auto const result = outcome(ranks, tournament);
  ASSERT_EQ(result.matrices.size(), 1U);
  auto const& matrix = result.matrices[0];
  EXPECT_EQ(matrix.name, "bandwidth");
  EXPECT_EQ(matrix.unit, "B/s");
  EXPECT_THAT(matrix.rows, ElementsAre("rank 0", "rank 1", "rank 2", "rank 3"));
  EXPECT_EQ(matrix.columns, matrix.rows);
  ASSERT_EQ(matrix.values.size(), 16U);
  double const slowest = result.figures.at("slowest_pair");
  for (std::size_t row = 0; row < 4; ++row) {
    EXPECT_TRUE(std::isnan(matrix.values[5 * row]));
    for (std::size_t column = 0; column < 4; ++column) {
      if (row == column) continue;
      EXPECT_EQ(matrix.values[4 * row + column], matrix.values[4 * column + row]);
      bool const slow = std::minmax(row, column) == std::minmax(std::size_t{1}, std::size_t{3});
      EXPECT_EQ(matrix.values[4 * row + column] == slowest, slow) << row << " " << column;
    }
  }
}

TEST(Links, ASlowNodeIsNamedByItsHostAndAllItsRailsAreSampled) {
  test::ThreadGroup ranks(8, 2);
  ranks.slow_down(delays([](int rank, int partner) { return rank / 2 == 2 || partner / 2 == 2; }));
  auto const result = outcome(ranks, {{"margin", 0.5}});
  auto const name = short_host_name() + "#2";  // one machine stands in for four
  EXPECT_THAT(result.notes,
              ElementsAre(AllOf(HasSubstr(name + " is slow with every partner"), HasSubstr("on all rails"))));
  EXPECT_EQ(result.launched.size(), 4U);
  EXPECT_THAT(result.launched, AllOf(Contains(4), Contains(5)));
}

TEST(Links, ASlowNicIsNamedWithItsRailAndEachRailHasAMatrix) {
  test::ThreadGroup ranks(8, 2);
  ranks.slow_down(delays([](int rank, int partner) { return rank == 3 || partner == 3; }));  // node 1, rail 1
  auto const result = outcome(ranks, {{"margin", 0.5}});
  EXPECT_THAT(result.notes, ElementsAre(HasSubstr(short_host_name() + "#1 is slow on rail 1 alone")));
  ASSERT_EQ(result.matrices.size(), 3U);
  EXPECT_EQ(result.matrices[0].name, "bandwidth");
  EXPECT_EQ(result.matrices[1].name, "bandwidth of rail 0");
  EXPECT_EQ(result.matrices[2].name, "bandwidth of rail 1");
  std::size_t const pair = 1 * 4 + 0;  // nodes 1 and 0
  EXPECT_EQ(result.matrices[0].values[pair],
            std::min(result.matrices[1].values[pair], result.matrices[2].values[pair]));
  EXPECT_LT(result.matrices[2].values[pair], 0.5 * result.matrices[1].values[pair]);
}

TEST(Links, AHealthyGroupIsNotAccusedAndEveryRankPasses) {
  test::ThreadGroup ranks(6, 2);
  ranks.slow_down(delays([](int, int) { return false; }));
  auto const result = outcome(ranks, {{"margin", 0.5}});
  EXPECT_THAT(result.notes, IsEmpty());
  EXPECT_EQ(result.facts.at("links"), "no pair stands out by more than 50 %");
  for (auto const* verdicts : {&result.before, &result.after}) {
    ASSERT_EQ(verdicts->size(), 6U);
    for (auto const& [rank, verdict] : *verdicts) EXPECT_EQ(verdict.status, Verdict::Status::pass) << rank;
  }
  for (auto const& [rank, work] : result.work)
    EXPECT_EQ(work.bytes, result.launched.contains(rank) ? 4096U : 0U) << rank;
  EXPECT_EQ(result.launched.size(), 4U);  // both rails of a pair of nodes
}

TEST(Links, FiguresFactsAndMatricesAreToldByOneRankOnly) {
  test::ThreadGroup ranks(3);
  std::atomic<int> told = 0;
  ranks.run([&](Group& group) {
    HostDevice device({});
    Context context{.device = device, .group = group, .seed = 5};
    auto const params = test::params_of("collective/links", {{"bytes", std::int64_t{64}}, {"margin", 0.99}});
    auto const instance = test::make_case("collective/links", params, context);
    told += !instance->figures().empty() && !instance->facts().empty() && !instance->matrices().empty();
    EXPECT_EQ(instance->figures().empty(), group.rank() != 0);
  });
  EXPECT_EQ(told, 1);
}

TEST(Links, AWrongResultOfThePairInTheSearchFailsTheCaseAndNamesBothRanks) {
  test::ThreadGroup ranks(4);
  ranks.slow_down(delays(link_between(0, 1)));
  // Rank 2 gets one wrong bit in every exchange; the sampled pair is another one.
  ranks.plant([](int rank, void* target, std::size_t) {
    if (rank == 2) static_cast<unsigned char*>(target)[100] ^= 4;
  });
  auto const result = outcome(ranks, tournament);
  EXPECT_THAT(result.launched, ElementsAre(0, 1));
  auto const& verdict = result.before.at(2);
  EXPECT_EQ(verdict.status, Verdict::Status::fail);
  EXPECT_THAT(verdict.detail,
              AllOf(HasSubstr("rank 2: 1 of 512 elements are wrong, the first is element 12"),
                    testing::ContainsRegex("came from rank [013]")));
  for (int const rank : {0, 1, 3}) EXPECT_TRUE(result.before.at(rank).ok()) << rank;
}

TEST(Links, AWrongSampleFailsAlthoughTheLastIsRightAndNamesBothRanks) {
  test::ThreadGroup ranks(2);
  std::atomic<int> late = 0;
  std::atomic<bool> sampling = false;
  ranks.plant([&](int rank, void* target, std::size_t) {
    if (rank == 1 && sampling && ++late == 2)
      static_cast<unsigned char*>(target)[5] ^= 1;  // first sample's last
  });
  std::vector<Verdict> verdicts(2);
  ranks.run([&](Group& group) {
    HostDevice device({});
    Context context{.device = device, .group = group, .seed = 5};
    auto const params = test::params_of("collective/links", {{"bytes", std::int64_t{64}}});
    auto const instance = test::make_case("collective/links", params, context);
    EXPECT_TRUE(instance->verify().ok());
    group.barrier();
    sampling = true;
    group.barrier();
    for (int sample = 0; sample < 3; ++sample) {
      instance->reset();
      instance->launch();
      instance->launch();
    }
    verdicts[static_cast<std::size_t>(group.rank())] = instance->verify();
  });
  EXPECT_TRUE(verdicts[0].ok());
  EXPECT_EQ(verdicts[1].status, Verdict::Status::fail);
  EXPECT_THAT(verdicts[1].detail,
              HasSubstr("of 2 timed samples 1 left a wrong result on rank 1, that came from rank 0"));
}

/// A group whose exchanges stop happening when it is told so: like a library that returns without writing.
class Deaf final : public Group {
 public:
  explicit Deaf(Group& group) : group_(group) {}
  bool deaf = false;

  int rank() const override { return group_.rank(); }
  int size() const override { return group_.size(); }
  int node_rank() const override { return group_.node_rank(); }
  int node_size() const override { return group_.node_size(); }
  int node() const override { return group_.node(); }
  int nodes() const override { return group_.nodes(); }
  void barrier() override { group_.barrier(); }
  using Group::max;
  void max(std::span<double> values) override { group_.max(values); }
  void broadcast(std::span<std::byte> data, int root) override { group_.broadcast(data, root); }
  std::vector<std::string> gather(std::string_view text) override { return group_.gather(text); }
  std::vector<std::string> gather_node(std::string_view text) override { return group_.gather_node(text); }
  std::unique_ptr<Group> split(int color) override { return group_.split(color); }
  void run(CollectiveCall const& call) override {
    if (!deaf) group_.run(call);
  }

 private:
  Group& group_;
};

// What was right before must not stand for a later exchange that wrote nothing.
TEST(Links, ExchangesThatNoLongerHappenFailAlthoughTheFirstOnesWereRight) {
  for (int const good_samples : {0, 2}) {
    test::ThreadGroup ranks(2);
    std::vector<Verdict> verdicts(2);
    ranks.run([&](Group& group) {
      HostDevice device({});
      Deaf world(group);
      Context context{.device = device, .group = world, .seed = 5};
      auto const params = test::params_of("collective/links", {{"bytes", std::int64_t{4096}}});
      auto const instance = test::make_case("collective/links", params, context);
      EXPECT_TRUE(instance->verify().ok());
      for (int sample = 0; sample < 4; ++sample) {
        world.deaf = sample >= good_samples;
        instance->reset();
        instance->launch();
      }
      verdicts[static_cast<std::size_t>(group.rank())] = instance->verify();
    });
    for (auto const& verdict : verdicts) {
      EXPECT_EQ(verdict.status, Verdict::Status::fail);
      EXPECT_THAT(verdict.detail, HasSubstr("512 of 512 elements are wrong"));
    }
    EXPECT_THAT(verdicts[0].detail, HasSubstr("of 3 timed samples " + std::to_string(3 - good_samples) +
                                              " left a wrong result on rank 0, that came from rank 1"));
  }
}

TEST(Links, AnEarlierPartnersDataDoNotPassForThoseOfTheNext) {
  test::ThreadGroup ranks(4);
  std::vector<unsigned char> first;
  ranks.plant([&](int rank, void* target, std::size_t count) {
    if (rank != 1) return;
    auto* const bytes = static_cast<unsigned char*>(target);
    if (first.empty()) first.assign(bytes, bytes + count * 8);
    std::memcpy(target, first.data(), first.size());
  });
  auto const result = outcome(ranks, {{"margin", 0.99}});
  EXPECT_EQ(result.before.at(1).status, Verdict::Status::fail);
  EXPECT_THAT(result.before.at(1).detail, HasSubstr("in the search, rank 1: 512 of 512 elements are wrong"));
  for (int const rank : {0, 2, 3}) EXPECT_TRUE(result.before.at(rank).ok()) << rank;
}

TEST(Links, ThreeRanksEachRestOnceAndTheRestingOneTakesPart) {
  test::ThreadGroup ranks(3);
  ranks.slow_down(delays([](int rank, int partner) { return rank == 2 || partner == 2; }));
  auto const result = outcome(ranks, {{"margin", 0.5}});
  EXPECT_THAT(result.notes, ElementsAre(HasSubstr("rank 2 is slow with every partner")));
  EXPECT_EQ(result.figures.at("pairs_measured"), 3);
}

TEST(Links, NodesOfDifferentSizesUseTheRailsThatAllHaveAndSaySo) {
  test::ThreadGroup ranks(std::vector<int>{0, 0, 1, 1, 1});
  auto const result = outcome(ranks, {{"margin", 0.99}});
  EXPECT_THAT(result.notes, Contains(HasSubstr("different numbers of ranks: 1 of them")));
  EXPECT_EQ(result.before.at(4).status, Verdict::Status::not_applicable);
  EXPECT_THAT(result.launched, ElementsAre(0, 1, 2, 3));
}

TEST(Links, TheBoundOnOneNodeIsACopy) {
  test::ThreadGroup ranks(2);
  auto const result = outcome(ranks, {});
  ASSERT_TRUE(result.bound);
  EXPECT_EQ(result.bound->name, "measured_copy_bandwidth");
}

TEST(Links, BytesThatAreNoWholeElementsAreRoundedAndThatIsSaid) {
  test::ThreadGroup ranks(2);
  auto const result = outcome(ranks, {{"bytes", std::int64_t{100}}});
  EXPECT_THAT(result.notes, Contains(HasSubstr("bytes = 100 became 96")));
  EXPECT_EQ(result.work.at(0).bytes, 96U);
}

TEST(Links, OneRankIsUnsupported) {
  test::Solo solo;
  EXPECT_THROW(test::make_case("collective/links", test::params_of("collective/links", {}), solo.context),
               Unsupported);
}

TEST(Links, ARankThatCannotSetUpDoesNotHangTheOthers) {
  test::ThreadGroup ranks(3);
  std::atomic<int> own = 0, peers = 0;
  ranks.run([&](Group& group) {
    HostDevice device({});
    Context context{.device = device, .group = group, .seed = 5};
    auto const params = test::params_of("collective/links", {});
    try {
      make_links(params, context, [&](CollectiveProblem const&) -> std::unique_ptr<LinkSide> {
        if (group.rank() == 1) throw OutOfMemory("no memory on this rank alone");
        return nullptr;
      });
    } catch (OutOfMemory const&) {
      ++own;
    } catch (PeerFault const&) {
      ++peers;
    }
  });
  EXPECT_EQ(own, 1);
  EXPECT_EQ(peers, 2);
}

TEST(LinkPlaces, RailsAreRanksOfTheSamePlaceOnEveryNode) {
  test::ThreadGroup ranks(std::vector<int>{0, 1, 0, 1, 2, 2});  // ranks dealt out over the nodes
  std::mutex mutex;
  std::map<int, LinkPlaces> all;
  ranks.run([&](Group& group) {
    auto const places = link_places(group, group.node() == 1 ? "other" : "same");
    std::lock_guard const lock(mutex);
    all.emplace(group.rank(), places);
  });
  for (auto const& [rank, places] : all) {
    EXPECT_THAT(places.names, ElementsAre("same#0", "other", "same#2"));
    EXPECT_EQ(places.ranks, (std::vector<std::vector<int>>{{0, 2}, {1, 3}, {4, 5}}));
    EXPECT_EQ(
        places.ranks.at(static_cast<std::size_t>(places.node)).at(static_cast<std::size_t>(places.rail)),
        rank);
  }
}

}  // namespace
}  // namespace muster
