#include "kernels/collective/collective_problem.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kernels/contract/error.hpp"

namespace muster {

namespace {

/// amount * factor / parts, free of overflow, rounded down.
std::uint64_t part(std::uint64_t amount, std::uint64_t factor, std::uint64_t parts) {
  return amount / parts * factor + amount % parts * factor / parts;
}

constexpr std::uint64_t exchange_stream = 0x61326176;

}  // namespace

std::size_t CollectiveProblem::count() const {
  std::uint64_t const elements = bytes / element_bytes(type);
  if (!has_parts(operation)) return elements;
  std::uint64_t const granule = 16 / element_bytes(type);
  return elements / static_cast<std::uint64_t>(ranks) / granule * granule;
}

std::size_t CollectiveProblem::send_elements() const {
  auto const n = static_cast<std::size_t>(ranks);
  switch (operation) {
    case Operation::reduce_scatter:
    case Operation::all_to_all:
      return count() * n;
    case Operation::all_to_all_v:
      return sent().total;
    case Operation::scatter:
      return rank == root ? count() * n : 0;
    case Operation::broadcast:
      return rank == root ? count() : 0;
    case Operation::pairwise:
      return partner() >= 0 ? count() : 0;
    default:
      return count();
  }
}

std::size_t CollectiveProblem::recv_elements() const {
  auto const n = static_cast<std::size_t>(ranks);
  switch (operation) {
    case Operation::all_gather:
    case Operation::all_to_all:
      return count() * n;
    case Operation::all_to_all_v:
      return received().total;
    case Operation::gather:
      return rank == root ? count() * n : 0;
    case Operation::reduce:
      return rank == root ? count() : 0;
    case Operation::pairwise:
      return partner() >= 0 ? count() : 0;
    default:
      return count();
  }
}

std::uint64_t CollectiveProblem::size() const {
  if (operation == Operation::all_to_all_v) {
    std::size_t most = 0;
    for (int one = 0; one < ranks; ++one) {
      std::size_t out = 0, in = 0;
      for (int other = 0; other < ranks; ++other) {
        out += exchanged(one, other);
        in += exchanged(other, one);
      }
      most = std::max({most, out, in});
    }
    return most * element_bytes(type);
  }
  auto const parts = has_parts(operation) ? static_cast<std::uint64_t>(ranks) : 1;
  return count() * parts * element_bytes(type);
}

Work CollectiveProblem::work() const {
  auto const n = static_cast<std::uint64_t>(ranks);
  Work work{.bytes = size()};
  work.wire_bytes = operation == Operation::all_reduce ? part(work.bytes, 2 * (n - 1), n)
                    : has_parts(operation)             ? part(work.bytes, n - 1, n)
                                                       : work.bytes;
  if (reduces(operation)) work.flops = part(work.bytes / element_bytes(type), n - 1, n);
  return work;
}

std::vector<Figure> CollectiveProblem::figures() const {
  return {{"bus_bandwidth_factor", bus_factor(operation, ranks), ""},
          {"message_bytes", static_cast<double>(size()), "B"},
          {"count", static_cast<double>(count()), ""}};
}

std::string CollectiveProblem::rounding_note() const {
  if (size() == bytes || operation == Operation::all_to_all_v) return {};
  auto const why = has_parts(operation) ? fmt::format("{} ranks, each with whole 16 bytes", ranks)
                                        : fmt::format("whole elements of {}", name(type));
  return fmt::format("bytes = {} became {} ({}), as in nccl-tests", bytes, size(), why);
}

bool CollectiveProblem::repeatable() const {
  bool const same_again = reduction == Reduction::min || reduction == Reduction::max;
  return !in_place || !reduces(operation) || same_again;
}

CollectiveData CollectiveProblem::data() const { return {type, reduction, seed, ranks}; }

int CollectiveProblem::partner() const {
  if (with) return *with;
  int const half = ranks / 2;
  if (rank >= 2 * half) return -1;
  return rank < half ? rank + half : rank - half;
}

std::size_t CollectiveProblem::exchanged(int from, int to) const {
  auto const pair =
      static_cast<std::uint64_t>(from) * static_cast<std::uint64_t>(ranks) + static_cast<std::uint64_t>(to);
  auto const word = random_word(stream_key(seed, exchange_stream), pair);
  double const deviation = static_cast<double>(word >> 11) * 0x1p-52 - 1;  // -1 .. 1
  return static_cast<std::size_t>(static_cast<double>(count()) * (1 + spread * deviation));
}

namespace {

Exchange exchange(CollectiveProblem const& problem, bool sends) {
  Exchange all;
  for (int other = 0; other < problem.ranks; ++other) {
    auto const count =
        sends ? problem.exchanged(problem.rank, other) : problem.exchanged(other, problem.rank);
    all.counts.push_back(count);
    all.offsets.push_back(all.total);
    all.total += count;
  }
  return all;
}

}  // namespace

Exchange CollectiveProblem::sent() const { return exchange(*this, true); }
Exchange CollectiveProblem::received() const { return exchange(*this, false); }

CollectiveProblem collective_problem(Operation operation, Params const& params, std::uint64_t seed, int rank,
                                     int ranks) {
  CollectiveProblem problem{.operation = operation,
                            .type = element_type_named(params.text("type")),
                            .bytes = static_cast<std::uint64_t>(params.integer("bytes")),
                            .seed = seed,
                            .rank = rank,
                            .ranks = ranks};
  if (params.has("reduction")) problem.reduction = reduction_named(params.text("reduction"));
  if (params.has("placement")) problem.in_place = params.text("placement") == "in_place";
  if (params.has("root")) problem.root = static_cast<int>(params.integer("root"));
  if (params.has("spread")) problem.spread = params.real("spread");
  return problem;
}

void require_work(CollectiveProblem const& problem) {
  if (problem.ranks < 2) {
    throw Unsupported(fmt::format("{} needs 2 ranks (this group has {}) use --ranks 2 or more",
                                  name(problem.operation), problem.ranks));
  }
  if (problem.root >= problem.ranks) {
    throw Unsupported(fmt::format("there is no rank {} to be root (the group has ranks 0 to {}) lower root",
                                  problem.root, problem.ranks - 1));
  }
  if (problem.size() == 0) {
    auto const least = static_cast<std::uint64_t>(problem.ranks) * 16;
    throw Unsupported(
        fmt::format("bytes = {} leaves nothing to send (each of {} ranks gets whole 16 bytes, as in "
                    "nccl-tests): skipped, "
                    "and counted in no figure; use bytes >= {}",
                    problem.bytes, problem.ranks, least));
  }
}

}  // namespace muster
