// Operations carried out among the ranks of a meeting: by the threads of streams, in their order.
#pragma once
#include <functional>
#include <span>

#include "tests/standin/nccl/call.hpp"
#include "tests/standin/nccl/meeting.hpp"

namespace muster::standin {

class Exchange {
 public:
  /// `stop` is asked again and again while something is waited for.
  Exchange(Meeting& meeting, int rank, std::function<bool()> stop)
      : meeting_(meeting), rank_(rank), stop_(std::move(stop)) {}

  /// False when it could not be ended: stopped, or the meeting has a fault, such as another rank's being in
  /// another operation. Neither leaves anything that could be gone on with.
  bool collective(Call const& call);
  /// Sends and receives, all of them at once; those between two ranks are matched in their order.
  bool point_to_point(std::span<Call const> calls);

 private:
  bool enter(Call const& call);
  bool all_do_the_same(std::uint64_t number);
  bool transfer(Call const& call);
  void publish(Call const& call, std::size_t first, std::size_t count, std::byte const* scalar);
  void take(Call const& call, std::size_t first, std::size_t count);
  void reduce_slots(Call const& call, std::byte* out, std::size_t skip, std::size_t count);
  bool barrier() { return meeting_.barrier(stop_); }

  Meeting& meeting_;
  int const rank_;
  std::function<bool()> const stop_;
};

}  // namespace muster::standin
