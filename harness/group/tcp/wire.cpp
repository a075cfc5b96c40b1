#include "harness/group/tcp/wire.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "harness/core/error.hpp"

namespace muster::tcp {
namespace {

constexpr std::uint32_t head_mark = 0x6d757374;
constexpr std::size_t longest_fault = 2048;

std::string who(Wire const& wire) { return fmt::format("rank {} on {}", wire.rank, wire.node); }

/// Reads what has come, without waiting. False at the end of what will ever come; `why`, where the kernel
/// knows.
bool fill(Wire& wire, std::string& why) {
  std::array<std::byte, 1 << 16> room;
  for (;;) {
    auto const step = read_some(wire.socket, room);
    wire.inbox.insert(wire.inbox.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(step.bytes));
    why = step.fault;
    if (!step.alive) return false;
    if (step.bytes < room.size()) return true;
  }
}

void forget(Wire& wire, std::size_t bytes) {
  constexpr std::size_t worth_moving = 1 << 16;
  wire.taken += bytes;
  if (wire.taken < wire.inbox.size() && wire.taken < worth_moving) return;
  wire.inbox.erase(wire.inbox.begin(), wire.inbox.begin() + static_cast<std::ptrdiff_t>(wire.taken));
  wire.taken = 0;
}

}  // namespace

std::string_view name(Frame frame) {
  switch (frame) {
    case Frame::barrier:
      return "barrier";
    case Frame::max:
      return "max";
    case Frame::broadcast:
      return "broadcast";
    case Frame::gather:
      return "gather";
    case Frame::gather_node:
      return "gather on the node";
    case Frame::split:
      return "split";
    case Frame::leave:
      return "the end of the group";
    case Frame::fault:
      return "a fault";
  }
  return "something unknown";
}

Wire& Wires::add(int rank, std::string const& node, Socket socket) {
  return *wires_.emplace_back(std::make_unique<Wire>(rank, node, std::move(socket)));
}

void Wires::remove(Wire& wire) noexcept {
  if (fault_.empty() && !wire.left) tell(wire, Frame::leave, {});
  std::erase_if(wires_, [&](auto const& one) { return one.get() == &wire; });
}

void Wires::send(Wire& wire, Frame frame, std::span<std::byte const> data) {
  if (!fault_.empty()) fail(fault_);
  Head const head{head_mark, frame, data.size()};
  auto start = std::as_bytes(std::span(&head, 1));
  wire.torn = true;
  while (!start.empty() || !data.empty()) {
    auto const step = write_some(wire.socket, start, data);
    if (!step.alive) hung_up(wire);
    if (wire.left)
      fail(fmt::format("{} has left the group while rank {} is in {}", who(wire), rank_, name(frame)));
    auto const of_start = std::min(start.size(), step.bytes);
    start = start.subspan(of_start);
    data = data.subspan(step.bytes - of_start);
    if (step.bytes == 0) wait(&wire, POLLOUT, -1);
  }
  wire.torn = false;
}

std::vector<std::byte> Wires::receive(Wire& wire, Frame frame, std::size_t most) {
  if (!fault_.empty()) fail(fault_);
  auto head = head_at(wire, wire.taken);
  while (!head || (require_fit(wire, *head, frame, most),
                   wire.inbox.size() - wire.taken < sizeof *head + head->size)) {
    read_more(wire, frame);
    head = head_at(wire, wire.taken);
  }
  auto const* const begin = wire.inbox.data() + wire.taken + sizeof *head;
  std::vector<std::byte> data(begin, begin + head->size);
  forget(wire, sizeof *head + data.size());
  return data;
}

/// Of the frame that begins there; absent while it has not come whole.
std::optional<Wires::Head> Wires::head_at(Wire const& wire, std::size_t at) {
  Head head;
  if (wire.inbox.size() < at + sizeof head) return std::nullopt;
  std::memcpy(&head, wire.inbox.data() + at, sizeof head);
  return head;
}

void Wires::require_fit(Wire const& wire, Head const& head, Frame frame, std::size_t most) {
  if (head.mark != head_mark)
    fail(fmt::format("{} sends what is no message (its memory or the network is faulty)", who(wire)));
  if (head.frame == Frame::fault) return hear(wire, wire.taken, head, false);
  if (head.frame != frame)
    fail(fmt::format("{} is in {} while rank {} is in {} (their plans differ, or muster is at fault)",
                     who(wire), name(head.frame), rank_, name(frame)));
  if (head.size > most)
    fail(fmt::format("{} sends {} bytes in {} where rank {} takes at most {}", who(wire), head.size,
                     name(frame), rank_, most));
}

/// Something more of what `wire` sends; waits for it.
void Wires::read_more(Wire& wire, Frame during) {
  if (wire.left)
    fail(fmt::format("{} has left the group while rank {} is in {}", who(wire), rank_, name(during)));
  auto const before = wire.inbox.size();
  std::string why;
  if (!fill(wire, why)) return hung_up(wire);
  if (wire.inbox.size() == before) wait(&wire, POLLIN, -1);
}

/// For `wire` to be ready (null: for none), or for any rank to end.
void Wires::wait(Wire* wire, short events, int milliseconds) {
  polled_.clear();
  polled_wires_.clear();
  for (auto const& one : wires_) {
    if (one->left) continue;
    polled_.push_back(
        {one->socket.file(), static_cast<short>(POLLRDHUP | (one.get() == wire ? events : 0)), 0});
    polled_wires_.push_back(one.get());
  }
  if (poll(polled_.data(), polled_.size(), milliseconds) <= 0)
    return;  // interrupted: whoever waits asks again
  for (std::size_t i = 0; i < polled_.size(); ++i) {
    if ((polled_[i].revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0) hung_up(*polled_wires_[i]);
  }
}

void Wires::look() {
  if (!fault_.empty()) fail(fault_);
  wait(nullptr, 0, 0);
}

/// Its last words decide: it has left, it knows of a fault, or it is dead. What it sent before stays in the
/// inbox.
void Wires::hung_up(Wire& wire) {
  std::string why;
  if (fill(wire, why)) return;  // a signal of its end that came early: more will come
  auto at = wire.taken;
  for (auto head = head_at(wire, at); head; head = head_at(wire, at)) {
    if (head->mark != head_mark) break;
    if (head->frame == Frame::fault) hear(wire, at, *head, true);
    if (head->frame == Frame::leave) {
      wire.inbox.resize(at);
      wire.left = true;
      return;
    }
    if (head->size > wire.inbox.size()) break;  // cut off
    at += sizeof *head + head->size;
  }
  fail(fmt::format(
      "{} has ended without leaving the others ({}) see its words in the log, or whether its node is "
      "lost",
      who(wire), why.empty() ? "its connection closed" : "its connection: " + why));
}

/// A fault that another rank has found, in its words, once they are here.
void Wires::hear(Wire const& wire, std::size_t at, Head const& head, bool all_is_here) {
  auto const begin = at + sizeof head;
  if (head.size <= longest_fault && begin + head.size <= wire.inbox.size())
    fail({reinterpret_cast<char const*>(wire.inbox.data() + begin), head.size});
  if (all_is_here || head.size > longest_fault) fail(who(wire) + " reports a fault");
}

void Wires::fail(std::string const& why) {
  tell_all(why);
  throw Error(ExitCode::infrastructure, fault_);
}

void Wires::tell_all(std::string const& why) noexcept {
  if (!fault_.empty()) return;
  fault_ = why.substr(0, longest_fault);
  for (auto const& wire : wires_) {
    if (!wire->left) tell(*wire, Frame::fault, fault_);
  }
}

void Wires::give_up() noexcept {
  tell_all(fmt::format("rank {} on {} could not go on (see its words in the log)", rank_, node_));
}

/// Without waiting: where it cannot be sent now, the connection's end says as much.
void Wires::tell(Wire& wire, Frame frame, std::string_view text) noexcept {
  if (wire.torn) return;
  Head const head{head_mark, frame, text.size()};
  (void)write_some(wire.socket, std::as_bytes(std::span(&head, 1)), std::as_bytes(std::span(text)));
}

}  // namespace muster::tcp
