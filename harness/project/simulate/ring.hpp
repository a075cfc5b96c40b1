// Chunks that go round a ring of hosts, message by message.
#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "harness/project/simulate/network.hpp"

namespace muster::project {

class Ring {
 public:
  /// `steps` messages of every host: hosts - 1 are a reduce-scatter or an all-gather, twice as many an
  /// all-reduce. `finished` is called when the last has arrived.
  Ring(Network& network, std::vector<int> hosts, std::uint64_t chunk, int steps,
       std::function<void()> finished);
  void begin();

 private:
  void send_if_ready(std::size_t rank);
  void arrive(std::size_t rank);
  std::size_t next(std::size_t rank) const { return (rank + 1) % hosts_.size(); }
  std::size_t previous(std::size_t rank) const { return (rank + hosts_.size() - 1) % hosts_.size(); }

  Network& network_;
  std::vector<int> hosts_;
  std::uint64_t chunk_;
  int steps_;
  std::function<void()> finished_;
  std::vector<int> sent_, arrived_;  ///< by sender
  std::size_t done_ = 0;             ///< hosts whose messages have all arrived
};

}  // namespace muster::project
