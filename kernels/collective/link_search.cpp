#include "kernels/collective/link_search.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace muster {

namespace {

constexpr int most_rounds_of_ends = 4;  // half of all pairs are fast, so one or two are the rule

class Search {
 public:
  Search(LinkSearch const& search, MeasureRound const& measure)
      : search_(search), measure_(measure), evidence_(search.nodes, search.rails) {}

  LinkReport run() {
    auto const first = search_.tournament ? tournament(search_.nodes)
                                          : random_matchings(search_.nodes, search_.rounds, search_.seed);
    for (auto const& round : first) meet(round);
    evidence_.set_limit(search_.margin);
    test_ends();
    for (auto const& round : in_rounds(unexplained_pairs())) meet(round);
    accuse_nodes();
    accuse_pairs();
    report_.median = evidence_.median();
    add_pairs();
    return std::move(report_);
  }

 private:
  void meet(Round const& round) {
    if (round.empty()) return;
    auto rates = measure_(round);
    for (std::size_t i = 0; i < round.size(); ++i) evidence_.add(round[i], std::move(rates.at(i)));
    ++report_.rounds;
  }

  /// How well a node would serve as partner: 0 not at all (not cleared on those rails); cleared; not yet met
  /// either; and best in no suspect pair.
  int worth(int candidate, int node, std::set<int> const& rails) const {
    auto const clear = [&](int rail) { return evidence_.cleared(candidate, rail); };
    if (candidate == node || !std::ranges::all_of(rails, clear)) return 0;
    return 1 + (evidence_.met(candidate, node) ? 0 : 1) + (evidence_.suspect(candidate) ? 0 : 1);
  }

  std::optional<int> partner_for(int node, std::set<int> const& rails, std::set<int> const& taken) const {
    constexpr int best_worth = 3;
    int best = 0;
    std::optional<int> found;
    for (int candidate = 0; candidate < search_.nodes && best < best_worth; ++candidate) {
      int const now = taken.contains(candidate) ? 0 : worth(candidate, node, rails);
      if (now <= best) continue;
      best = now;
      found = candidate;
    }
    return found;
  }

  /// Each node that was fast with nobody, and the rails in question.
  std::map<int, std::set<int>> open_ends() const {
    std::map<int, std::set<int>> open;
    for (int node = 0; node < search_.nodes; ++node) {
      if (auto rails = evidence_.open_rails(node); !rails.empty()) open.emplace(node, std::move(rails));
    }
    return open;
  }

  void test_ends() {
    auto open = open_ends();
    for (int number = 0; number < most_rounds_of_ends && !open.empty(); ++number) {
      Round round;
      std::set<int> taken;
      for (auto const& [node, rails] : open) {
        auto const partner = taken.contains(node) ? std::nullopt : partner_for(node, rails, taken);
        if (!partner) continue;
        taken.insert({node, *partner});
        round.push_back({std::min(node, *partner), std::max(node, *partner)});
      }
      for (int const node : taken) open.erase(node);
      meet(round);
    }
  }

  std::vector<NodePair> unexplained_pairs() const {
    std::vector<NodePair> pairs;
    for (auto const& [pair, rates] : evidence_.pairs()) {
      if (!evidence_.unexplained_rails(pair).empty()) pairs.push_back(pair);
    }
    return pairs;
  }

  double share(double rate) const { return rate / evidence_.usual(); }

  void accuse_nodes() {
    for (int node = 0; node < search_.nodes; ++node) {
      std::vector<LinkFinding> found;
      double best = 0;
      for (int rail = 0; rail < search_.rails; ++rail) {
        if (!evidence_.guilty(node, rail)) continue;
        double const reached = evidence_.best(node, rail);
        best = std::max(best, reached);
        found.push_back({LinkFinding::Kind::nic, node, -1, rail, share(reached)});
      }
      bool const all_rails = std::cmp_equal(found.size(), search_.rails);
      if (all_rails) found = {{LinkFinding::Kind::node, node, -1, -1, share(best)}};
      report_.findings.insert(report_.findings.end(), found.begin(), found.end());
    }
  }

  void accuse_pairs() {
    for (auto const pair : unexplained_pairs()) {
      for (int const rail : evidence_.unexplained_rails(pair))
        report_.findings.push_back(finding_of(pair, rail));
    }
  }

  LinkFinding finding_of(NodePair pair, int rail) const {
    bool again = true;
    double best_slow = 0;
    for (auto const& rates : evidence_.pairs().at(pair)) {
      double const rate = rates.at(static_cast<std::size_t>(rail));
      again = again && evidence_.slow(rate);
      if (evidence_.slow(rate)) best_slow = std::max(best_slow, rate);
    }
    bool const both_clear = evidence_.cleared(pair.a, rail) && evidence_.cleared(pair.b, rail);
    auto const kind = !again       ? LinkFinding::Kind::passing
                      : both_clear ? LinkFinding::Kind::link
                                   : LinkFinding::Kind::unsettled;
    return {kind, pair.a, pair.b, search_.rails > 1 ? rail : -1, share(best_slow)};
  }

  void add_pairs() {
    for (auto const& [pair, list] : evidence_.pairs()) {
      RailRates rates;
      for (std::size_t rail = 0; rail < list.front().size(); ++rail) {
        std::vector<double> values;
        for (auto const& each : list) values.push_back(each[rail]);
        rates.push_back(median_rate(std::move(values)));
      }
      report_.pairs.push_back({pair, std::move(rates)});
    }
  }

  LinkSearch search_;
  MeasureRound const& measure_;
  LinkEvidence evidence_;
  LinkReport report_;
};

}  // namespace

double PairRates::lowest() const { return *std::ranges::min_element(rates); }

PairRates const& LinkReport::slowest() const {
  return *std::ranges::min_element(pairs, {}, [](PairRates const& each) { return each.lowest(); });
}

int most_rounds(LinkSearch const& search) {
  int const all = search.nodes - 1 + search.nodes % 2;
  int const first = search.tournament ? all : std::min(search.rounds, all);
  // A node is in at most `first` suspect pairs, and in_rounds() needs fewer than twice as many rounds; rounds
  // for open ends add one pair each to a node, which may be suspect as well.
  return first + most_rounds_of_ends + 2 * (first + most_rounds_of_ends) - 1;
}

LinkReport search_links(LinkSearch const& search, MeasureRound const& measure) {
  return Search(search, measure).run();
}

}  // namespace muster
