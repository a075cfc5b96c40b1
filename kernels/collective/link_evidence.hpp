// What exchanges of pairs tell about nodes: who was slow with whom, and who is cleared by having been fast.
#pragma once
#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <vector>

#include "kernels/collective/pairings.hpp"

namespace muster {

/// What a pair reached on every rail, in B/s and per direction.
using RailRates = std::vector<double>;

class LinkEvidence {
 public:
  LinkEvidence(int nodes, int rails) : rails_(rails), of_node_(static_cast<std::size_t>(nodes)) {}

  void add(NodePair pair, RailRates rates);
  /// From now on slow is what lies below (1 - margin) of the usual rate: the median over all pairs and rails
  /// so far. Of up to five nodes a slow one may be in half of the pairs or more, so there it is the median
  /// over nodes of what each reached in the better half of its exchanges at least.
  void set_limit(double margin);
  double median() const { return median_; }  ///< over all pairs and rails, as they were then
  double usual() const { return usual_; }

  bool slow(double rate) const { return rate < limit_; }
  /// Was the node fast on that rail with anybody?
  bool cleared(int node, int rail) const;
  /// Slow on that rail with everybody, somebody among them who is cleared.
  bool guilty(int node, int rail) const;
  bool met(int one, int other) const { return pairs_.contains({std::min(one, other), std::max(one, other)}); }
  bool suspect(int node) const;              ///< was it slow with anybody, on any rail?
  std::set<int> open_rails(int node) const;  ///< on which it was slow and is not cleared
  double best(int node, int rail) const;     ///< the highest rate that it reached

  /// Every pair's rates, each time it was measured.
  std::map<NodePair, std::vector<RailRates>> const& pairs() const { return pairs_; }
  /// Rails on which the pair was slow at least once, and neither end is guilty.
  std::vector<int> unexplained_rails(NodePair pair) const;

 private:
  struct Meeting {
    int partner;
    RailRates rates;
    double on(int rail) const { return rates.at(static_cast<std::size_t>(rail)); }
  };
  std::vector<Meeting> const& of(int node) const { return of_node_.at(static_cast<std::size_t>(node)); }

  std::vector<double> typical_of_each() const;  ///< of each node on each rail: its upper median

  int rails_;
  std::vector<std::vector<Meeting>> of_node_;
  std::map<NodePair, std::vector<RailRates>> pairs_;
  double median_ = 0, usual_ = 0, limit_ = 0;
};

double median_rate(std::vector<double> values);  ///< 0 without values

}  // namespace muster
