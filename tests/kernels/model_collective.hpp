// Every collective as its definition says, on all ranks' sources at once: what the code under test is held
// against. Shares nothing with kernels/collective.
#pragma once
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "kernels/contract/collective.hpp"
#include "kernels/contract/float16.hpp"
#include "kernels/contract/float8.hpp"

namespace muster::test {

/// One rank's call, with a copy of its source.
struct PostedCall {
  CollectiveCall call;
  std::vector<std::byte> source;
  std::vector<std::size_t> send_counts, send_offsets;
};

inline std::uint64_t bits_at(ElementType type, std::byte const* at) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, at, element_bytes(type));
  return bits;
}

inline double value_at(ElementType type, std::byte const* at) {
  auto const bits = bits_at(type, at);
  switch (type) {
    case ElementType::float16:
      return static_cast<double>(from_fp16(static_cast<std::uint16_t>(bits)));
    case ElementType::bfloat16:
      return static_cast<double>(from_bf16(static_cast<std::uint16_t>(bits)));
    case ElementType::float8_e4m3:
      return static_cast<double>(E4m3::decode_finite(static_cast<std::uint8_t>(bits)));
    case ElementType::float8_e5m2:
      return static_cast<double>(E5m2::decode_finite(static_cast<std::uint8_t>(bits)));
    case ElementType::float32:
      return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
    default:
      return std::bit_cast<double>(bits);
  }
}

inline std::uint64_t bits_of_value(ElementType type, double value) {
  auto const single = static_cast<float>(value);
  switch (type) {
    case ElementType::float16:
      return to_fp16(single);
    case ElementType::bfloat16:
      return to_bf16(single);
    case ElementType::float8_e4m3:
      return E4m3::encode(single);
    case ElementType::float8_e5m2:
      return E5m2::encode(single);
    case ElementType::float32:
      return std::bit_cast<std::uint32_t>(single);
    default:
      return std::bit_cast<std::uint64_t>(value);
  }
}

inline bool is_integer(ElementType type) { return type <= ElementType::uint64; }
inline bool is_signed(ElementType type) {
  return type == ElementType::int8 || type == ElementType::int32 || type == ElementType::int64;
}

/// Integers, in 64 bits, signed ones extended.
inline std::uint64_t integer_at(ElementType type, std::byte const* at) {
  auto const bits = bits_at(type, at);
  int const shift = static_cast<int>(64 - 8 * element_bytes(type));
  if (!is_signed(type)) return bits;
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(bits << shift) >> shift);
}

inline std::uint64_t combined(Reduction reduction, bool is_signed_type, std::uint64_t a, std::uint64_t b) {
  bool const less = is_signed_type ? static_cast<std::int64_t>(a) < static_cast<std::int64_t>(b) : a < b;
  switch (reduction) {
    case Reduction::prod:
      return a * b;
    case Reduction::min:
      return less ? a : b;
    case Reduction::max:
      return less ? b : a;
    default:
      return a + b;
  }
}

inline double combined(Reduction reduction, double a, double b) {
  switch (reduction) {
    case Reduction::prod:
      return a * b;
    case Reduction::min:
      return std::min(a, b);
    case Reduction::max:
      return std::max(a, b);
    default:
      return a + b;
  }
}

/// Element `index` reduced over all ranks in the order of `ranks`, rounded to the type after every step.
inline std::uint64_t reduced(std::vector<PostedCall const*> const& all, std::vector<int> const& ranks,
                             std::size_t index) {
  auto const& call = all.front()->call;
  bool const premultiplied = call.reduction == Reduction::premul_sum;
  auto const at = [&](int rank) {
    return all[static_cast<std::size_t>(rank)]->source.data() + index * element_bytes(call.type);
  };
  auto const n = static_cast<std::uint64_t>(all.size());
  if (is_integer(call.type)) {
    std::uint64_t result = 0;
    for (std::size_t i = 0; i < ranks.size(); ++i) {
      auto value = integer_at(call.type, at(ranks[i]));
      if (premultiplied) value *= static_cast<std::uint64_t>(premul_scalar(ranks[i]));
      result = i == 0 ? value : combined(call.reduction, is_signed(call.type), result, value);
    }
    if (call.reduction != Reduction::avg) return result;
    auto const count = static_cast<std::int64_t>(n);
    return is_signed(call.type) ? static_cast<std::uint64_t>(static_cast<std::int64_t>(result) / count)
                                : result / n;
  }
  double result = 0;
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    double value = value_at(call.type, at(ranks[i]));
    if (premultiplied) value *= premul_scalar(ranks[i]);
    result = i == 0 ? value : combined(call.reduction, result, value);
    auto const rounded = bits_of_value(call.type, result);
    std::byte stored[8];
    std::memcpy(stored, &rounded, sizeof stored);
    result = value_at(call.type, stored);
  }
  if (call.reduction == Reduction::avg) result /= static_cast<double>(n);
  return bits_of_value(call.type, result);
}

/// The bytes that `rank` finds in its target afterwards; empty where it gets none. `in_order`: of the ranks
/// that are reduced (a test may leave one out).
inline std::vector<std::byte> collective_result(std::vector<PostedCall const*> const& all, int rank,
                                                std::vector<int> const& in_order) {
  auto const& call = all[static_cast<std::size_t>(rank)]->call;
  std::size_t const element = element_bytes(call.type), part = call.count * element, ranks = all.size();
  auto const own = static_cast<std::size_t>(rank);
  std::vector<std::byte> result;
  auto const take = [&](int from, std::size_t offset, std::size_t bytes) {
    auto const& source = all[static_cast<std::size_t>(from)]->source;
    if (offset + bytes > source.size()) throw std::out_of_range("a source is too short");
    result.insert(result.end(), source.begin() + static_cast<std::ptrdiff_t>(offset),
                  source.begin() + static_cast<std::ptrdiff_t>(offset + bytes));
  };
  auto const reduce = [&](std::size_t first) {
    for (std::size_t i = 0; i < call.count; ++i) {
      auto const bits = reduced(all, in_order, first + i);
      auto const* const bytes = reinterpret_cast<std::byte const*>(&bits);
      result.insert(result.end(), bytes, bytes + element);
    }
  };
  switch (call.operation) {
    case Operation::all_reduce:
      reduce(0);
      break;
    case Operation::reduce:
      if (rank == call.root) reduce(0);
      break;
    case Operation::reduce_scatter:
      reduce(own * call.count);
      break;
    case Operation::all_gather:
      for (std::size_t from = 0; from < ranks; ++from) take(static_cast<int>(from), 0, part);
      break;
    case Operation::gather:
      for (std::size_t from = 0; rank == call.root && from < ranks; ++from)
        take(static_cast<int>(from), 0, part);
      break;
    case Operation::broadcast:
      take(call.root, 0, part);
      break;
    case Operation::scatter:
      take(call.root, own * part, part);
      break;
    case Operation::all_to_all:
      for (std::size_t from = 0; from < ranks; ++from) take(static_cast<int>(from), own * part, part);
      break;
    case Operation::all_to_all_v:
      for (std::size_t from = 0; from < ranks; ++from) {
        take(static_cast<int>(from), all[from]->send_offsets[own] * element,
             all[from]->send_counts[own] * element);
      }
      break;
    case Operation::send_recv:
      take((rank + static_cast<int>(ranks) - 1) % static_cast<int>(ranks), 0, part);
      break;
    case Operation::pairwise:
      if (call.partner >= 0) take(call.partner, 0, part);
      break;
  }
  return result;
}

/// Elements of a rank's source.
inline std::size_t source_elements(CollectiveCall const& call, int rank, std::size_t ranks) {
  switch (call.operation) {
    case Operation::reduce_scatter:
    case Operation::all_to_all:
      return call.count * ranks;
    case Operation::scatter:
      return rank == call.root ? call.count * ranks : 0;
    case Operation::broadcast:
      return rank == call.root ? call.count : 0;
    case Operation::all_to_all_v:
      return call.send_counts.empty() ? 0 : call.send_offsets.back() + call.send_counts.back();
    case Operation::pairwise:
      return call.partner >= 0 ? call.count : 0;
    default:
      return call.count;
  }
}

inline PostedCall posted(CollectiveCall const& call, int rank, std::size_t ranks) {
  auto const bytes = source_elements(call, rank, ranks) * element_bytes(call.type);
  auto const* const source = static_cast<std::byte const*>(call.send);
  return {call,
          {source, source + bytes},
          {call.send_counts.begin(), call.send_counts.end()},
          {call.send_offsets.begin(), call.send_offsets.end()}};
}

}  // namespace muster::test
