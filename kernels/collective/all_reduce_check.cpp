#include "kernels/collective/all_reduce_check.hpp"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <limits>
#include <mutex>
#include <stdexcept>
#include <string>

#include "kernels/contract/float16.hpp"
#include "kernels/contract/share.hpp"

namespace muster {

namespace {

struct TypeRow {
  ReduceType type;
  std::string_view name;
  std::size_t bytes;
};

constexpr std::array<TypeRow, 4> types{{{ReduceType::float32, "float32", 4},
                                        {ReduceType::float64, "float64", 8},
                                        {ReduceType::float16, "float16", 2},
                                        {ReduceType::bfloat16, "bfloat16", 2}}};

TypeRow const& row(ReduceType type) {
  for (auto const& entry : types) {
    if (entry.type == type) return entry;
  }
  throw std::invalid_argument("not an all-reduce type");
}

// Small integers in each type's encoding, and back.
struct AsFloat {
  using Stored = float;
  static Stored encode(int value) { return static_cast<float>(value); }
  static double decode(Stored value) { return static_cast<double>(value); }
};
struct AsDouble {
  using Stored = double;
  static Stored encode(int value) { return value; }
  static double decode(Stored value) { return value; }
};
struct AsHalf {
  using Stored = std::uint16_t;
  static Stored encode(int value) { return to_fp16(static_cast<float>(value)); }
  static double decode(Stored value) { return static_cast<double>(from_fp16(value)); }
};
struct AsBrainFloat {
  using Stored = std::uint16_t;
  static Stored encode(int value) { return to_bf16(static_cast<float>(value)); }
  static double decode(Stored value) { return static_cast<double>(from_bf16(value)); }
};

template <class Action>
void with_encoding(ReduceType type, Action const& action) {
  switch (type) {
    case ReduceType::float32:
      return action(AsFloat{});
    case ReduceType::float64:
      return action(AsDouble{});
    case ReduceType::float16:
      return action(AsHalf{});
    case ReduceType::bfloat16:
      return action(AsBrainFloat{});
  }
}

struct Mismatch {
  std::uint64_t wrong = 0, first = std::numeric_limits<std::uint64_t>::max();
  double got = 0, expected = 0;

  void merge(Mismatch const& other) {
    std::uint64_t const total = wrong + other.wrong;
    if (other.first < first) *this = other;
    wrong = total;
  }
};

template <class Encoding>
Mismatch compare(AllReduceProblem const& problem, void const* output, Share part) {
  using Stored = typename Encoding::Stored;
  auto const* values = static_cast<Stored const*>(output);
  Mismatch found;
  for (std::uint64_t i = part.begin; i < part.end; ++i) {
    int const expected = all_reduce_expected(problem.type, problem.seed, problem.ranks, i);
    Stored const right = Encoding::encode(expected);
    // A sum of zero may come with either sign, by the order of the additions; all else is one bit pattern.
    bool const same = std::memcmp(&values[i], &right, sizeof right) == 0 ||
                      (expected == 0 && Encoding::decode(values[i]) == 0.0);
    if (same) continue;
    if (found.wrong++ == 0) {
      found.first = i;
      found.got = Encoding::decode(values[i]);
      found.expected = expected;
    }
  }
  return found;
}

}  // namespace

ReduceType reduce_type(std::string_view name) {
  for (auto const& entry : types) {
    if (entry.name == name) return entry.type;
  }
  throw std::invalid_argument("'" + std::string(name) + "' is not an all-reduce type");
}

std::string_view name(ReduceType type) { return row(type).name; }
std::size_t element_bytes(ReduceType type) { return row(type).bytes; }

Work AllReduceProblem::work() const {
  auto const n = static_cast<std::uint64_t>(ranks);
  auto const part = [&](std::uint64_t amount,
                        std::uint64_t factor) {  // amount * factor / n, free of overflow
    return amount / n * factor + amount % n * factor / n;
  };
  return {.bytes = bytes, .flops = part(count(), n - 1), .wire_bytes = part(bytes, 2 * (n - 1))};
}

std::vector<Figure> AllReduceProblem::figures() const {
  return {{"bus_bandwidth_factor", 2.0 * (ranks - 1) / ranks, ""}};
}

AllReduceProblem all_reduce_problem(Params const& params, std::uint64_t seed, int rank, int ranks) {
  return {reduce_type(params.text("type")), static_cast<std::uint64_t>(params.integer("bytes")), seed, rank,
          ranks};
}

void fill_all_reduce(AllReduceProblem const& problem, void* input, Team& team) {
  with_encoding(problem.type, [&]<class Encoding>(Encoding) {
    auto* const values = static_cast<typename Encoding::Stored*>(input);
    team.run([&](int index) {
      Share const part = share_of(problem.count(), index, team.size());
      for (std::uint64_t i = part.begin; i < part.end; ++i) {
        values[i] =
            Encoding::encode(all_reduce_input(problem.type, problem.seed, problem.ranks, problem.rank, i));
      }
    });
  });
}

Verdict check_all_reduce(AllReduceProblem const& problem, void const* output, Team& team) {
  Mismatch all;
  std::mutex merging;
  with_encoding(problem.type, [&]<class Encoding>(Encoding) {
    team.run([&](int index) {
      auto const found = compare<Encoding>(problem, output, share_of(problem.count(), index, team.size()));
      std::lock_guard const lock(merging);
      all.merge(found);
    });
  });
  std::string detail;
  if (all.wrong > 0) {
    detail =
        fmt::format("rank {}: {} of {} elements are wrong, the first is {}: got {}, expected {} (seed {})",
                    problem.rank, all.wrong, problem.count(), all.first, all.got, all.expected, problem.seed);
  }
  return Verdict::judge("every element, exact sums", static_cast<double>(all.wrong), 0, detail);
}

}  // namespace muster
