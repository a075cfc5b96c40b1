// What the link search needs of a backend.
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernels/collective/collective_check.hpp"
#include "kernels/collective/expected.hpp"

namespace muster {

/// One rank's buffers, and its exchanges with one other rank at a time: the source is random bits of this
/// rank's own, the target holds what the partner has sent.
class LinkSide {
 public:
  virtual ~LinkSide() = default;
  /// From now on with this rank of the world; -1: with nobody. The target is unrecognisable afterwards.
  virtual void meet(int partner) = 0;
  virtual void start() = 0;                       ///< enqueues one exchange, both ways at once
  virtual void spoil() = 0;                       ///< the target unrecognisable, enqueued like start()
  virtual std::vector<SegmentFault> check() = 0;  ///< of the target as it is now; waits
  virtual std::optional<Bound> expected(Topology topology) = 0;
  virtual std::vector<std::pair<std::string, std::string>> facts() { return {}; }
};

}  // namespace muster
