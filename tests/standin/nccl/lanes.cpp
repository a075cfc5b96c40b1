#include "tests/standin/nccl/lanes.hpp"

#include <string>

#include "tests/standin/nccl/log.hpp"

namespace muster::standin {
namespace {

void report(Meeting& meeting, std::string const& text) {
  if (meeting.report(ncclInvalidUsage, text)) warn(text);
}

std::string numbered(char const* what, std::uint64_t count, std::int64_t type) {
  return what + std::to_string(count) + " " + type_name(static_cast<ncclDataType_t>(type));
}

}  // namespace

Lanes::Lanes(Meeting& meeting, int rank, std::span<Call const> calls) : meeting_(meeting), rank_(rank) {
  for (auto const& call : calls) {
    Item item{.call = &call};
    if (call.function == Function::send) {
      item.header = {call.count, call.type};
      out_[call.root].push_back(item);
    } else {
      in_[call.root].push_back(item);
    }
  }
}

std::size_t Lanes::total(Item const& item) const {
  return sizeof(Header) + item.call->count * element_bytes(item.call->type);
}

bool Lanes::advance() {
  bool moved = false;
  for (auto& [peer, items] : out_) {
    while (!items.empty() && send(peer, items.front())) {
      moved = true;
      if (items.front().moved < total(items.front())) break;
      items.pop_front();
    }
  }
  for (auto& [peer, items] : in_) {
    while (!items.empty() && receive(peer, items.front())) {
      moved = true;
      if (items.front().moved < total(items.front())) break;
      items.pop_front();
    }
  }
  if (moved) return true;
  for (int peer = 0; peer < meeting_.ranks(); ++peer) look_for_deadlock(peer);
  return false;
}

bool Lanes::sends_to(int peer) const {
  auto const found = out_.find(peer);
  if (found == out_.end()) return false;
  auto const& ring = meeting_.ring(rank_, peer);
  return !found->second.empty() || ring.read.load() != ring.written.load();
}

bool Lanes::receives_from(int peer) const {
  auto const found = in_.find(peer);
  return found != in_.end() && !found->second.empty();
}

bool Lanes::done() const {
  for (int peer = 0; peer < meeting_.ranks(); ++peer) {
    if (sends_to(peer) || receives_from(peer)) return false;
  }
  return true;
}

bool Lanes::send(int peer, Item& item) {
  auto& ring = meeting_.ring(rank_, peer);
  std::size_t const before = item.moved, all = total(item);
  if (item.moved < sizeof(Header)) {
    auto const header = std::as_bytes(std::span(&item.header, 1));
    item.moved += ring.put(header.subspan(item.moved));
  }
  if (item.moved < sizeof(Header)) return item.moved > before;
  std::span const bytes(static_cast<std::byte const*>(item.call->send), all - sizeof(Header));
  auto rest = bytes.subspan(item.moved - sizeof(Header));
  bool const wrong = item.call->fault && item.call->fault->kind == Fault::Kind::wrong;
  if (wrong && !rest.empty()) rest = rest.first(rest.size() - 1);  // the last byte goes by itself, turned
  item.moved += ring.put(rest);
  if (wrong && !bytes.empty() && item.moved + 1 == all) {
    std::byte last = bytes.back();
    flip_a_bit(&last, 1);
    item.moved += ring.put(std::span(&last, 1));
  }
  return item.moved > before;
}

bool Lanes::receive(int peer, Item& item) {
  auto& ring = meeting_.ring(peer, rank_);
  std::size_t const before = item.moved, all = total(item);
  if (item.moved < sizeof(Header)) {
    auto const header = std::as_writable_bytes(std::span(&item.header, 1));
    item.moved += ring.take(header.subspan(item.moved));
    if (item.moved < sizeof(Header)) return item.moved > before;
    if (!matches(peer, item)) return false;
  }
  std::span const bytes(static_cast<std::byte*>(item.call->recv), all - sizeof(Header));
  item.moved += ring.take(bytes.subspan(item.moved - sizeof(Header)));
  bool const wrong = item.call->fault && item.call->fault->kind == Fault::Kind::wrong;
  if (wrong && item.moved == all && item.moved > before) flip_a_bit(bytes.data(), bytes.size());
  return item.moved > before;
}

bool Lanes::matches(int peer, Item const& item) {
  auto const& [count, type] = item.header;
  if (count == item.call->count && type == item.call->type) return true;
  report(meeting_, "rank " + std::to_string(peer) + numbered(" sends ", count, type) + ", rank " +
                       std::to_string(rank_) + numbered(" receives ", item.call->count, item.call->type));
  return false;
}

/// A peer that is in a collective has sent and received all that came before it, and goes on only when this
/// rank is in that collective too.
void Lanes::look_for_deadlock(int peer) {
  bool const receives = receives_from(peer);
  if (!receives && !sends_to(peer)) return;
  auto const theirs = meeting_.member(peer).where.load();
  auto const mine = meeting_.member(rank_).where.load();
  if (theirs % 2 == 0 || theirs / 2 <= mine / 2) return;
  auto const& doing = meeting_.member(peer).doing[theirs / 2 % 2];
  report(meeting_, "rank " + std::to_string(rank_) + " is in " + (receives ? "a Recv from" : "a Send to") +
                       " rank " + std::to_string(peer) + ", which is in " +
                       name(static_cast<Function>(doing.function)));
}

}  // namespace muster::standin
