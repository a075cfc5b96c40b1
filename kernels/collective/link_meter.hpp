// Measures the pairs of a round, all of them at once, on this rank's part and with all others.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "kernels/collective/collective_problem.hpp"
#include "kernels/collective/link_evidence.hpp"
#include "kernels/collective/link_places.hpp"
#include "kernels/collective/link_side.hpp"
#include "kernels/contract/workload.hpp"

namespace muster {

class LinkMeter {
 public:
  LinkMeter(LinkPlaces const& places, CollectiveProblem const& problem, LinkSide& side, Context& context);

  /// A group call: the same figures on every rank, B/s and per direction by the slower of the two ends. A
  /// rank that fails throws after the others know; they throw PeerFault.
  std::vector<RailRates> measure(Round const& round);

  int repetitions() const { return repetitions_; }  ///< exchanges that are timed together
  bool took_part() const { return took_part_; }
  std::string const& wrong() const { return wrong_; }  ///< the first wrong result on this rank; "" for none

 private:
  void meet(Round const& round);
  double time(int exchanges);
  void choose_repetitions(Round const& round);
  void check();
  double own_seconds();
  /// Of every pair and rail of the round, the slower end's seconds.
  std::vector<double> seconds_of_all(Round const& round, double own);

  LinkPlaces const& places_;
  CollectiveProblem problem_;
  LinkSide& side_;
  Group& world_;
  std::unique_ptr<Stopwatch> stopwatch_;
  int pair_ = -1;  ///< of the round; -1: this rank rests
  int repetitions_ = 0;
  bool took_part_ = false;
  std::string wrong_;
};

/// The rank that this one exchanges with in a round; -1: it rests. `pair`: its pair's index there.
struct Meeting {
  int partner = -1, pair = -1;
};
Meeting meeting_in(Round const& round, LinkPlaces const& places);

}  // namespace muster
