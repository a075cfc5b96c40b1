#include "harness/project/simulate/ring.hpp"

#include <utility>

namespace muster::project {

Ring::Ring(Network& network, std::vector<int> hosts, std::uint64_t chunk, int steps,
           std::function<void()> finished)
    : network_(network),
      hosts_(std::move(hosts)),
      chunk_(chunk),
      steps_(steps),
      finished_(std::move(finished)),
      sent_(hosts_.size()),
      arrived_(hosts_.size()) {}

void Ring::begin() {
  for (std::size_t rank = 0; rank < hosts_.size(); ++rank) send_if_ready(rank);
}

// A message goes out when the one before it has arrived, and so has the chunk that it passes on.
void Ring::send_if_ready(std::size_t rank) {
  int const step = sent_[rank];
  bool const has_chunk = step == 0 || arrived_[previous(rank)] >= step;
  if (step == steps_ || arrived_[rank] < step || !has_chunk) return;
  ++sent_[rank];
  network_.send(hosts_[rank], hosts_[next(rank)], chunk_, [this, rank] { arrive(rank); });
}

void Ring::arrive(std::size_t rank) {
  if (++arrived_[rank] == steps_ && ++done_ == hosts_.size()) return finished_();
  send_if_ready(rank);
  send_if_ready(next(rank));
}

}  // namespace muster::project
