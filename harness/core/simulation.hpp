// A simulated time beside the analytic one.
#pragma once
#include <string>

namespace muster::project {

struct Simulation {
  std::string scenario;
  std::string name;    ///< "ring, one slow NIC"
  std::string note{};  ///< what is special about it: "a NIC gives half of its rate"
  int nodes = 1;
  double bytes = 0;                ///< summed by one rail, or read by each node
  double simulated = 0;            ///< s
  double analytic = 0;             ///< s
  double lowest = 0, highest = 0;  ///< the band in which simulated / analytic - 1 must lie
  double took = 0;                 ///< s that simulating took

  double difference() const { return simulated / analytic - 1; }
  bool agrees() const { return lowest <= difference() && difference() <= highest; }
};

}  // namespace muster::project
