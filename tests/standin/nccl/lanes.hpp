// The sends and receives of one group, by peer: all peers advance at once, those of one peer in order.
#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <span>

#include "tests/standin/nccl/call.hpp"
#include "tests/standin/nccl/meeting.hpp"

namespace muster::standin {

/// Turns one bit of the last element around.
void flip_a_bit(std::byte* values, std::size_t bytes);

class Lanes {
 public:
  Lanes(Meeting& meeting, int rank, std::span<Call const> calls);

  /// Moves what can be moved now; false: nothing could. Reports to the meeting when a message is not what
  /// its receiver wants, or a peer can never come any more, since it is in a collective that waits for this
  /// rank.
  bool advance();
  /// Everything received, and everything sent has been taken: NCCL promises no more buffering than that.
  bool done() const;

 private:
  /// What goes in front of each message.
  struct Header {
    std::uint64_t count;
    std::int64_t type;
  };
  struct Item {
    Call const* call;
    std::size_t moved = 0;  // bytes of header and message
    Header header{};
  };
  using Queues = std::map<int, std::deque<Item>>;  // by peer

  bool sends_to(int peer) const;
  bool receives_from(int peer) const;
  bool send(int peer, Item& item);
  bool receive(int peer, Item& item);
  bool matches(int peer, Item const& item);
  void look_for_deadlock(int peer);
  std::size_t total(Item const& item) const;

  Meeting& meeting_;
  int const rank_;
  Queues out_, in_;
};

}  // namespace muster::standin
