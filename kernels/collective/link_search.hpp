// Finds the slow node, NIC or link among many by exchanges of pairs. Knows nothing of how they are measured;
// every rank runs it on the same figures and so comes to the same next round.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kernels/collective/link_evidence.hpp"
#include "kernels/collective/pairings.hpp"

namespace muster {

struct LinkSearch {
  int nodes = 2;
  int rails = 1;            ///< rank r of one node exchanges with rank r of the other, all rails at once
  int rounds = 3;           ///< of random matchings
  bool tournament = false;  ///< every pair once, in their place
  double margin = 0.1;      ///< slow: below (1 - margin) of the usual rate (see LinkEvidence::set_limit)
  std::uint64_t seed = 0;
};

/// Measures a round's pairs at the same time; the figures in the order of the pairs.
using MeasureRound = std::function<std::vector<RailRates>(Round const&)>;

struct LinkFinding {
  enum class Kind {
    node,       ///< slow on every rail, with partners that are fast with others too
    nic,        ///< slow on one rail, with such partners too
    link,       ///< slow together, twice, though each end is fast with others
    unsettled,  ///< slow twice, and no healthy partner to tell which end it is
    passing     ///< slow once, and not again
  };
  Kind kind = Kind::passing;
  int node = 0;
  int other = -1;    ///< the pair's second node; -1: of a node or NIC
  int rail = -1;     ///< -1: all
  double share = 1;  ///< of the usual rate: the best of what was slow
  bool accuses() const { return kind != Kind::passing; }
};

struct PairRates {
  NodePair pair;
  RailRates rates;  ///< the median of its measurements, rail by rail
  double lowest() const;
};

struct LinkReport {
  std::vector<PairRates> pairs;  ///< each pair once, in the order first measured
  int rounds = 0;                ///< that were measured, re-tests included
  double median = 0;             ///< over pairs and rails of the rounds before re-tests
  std::vector<LinkFinding> findings;

  PairRates const& slowest() const;  ///< by its lowest rail
};

/// Rounds that a search of this size takes at most, whatever it finds.
int most_rounds(LinkSearch const& search);

/// First the rounds of matchings (or the tournament). A pair is suspect where one of its rails is slow; a
/// fast exchange clears both of its ends on that rail. Then each end that nobody has cleared meets a cleared
/// one, as many as possible in one round, and each suspect pair that this does not explain meets again.
LinkReport search_links(LinkSearch const& search, MeasureRound const& measure);

/// One line each: what is accused, of what. `names` of the nodes; pairs without a healthy partner are told
/// together, a line for each rail.
std::vector<std::string> accusations(LinkSearch const& search, LinkReport const& report,
                                     std::vector<std::string> const& names);

/// The report in a sentence or two: the accusations, or that there are none, and what passed.
std::string attribution(LinkSearch const& search, LinkReport const& report,
                        std::vector<std::string> const& names);

}  // namespace muster
