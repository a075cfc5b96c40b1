#include "tests/standin/nccl/exchange.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "tests/standin/nccl/lanes.hpp"
#include "tests/standin/nccl/log.hpp"

namespace muster::standin {
namespace {

Doing doing(Call const& call) {
  bool const reduction = reduces(call.function);
  return {static_cast<int>(call.function), call.type, reduction ? static_cast<int>(call.reduction.kind) : -1,
          call.root, call.count};
}

std::string describe(Doing const& doing) {
  Call call;
  call.function = static_cast<Function>(doing.function);
  call.type = static_cast<ncclDataType_t>(doing.type);
  call.count = doing.count;
  call.root = doing.root;
  if (doing.reduction >= 0) call.reduction.kind = static_cast<Reduction::Kind>(doing.reduction);
  return describe(call);
}

/// What this rank's elements are multiplied with before they are added: nothing, a rank's own scalar, or
/// 1 / ranks, which is how NCCL forms averages of floating-point numbers.
std::array<std::byte, 8> const* factor(Call const& call, int ranks, std::array<std::byte, 8>& memory) {
  if (!reduces(call.function)) return nullptr;
  if (call.reduction.kind == Reduction::Kind::average && !is_integer(call.type)) {
    memory = one_over(ranks, call.type);
    return &memory;
  }
  if (call.reduction.kind != Reduction::Kind::premultiplied) return nullptr;
  memory = call.reduction.scalar;
  if (call.reduction.device_scalar)
    std::memcpy(memory.data(), call.reduction.device_scalar, element_bytes(call.type));
  return &memory;
}

bool is_wrong(Call const& call) { return call.fault && call.fault->kind == Fault::Kind::wrong; }

}  // namespace

void flip_a_bit(std::byte* values, std::size_t bytes) {
  if (bytes > 0) values[bytes - 1] ^= std::byte{0x40};  // the highest bit of the last float's exponent
}

bool Exchange::collective(Call const& call) {
  if (!enter(call) || !transfer(call)) return false;
  auto& where = meeting_.member(rank_).where;
  where.store(where.load() & ~std::uint64_t{1});
  if (is_wrong(call) && call.recv) {
    std::size_t const count = received_elements(call, rank_, meeting_.ranks());
    flip_a_bit(static_cast<std::byte*>(call.recv), count * element_bytes(call.type));
  }
  return true;
}

bool Exchange::enter(Call const& call) {
  auto& me = meeting_.member(rank_);
  std::uint64_t const number = me.where.load() / 2 + 1;
  me.doing[number % 2] = doing(call);
  me.where.store(2 * number + 1);
  return barrier() && all_do_the_same(number);
}

bool Exchange::all_do_the_same(std::uint64_t number) {
  auto const& first = meeting_.member(0).doing[number % 2];
  for (int rank = 1; rank < meeting_.ranks(); ++rank) {
    auto const& other = meeting_.member(rank).doing[number % 2];
    if (other == first) continue;
    auto const text = "ranks do different things as collective " + std::to_string(number) + ": rank 0 " +
                      describe(first) + ", rank " + std::to_string(rank) + " " + describe(other);
    if (meeting_.report(ncclInvalidUsage, text)) warn(text);
    return false;
  }
  return true;
}

bool Exchange::transfer(Call const& call) {
  std::array<std::byte, 8> memory{};
  auto const* const scalar = factor(call, meeting_.ranks(), memory);
  std::size_t const all = movement(call, rank_, meeting_.ranks()).published;
  std::size_t const chunk = slot_bytes / element_bytes(call.type);
  for (std::size_t first = 0; first < all; first += chunk) {
    std::size_t const count = std::min(chunk, all - first);
    publish(call, first, count, scalar ? scalar->data() : nullptr);
    if (!barrier()) return false;
    take(call, first, count);
    if (!barrier()) return false;  // nobody may write its slot while others still read it
  }
  return true;
}

void Exchange::publish(Call const& call, std::size_t first, std::size_t count, std::byte const* scalar) {
  auto const move = movement(call, rank_, meeting_.ranks());
  if (!move.publishes) return;
  std::size_t const size = element_bytes(call.type);
  auto const* const from = static_cast<std::byte const*>(call.send) + first * size;
  auto* const slot = meeting_.slot(rank_);
  scalar ? multiply(slot, from, count, call.type, scalar) : void(std::memcpy(slot, from, count * size));
  // A rank that gets nothing gives a wrong element instead.
  bool const last = first + count == move.published;
  if (is_wrong(call) && last && move.begin == move.end) flip_a_bit(slot, count * size);
}

/// This rank's share of the chunk [first, first + count) of all sources.
void Exchange::take(Call const& call, std::size_t first, std::size_t count) {
  auto const move = movement(call, rank_, meeting_.ranks());
  std::size_t const begin = std::max(move.begin, first), end = std::min(move.end, first + count);
  if (begin >= end) return;
  std::size_t const size = element_bytes(call.type), skip = (begin - first) * size;
  auto* const out = static_cast<std::byte*>(call.recv) + (begin - move.begin) * size;
  if (reduces(call.function)) return reduce_slots(call, out, skip, end - begin);
  for (int source = 0; source < meeting_.ranks(); ++source) {
    if (move.only_from >= 0 && source != move.only_from) continue;
    auto const place = move.only_from >= 0 ? 0 : static_cast<std::size_t>(source) * call.count * size;
    std::memcpy(out + place, meeting_.slot(source) + skip, (end - begin) * size);
  }
}

/// In rank order on every rank, so that all get the same bits.
void Exchange::reduce_slots(Call const& call, std::byte* out, std::size_t skip, std::size_t count) {
  std::memcpy(out, meeting_.slot(0) + skip, count * element_bytes(call.type));
  for (int rank = 1; rank < meeting_.ranks(); ++rank)
    combine(out, meeting_.slot(rank) + skip, count, call.type, call.reduction.kind);
  if (call.reduction.kind == Reduction::Kind::average) divide(out, count, call.type, meeting_.ranks());
}

bool Exchange::point_to_point(std::span<Call const> calls) {
  Lanes lanes(meeting_, rank_, calls);
  for (int polls = 0; !lanes.done(); ++polls) {
    if (lanes.advance()) polls = 0;
    if (stop_() || meeting_.fault()) return false;
    pause(polls);
  }
  return !meeting_.fault();
}

}  // namespace muster::standin
