// The link search on made-up fabrics, in which we know what is slow.
#include "kernels/collective/link_search.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>
#include <tuple>

namespace muster {
namespace {

using Kind = LinkFinding::Kind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr double healthy = 25e9;

/// Every exchange at `healthy`, times what is planted, times noise.
struct Fabric {
  int rails = 1;
  double noise = 0;  ///< standard deviation, relative
  std::map<int, double> nodes{};
  std::map<std::pair<int, int>, double> nics{};         ///< {node, rail}
  std::map<std::tuple<int, int, int>, double> links{};  ///< {a, b, rail}, a < b
  std::function<bool(int meeting, NodePair pair)> hiccup = [](int, NodePair) { return false; };
  std::mt19937_64 random{1};
  std::map<NodePair, int> meetings{};
  std::set<int> seen_twice{};  ///< nodes that were in two pairs of a round: must stay empty

  static double planted(auto const& table, auto const& key) {
    auto const found = table.find(key);
    return found == table.end() ? 1 : found->second;
  }

  RailRates rates(NodePair pair) {
    std::normal_distribution<double> error(0, 1);
    RailRates all;
    bool const slowed = hiccup(meetings[pair]++, pair);
    for (int rail = 0; rail < rails; ++rail) {
      double const slowest_end = std::min(planted(nodes, pair.a) * planted(nics, std::pair{pair.a, rail}),
                                          planted(nodes, pair.b) * planted(nics, std::pair{pair.b, rail}));
      double const link = planted(links, std::tuple{pair.a, pair.b, rail});
      all.push_back(healthy * std::min(slowest_end, link) * (slowed ? 0.3 : 1) * (1 + noise * error(random)));
    }
    return all;
  }

  MeasureRound measure() {
    return [this](Round const& round) {
      std::set<int> busy;
      std::vector<RailRates> result;
      for (auto const pair : round) {
        for (int const node : {pair.a, pair.b}) {
          if (!busy.insert(node).second) seen_twice.insert(node);
        }
        result.push_back(rates(pair));
      }
      return result;
    };
  }
};

LinkReport found(LinkSearch const& search, Fabric& fabric) {
  auto report = search_links(search, fabric.measure());
  EXPECT_THAT(fabric.seen_twice, IsEmpty());
  EXPECT_LE(report.rounds, most_rounds(search));
  return report;
}

/// "node 3", "nic 3.1", "link 2-5", with the rail where there is one.
std::vector<std::string> named(LinkReport const& report) {
  static constexpr char const* kinds[] = {"node", "nic", "link", "unsettled", "passing"};
  std::vector<std::string> list;
  for (auto const& f : report.findings) {
    auto text = std::string(kinds[static_cast<int>(f.kind)]) + " " + std::to_string(f.node);
    if (f.other >= 0) text += "-" + std::to_string(f.other);
    if (f.rail >= 0) text += "." + std::to_string(f.rail);
    list.push_back(text);
  }
  return list;
}

std::vector<std::string> names_of(int nodes) {
  std::vector<std::string> names;
  for (int i = 0; i < nodes; ++i) names.push_back("n" + std::to_string(i));
  return names;
}

TEST(Pairings, ATournamentHasEveryPairOnceAndNoNodeTwiceInARound) {
  for (int const nodes : {1, 2, 3, 4, 7, 8, 90}) {
    std::set<NodePair> pairs;
    auto const rounds = tournament(nodes);
    EXPECT_EQ(rounds.size(), static_cast<std::size_t>(nodes < 2 ? 1 : nodes - 1 + nodes % 2)) << nodes;
    for (auto const& round : rounds) {
      std::set<int> busy;
      EXPECT_EQ(round.size(), static_cast<std::size_t>(nodes / 2));
      for (auto const pair : round) {
        EXPECT_LT(pair.a, pair.b);
        EXPECT_GE(pair.a, 0);
        EXPECT_LT(pair.b, nodes);
        EXPECT_TRUE(busy.insert(pair.a).second && busy.insert(pair.b).second);
        EXPECT_TRUE(pairs.insert(pair).second);
      }
    }
    EXPECT_EQ(pairs.size(), static_cast<std::size_t>(nodes * (nodes - 1) / 2));
  }
}

TEST(Pairings, RandomMatchingsRepeatNoPairAndFollowTheSeed) {
  auto const rounds = random_matchings(90, 5, 7);
  ASSERT_EQ(rounds.size(), 5U);
  std::set<NodePair> pairs;
  for (auto const& round : rounds) {
    EXPECT_EQ(round.size(), 45U);
    pairs.insert(round.begin(), round.end());
  }
  EXPECT_EQ(pairs.size(), 5U * 45);
  EXPECT_EQ(random_matchings(90, 5, 7), rounds);
  EXPECT_NE(random_matchings(90, 5, 8), rounds);
  EXPECT_EQ(random_matchings(3, 9, 1).size(), 3U);  // there are no more
}

TEST(Pairings, EveryPairIsDrawnAboutAsOften) {
  std::map<NodePair, int> drawn;
  for (std::uint64_t seed = 0; seed < 2800; ++seed) {
    auto const rounds = random_matchings(8, 1, seed);
    for (auto const pair : rounds.front()) ++drawn[pair];
  }
  EXPECT_EQ(drawn.size(), 28U);
  for (auto const& [pair, times] : drawn) EXPECT_NEAR(times, 400, 100) << pair.a << "-" << pair.b;  // 5 sigma
}

TEST(Pairings, PairsThatShareNoNodeGoIntoOneRound) {
  EXPECT_EQ(in_rounds({{0, 1}, {2, 3}, {1, 2}, {4, 5}}),
            (std::vector<Round>{{{0, 1}, {2, 3}, {4, 5}}, {{1, 2}}}));
  EXPECT_TRUE(in_rounds({}).empty());
}

struct Size {
  int nodes, rails;
};

class LinkSearchSizes : public testing::TestWithParam<Size> {
 protected:
  LinkSearch search(std::uint64_t seed, bool tournament = false) const {
    return {.nodes = GetParam().nodes, .rails = GetParam().rails, .tournament = tournament, .seed = seed};
  }
  Fabric fabric() const { return {.rails = GetParam().rails}; }
  /// Rounds before re-tests.
  int first(LinkSearch const& search) const {
    int const all = search.nodes - 1 + search.nodes % 2;
    return search.tournament ? all : std::min(search.rounds, all);
  }
};

class LinkSearchThreeNodes : public LinkSearchSizes {};  // two cannot tell which of them is slow
class LinkSearchSeveralRails : public LinkSearchSizes {};
class LinkSearchEightNodes : public LinkSearchSizes {};

TEST_P(LinkSearchSizes, AHealthyFabricIsNotAccusedAndCostsNoFurtherRound) {
  for (bool const tournament : {false, true}) {
    auto const search = this->search(3, tournament);
    auto fabric = this->fabric();
    auto const report = found(search, fabric);
    EXPECT_THAT(named(report), IsEmpty());
    EXPECT_EQ(report.rounds, first(search));
    EXPECT_DOUBLE_EQ(report.median, healthy);
    if (tournament) {
      EXPECT_EQ(report.pairs.size(), static_cast<std::size_t>(search.nodes * (search.nodes - 1) / 2));
    }
  }
}

TEST_P(LinkSearchSizes, EverythingEquallySlowAccusesNobody) {
  auto fabric = this->fabric();
  for (int node = 0; node < GetParam().nodes; ++node) fabric.nodes[node] = 0.1;
  EXPECT_THAT(named(found(search(1), fabric)), IsEmpty());
}

TEST_P(LinkSearchThreeNodes, OneSlowNodeIsNamedWithOneFurtherRound) {
  for (bool const tournament : {false, true}) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      auto const search = this->search(seed, tournament);
      auto fabric = this->fabric();
      int const slow = static_cast<int>(seed) % search.nodes;
      fabric.nodes[slow] = 0.6;
      auto const report = found(search, fabric);
      EXPECT_THAT(named(report), ElementsAre("node " + std::to_string(slow))) << seed;
      EXPECT_LE(report.rounds, first(search) + 1);
      EXPECT_NEAR(report.findings[0].share, 0.6, 1e-9);
    }
  }
}

TEST_P(LinkSearchSeveralRails, OneSlowNicIsNamedWithItsRail) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    auto const search = this->search(seed);
    auto fabric = this->fabric();
    int const slow = static_cast<int>(seed * 7) % search.nodes;
    fabric.nics[{slow, 1}] = 0.5;
    auto const report = found(search, fabric);
    EXPECT_THAT(named(report), ElementsAre("nic " + std::to_string(slow) + ".1")) << seed;
    EXPECT_LE(report.rounds, first(search) + 1);
  }
}

TEST_P(LinkSearchThreeNodes, ASlowLinkIsNamedByTheTournamentWithOneFurtherRound) {
  int const nodes = GetParam().nodes, last = GetParam().rails - 1;
  auto const search = this->search(0, true);
  auto fabric = this->fabric();
  fabric.links[{1, nodes - 1, last}] = 0.7;
  auto const report = found(search, fabric);
  auto const rail = last > 0 ? "." + std::to_string(last) : "";
  EXPECT_THAT(named(report), ElementsAre("link 1-" + std::to_string(nodes - 1) + rail));
  EXPECT_EQ(report.rounds, first(search) + 1);
  EXPECT_EQ(report.slowest().pair, (NodePair{1, nodes - 1}));
  EXPECT_NEAR(report.slowest().lowest(), 0.7 * healthy, 1);
}

TEST_P(LinkSearchEightNodes, TwoSlowNodesAreBothNamedAlsoWhereTheyMet) {
  for (bool const tournament : {false, true}) {  // in which they meet for sure
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      auto const search = this->search(seed, tournament);
      auto fabric = this->fabric();
      fabric.nodes = {{2, 0.5}, {5, 0.7}};
      auto const report = found(search, fabric);
      EXPECT_THAT(named(report), ElementsAre("node 2", "node 5")) << seed;
      EXPECT_LE(report.rounds, first(search) + 2);
    }
  }
}

TEST_P(LinkSearchThreeNodes, WhatIsSlowOnceAndNotAgainIsToldAndAccusesNobody) {
  auto const search = this->search(2);
  auto const pair = random_matchings(search.nodes, 1, 2).front().front();
  auto fabric = this->fabric();
  fabric.hiccup = [&](int meeting, NodePair now) { return meeting == 0 && now == pair; };
  auto const report = found(search, fabric);
  EXPECT_EQ(named(report).size(), static_cast<std::size_t>(search.rails));
  for (auto const& finding : report.findings) EXPECT_EQ(finding.kind, Kind::passing);
  EXPECT_THAT(accusations(search, report, names_of(search.nodes)), IsEmpty());
  EXPECT_THAT(attribution(search, report, names_of(search.nodes)), HasSubstr("slow once and not again: n"));
}

std::string size_name(testing::TestParamInfo<Size> const& size) {
  return std::to_string(size.param.nodes) + "Nodes" + std::to_string(size.param.rails) + "Rails";
}

INSTANTIATE_TEST_SUITE_P(Fabrics, LinkSearchSizes,
                         testing::Values(Size{2, 1}, Size{3, 1}, Size{8, 1}, Size{90, 1}, Size{2, 4},
                                         Size{3, 2}, Size{8, 8}, Size{90, 4}),
                         size_name);
INSTANTIATE_TEST_SUITE_P(Fabrics, LinkSearchThreeNodes,
                         testing::Values(Size{3, 1}, Size{4, 1}, Size{5, 1}, Size{8, 1}, Size{90, 1},
                                         Size{3, 2}, Size{8, 8}, Size{90, 4}),
                         size_name);
INSTANTIATE_TEST_SUITE_P(Fabrics, LinkSearchSeveralRails,
                         testing::Values(Size{3, 2}, Size{5, 4}, Size{8, 8}, Size{90, 4}), size_name);
INSTANTIATE_TEST_SUITE_P(Fabrics, LinkSearchEightNodes,
                         testing::Values(Size{8, 1}, Size{90, 1}, Size{8, 8}, Size{90, 4}), size_name);

TEST(LinkSearch, TwoNodesWithOneSlowRailHaveNoHealthyNodeToCompareWith) {
  LinkSearch const search{.nodes = 2, .rails = 4};
  Fabric fabric{.rails = 4};
  fabric.nics[{1, 2}] = 0.5;
  auto const report = found(search, fabric);
  EXPECT_THAT(named(report), ElementsAre("unsettled 0-1.2"));
  EXPECT_THAT(
      accusations(search, report, names_of(2)),
      ElementsAre("n0 - n1 on rail 2 is slow (50 % of the usual rate at best), and no healthy node to "
                  "compare with"));
}

TEST(LinkSearch, ARailThatIsSlowEverywhereAccusesNoNodeAndIsOneLine) {
  LinkSearch const search{.nodes = 8, .rails = 4};
  Fabric fabric{.rails = 4};
  for (int node = 0; node < 8; ++node) fabric.nics[{node, 3}] = 0.4;
  auto const report = found(search, fabric);
  for (auto const& finding : report.findings) EXPECT_EQ(finding.kind, Kind::unsettled);
  EXPECT_EQ(report.findings.size(), 12U);  // three matchings of four pairs
  auto const lines = accusations(search, report, names_of(8));
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0],
              HasSubstr("on rail 3 and 11 more pairs are slow (40 % of the usual rate at best), and no "
                        "healthy node to compare with"));
}

TEST(LinkSearch, ANodeThatIsSlowOnSomeRailsHasItsNicsNamedOneByOne) {
  LinkSearch const search{.nodes = 8, .rails = 4};
  Fabric fabric{.rails = 4};
  fabric.nics = {{{6, 0}, 0.5}, {{6, 3}, 0.5}};
  EXPECT_THAT(named(found(search, fabric)), ElementsAre("nic 6.0", "nic 6.3"));
}

TEST(LinkSearch, ASlowNodeAndASlowLinkElsewhereAreToldApart) {
  LinkSearch const search{.nodes = 16, .tournament = true};
  Fabric fabric;
  fabric.nodes[3] = 0.5;
  fabric.links[{7, 9, 0}] = 0.5;
  auto const report = found(search, fabric);
  EXPECT_THAT(named(report), ElementsAre("node 3", "link 7-9"));
  EXPECT_THAT(
      accusations(search, report, names_of(16)),
      ElementsAre("n3 is slow with every partner, healthy ones too: 50 % of the usual rate at best",
                  "the link n7 - n9 is slow, though both ends are fast with others: 50 % of the usual "
                  "rate at best"));
}

// A half-broken switch: between the halves every pair is slow, within them none.
TEST(LinkSearch, SlowLinksBetweenTwoHalvesAccuseNoNode) {
  LinkSearch const search{.nodes = 16, .tournament = true, .margin = 0.2};
  Fabric fabric;
  for (int a = 0; a < 4; ++a) {
    for (int b = 4; b < 16; ++b) fabric.links[{a, b, 0}] = 0.5;
  }
  auto const report = found(search, fabric);
  EXPECT_EQ(report.findings.size(), 48U);
  for (auto const& finding : report.findings) EXPECT_EQ(finding.kind, Kind::link);
}

TEST(LinkSearch, ARetestIsWithAHealthyNodeThatTheSuspectHasNotMet) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    LinkSearch const search{.nodes = 8, .seed = seed};
    Fabric fabric;
    fabric.nodes = {{0, 0.5}, {1, 0.5}};
    std::vector<Round> rounds;
    auto const measure = fabric.measure();
    auto const report = search_links(search, [&](Round const& round) {
      rounds.push_back(round);
      return measure(round);
    });
    ASSERT_EQ(rounds.size(), 4U) << seed;
    std::set<NodePair> before;
    for (std::size_t i = 0; i < 3; ++i) before.insert(rounds[i].begin(), rounds[i].end());
    ASSERT_EQ(rounds[3].size(), 2U);
    for (auto const pair : rounds[3]) {
      EXPECT_LT(pair.a, 2);
      EXPECT_GE(pair.b, 2);
      EXPECT_FALSE(before.contains(pair)) << seed << ": " << pair.a << "-" << pair.b;
    }
  }
}

TEST(LinkSearch, TheSameSeedGivesTheSameSearch) {
  LinkSearch const search{.nodes = 90, .rails = 2, .seed = 11};
  Fabric one{.rails = 2, .noise = 0.05}, two{.rails = 2, .noise = 0.05};
  auto const first = found(search, one), second = found(search, two);
  EXPECT_EQ(named(first), named(second));
  ASSERT_EQ(first.pairs.size(), second.pairs.size());
  for (std::size_t i = 0; i < first.pairs.size(); ++i) {
    EXPECT_EQ(first.pairs[i].pair, second.pairs[i].pair);
    EXPECT_EQ(first.pairs[i].rates, second.pairs[i].rates);
  }
}

struct Blamed {
  int nodes = 0, nics = 0, links = 0, unsettled = 0;
};

/// Findings of many searches of a healthy fabric with noise.
Blamed blamed(int nodes, int rails, int searches) {
  Blamed all;
  for (int seed = 0; seed < searches; ++seed) {
    auto const number = static_cast<std::uint64_t>(seed);
    Fabric fabric{.rails = rails, .noise = 0.05, .random = std::mt19937_64(number)};
    for (auto const& finding : found({.nodes = nodes, .rails = rails, .seed = number}, fabric).findings) {
      all.nodes += finding.kind == Kind::node;
      all.nics += finding.kind == Kind::nic;
      all.links += finding.kind == Kind::link;
      all.unsettled += finding.kind == Kind::unsettled;
    }
  }
  return all;
}

// Normal noise of 5 % puts 2.3 % of all measurements below the margin of 10 %. A node has to be slow with all
// its partners to be blamed, a link twice: some three of 135 pairs are suspect, and slow again with 2.3 %.
TEST(LinkSearchNoise, AHealthyFabricIsRarelyAccusedAndNeverANode) {
  auto const all = blamed(90, 1, 400);
  EXPECT_EQ(all.nodes + all.nics + all.unsettled, 0);
  EXPECT_LE(all.links, 50);
}

TEST(LinkSearchNoise, NorAreFewNodesOrManyRails) {
  auto const eight = blamed(8, 8, 400), three = blamed(3, 1, 400);
  EXPECT_EQ(eight.nodes + eight.nics + eight.unsettled, 0);
  EXPECT_LE(eight.links, 80);
  // Three nodes have three pairs, of which a chance slow one is a third of all there is to compare with.
  EXPECT_LE(three.nodes + three.nics + three.unsettled, 16);
  EXPECT_LE(three.links, 40);
}

TEST(LinkSearchNoise, ASlowNodeIsFoundUnderNoiseEachTimeAndNoOther) {
  int missed = 0, others = 0;
  for (int seed = 0; seed < 200; ++seed) {
    LinkSearch const search{.nodes = 90, .rails = 2, .seed = static_cast<std::uint64_t>(seed)};
    Fabric fabric{.rails = 2, .noise = 0.05, .random = std::mt19937_64(static_cast<std::uint64_t>(seed))};
    fabric.nodes[seed % 90] = 0.6;
    auto const report = found(search, fabric);
    bool hit = false;
    for (auto const& finding : report.findings) {
      bool const blamed = finding.kind == Kind::node || finding.kind == Kind::nic;
      hit = hit || (finding.kind == Kind::node && finding.node == seed % 90);
      others += blamed && finding.node != seed % 90;
    }
    missed += !hit;
  }
  EXPECT_EQ(missed, 0);
  EXPECT_EQ(others, 0);
}

TEST(LinkSearchWords, OnePairHasNothingToCompareWith) {
  LinkSearch const search{.nodes = 2};
  Fabric fabric;
  auto const report = found(search, fabric);
  EXPECT_EQ(attribution(search, report, names_of(2)), "one pair only: nothing to compare it with");
}

TEST(LinkSearchWords, ANicIsNamedWithItsRailAndANodeWithAllRails) {
  LinkSearch const search{.nodes = 8, .rails = 2};
  Fabric fabric{.rails = 2};
  fabric.nics[{4, 1}] = 0.8;
  fabric.nodes[6] = 0.25;
  EXPECT_EQ(
      attribution(search, found(search, fabric), names_of(8)),
      "n4 is slow on rail 1 alone, with healthy partners too (its NIC, or the way to it): 80 % of the "
      "usual rate at best, and n6 is slow with every partner, healthy ones too, on all rails: 25 % of the "
      "usual rate at best");
}

TEST(LinkSearchWords, NothingThatStandsOutIsSaidWithTheMargin) {
  LinkSearch const search{.nodes = 8, .margin = 0.25};
  Fabric fabric;
  EXPECT_EQ(attribution(search, found(search, fabric), names_of(8)), "no pair stands out by more than 25 %");
}

}  // namespace
}  // namespace muster
