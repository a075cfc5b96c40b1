// A simulated network: links, routes over them, messages that share their bandwidth. Home of SimGrid.
//
// Its fluid model (CM02): a message waits for the sum of its route's latencies, then moves at its max-min
// fair share of every link. No packets, no acknowledgements (crosstraffic off: they would take 5 %), no slow
// start or window (TCP-gamma off), no protocol's efficiency: what the analytic core assumes, so that
// differences come of routes, sharing and order alone.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace muster::project {

/// One direction of a link between two others.
struct Hop {
  int link = 0;
  bool up = true;
};

/// One in a process: SimGrid has one engine.
class Network {
 public:
  Network();
  ~Network();
  Network(Network const&) = delete;
  Network& operator=(Network const&) = delete;

  /// All before the first message; numbers count from 0.
  int add_host();
  int add_link(double bandwidth, double latency);                  ///< B/s each way, s
  void add_route(int from, int to, std::vector<Hop> const& hops);  ///< once a pair; one way

  void send(int from, int to, std::uint64_t bytes, std::function<void()> arrived);
  /// Until nothing moves any more; s from the beginning.
  double run();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace muster::project
