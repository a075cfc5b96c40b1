// Input of collectives, made from counters, and the one right value of every element of the result. What is
// reduced is chosen so that the result is exact in the element type whatever the order of the ranks; what is
// only moved is random bits. The idea of sums that are exact in any order is nccl-tests' (src/verifiable);
// the recipe is ours. Compiles under g++ and nvcc.
#pragma once
#include <cmath>
#include <cstdint>

#include "kernels/contract/collective.hpp"
#include "kernels/contract/float16.hpp"
#include "kernels/contract/float8.hpp"
#include "kernels/contract/portable.hpp"
#include "kernels/contract/random.hpp"

namespace muster {

/// All that the values depend on, besides rank and element.
struct CollectiveData {
  ElementType type = ElementType::float32;
  Reduction reduction = Reduction::sum;
  std::uint64_t seed = 0;
  int ranks = 1;
};

/// How a floating-point type is laid out.
struct FloatLayout {
  int exponent_bits, fraction_bits, bias;
};

MUSTER_HD constexpr bool is_float(ElementType type) {
  return type == ElementType::float16 || type == ElementType::float32 || type == ElementType::float64 ||
         type == ElementType::bfloat16 || type == ElementType::float8_e4m3 ||
         type == ElementType::float8_e5m2;
}

MUSTER_HD constexpr bool is_signed_integer(ElementType type) {
  return type == ElementType::int8 || type == ElementType::int32 || type == ElementType::int64;
}

MUSTER_HD constexpr int bits_of_type(ElementType type) {
  switch (type) {
    case ElementType::int8:
    case ElementType::uint8:
    case ElementType::float8_e4m3:
    case ElementType::float8_e5m2:
      return 8;
    case ElementType::float16:
    case ElementType::bfloat16:
      return 16;
    case ElementType::int32:
    case ElementType::uint32:
    case ElementType::float32:
      return 32;
    default:
      return 64;
  }
}

MUSTER_HD constexpr FloatLayout layout_of(ElementType type) {
  switch (type) {
    case ElementType::float16:
      return {5, 10, 15};
    case ElementType::bfloat16:
      return {8, 7, 127};
    case ElementType::float8_e4m3:
      return {4, 3, 7};
    case ElementType::float8_e5m2:
      return {5, 2, 15};
    case ElementType::float64:
      return {11, 52, 1023};
    default:
      return {8, 23, 127};
  }
}

MUSTER_HD constexpr std::uint64_t mask_of(ElementType type) {
  return bits_of_type(type) == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits_of_type(type)) - 1;
}

/// (-1)^negative x significand x 2^exponent in the type's encoding; must be exact and normal there.
MUSTER_HD constexpr std::uint64_t float_bits(ElementType type, bool negative, std::uint64_t significand,
                                             int exponent) {
  FloatLayout const layout = layout_of(type);
  std::uint64_t const sign = std::uint64_t{negative} << (bits_of_type(type) - 1);
  if (significand == 0) return sign;
  int top = 63;
  while ((significand >> top & 1) == 0) --top;
  std::uint64_t const fraction = (top <= layout.fraction_bits ? significand << (layout.fraction_bits - top)
                                                              : significand >> (top - layout.fraction_bits)) &
                                 ((std::uint64_t{1} << layout.fraction_bits) - 1);
  return sign | static_cast<std::uint64_t>(exponent + top + layout.bias) << layout.fraction_bits | fraction;
}

/// A small integer in the type's encoding; integers wrap round.
MUSTER_HD constexpr std::uint64_t small_bits(ElementType type, std::int64_t value) {
  if (!is_float(type)) return static_cast<std::uint64_t>(value) & mask_of(type);
  return float_bits(type, value < 0, static_cast<std::uint64_t>(value < 0 ? -value : value), 0);
}

/// Ranks beyond this number form blocks of it, of which one, drawn at random, has values of its own in an
/// element, and the others what changes nothing. So intermediate results stay within what the type holds
/// exactly: sums of odd integers up to 15 (8-bit floats: of 1 and -1) below 2^8 in bfloat16, 2^11 in float16,
/// 2^4 and 2^3 in e4m3 and e5m2; products of powers of two within its exponents. 32 and 64 bits would hold
/// the sum of thousands of ranks (integers wrap round, which is exact), but making it anew for every element
/// would take longer than the collective: 256 there.
MUSTER_HD constexpr int exact_block(ElementType type, Reduction reduction) {
  bool const large = type == ElementType::float32 || type == ElementType::float64 || !is_float(type);
  switch (reduction) {
    case Reduction::sum:
    case Reduction::premul_sum: {
      int const block = large                              ? 256
                        : type == ElementType::float16     ? 128
                        : type == ElementType::float8_e5m2 ? 8
                                                           : 16;
      return reduction == Reduction::sum ? block : block / 2;
    }
    case Reduction::prod:
      return type == ElementType::float8_e4m3                                   ? 4
             : type == ElementType::float16 || type == ElementType::float8_e5m2 ? 8
                                                                                : 16;
    case Reduction::avg:
      return 1;
    default:
      return 16;
  }
}

/// Streams of random words; each rank's own begin at `of_ranks`.
namespace collective_stream {
inline constexpr std::uint64_t block = 0x626C6B, lone = 0x6C6F6E65, of_digits = 0x7265640000000000ULL,
                               of_ranks = 0x636F700000000000ULL;
}

MUSTER_HD constexpr int active_block(CollectiveData const& data, std::uint64_t element) {
  int const block = exact_block(data.type, data.reduction);
  int const blocks = (data.ranks + block - 1) / block;
  if (blocks <= 1) return 0;
  return static_cast<int>(random_word(stream_key(data.seed, collective_stream::block), element) %
                          static_cast<std::uint64_t>(blocks));
}

/// 64 random bits, of which sixteen ranks have four each in an element.
MUSTER_HD constexpr std::uint64_t digits_of(CollectiveData const& data, int sixteen, std::uint64_t element) {
  auto const stream = collective_stream::of_digits + static_cast<std::uint64_t>(sixteen);
  return random_word(stream_key(data.seed, stream), element);
}

MUSTER_HD constexpr unsigned digit_in(std::uint64_t digits, int rank) {
  return static_cast<unsigned>(digits >> (4 * (rank % 16)) & 15);
}

MUSTER_HD constexpr unsigned digit_of(CollectiveData const& data, int rank, std::uint64_t element) {
  return digit_in(digits_of(data, rank / 16, element), rank);
}

/// sum, premul_sum, avg and integers' prod: odd, so a rank that is missing shows in every element of its
/// block.
MUSTER_HD constexpr std::int64_t odd_value(ElementType type, unsigned digit) {
  bool const tiny = type == ElementType::float8_e4m3 || type == ElementType::float8_e5m2;
  return tiny ? 2 * static_cast<std::int64_t>(digit & 1) - 1 : 2 * static_cast<std::int64_t>(digit) - 15;
}

/// min and max: any value but zeros, infinities and what is near them (floats: the exponent's upper two bits
/// differ, as in nccl-tests).
MUSTER_HD constexpr std::uint64_t any_value(CollectiveData const& data, int rank, std::uint64_t element) {
  auto const stream = collective_stream::of_ranks + static_cast<std::uint64_t>(rank);
  std::uint64_t bits = random_word(stream_key(data.seed, stream), element) & mask_of(data.type);
  if (!is_float(data.type)) return bits;
  int const top = bits_of_type(data.type) - 2;
  std::uint64_t const second = bits >> (top - 1) & 1;
  return (bits & ~(std::uint64_t{1} << top)) | (1 - second) << top;
}

/// What loses against everything: the largest finite value in a minimum, the smallest in a maximum.
MUSTER_HD constexpr std::uint64_t loser(ElementType type, Reduction reduction) {
  bool const largest = reduction == Reduction::min;
  if (!is_float(type)) {
    std::uint64_t const top = std::uint64_t{1} << (bits_of_type(type) - 1);
    if (is_signed_integer(type)) return largest ? top - 1 : top;
    return largest ? mask_of(type) : 0;
  }
  FloatLayout const layout = layout_of(type);
  std::uint64_t const infinity = ((std::uint64_t{1} << layout.exponent_bits) - 1) << layout.fraction_bits;
  // e4m3 has no infinity, and one NaN at the very top.
  std::uint64_t const most = type == ElementType::float8_e4m3 ? 0x7E : infinity - 1;
  return largest ? most : most | std::uint64_t{1} << (bits_of_type(type) - 1);
}

/// Unsigned numbers in the order of the values that the bits stand for (no NaN).
MUSTER_HD constexpr std::uint64_t order_of(ElementType type, std::uint64_t bits) {
  std::uint64_t const top = std::uint64_t{1} << (bits_of_type(type) - 1);
  if (is_float(type)) return (bits & top) != 0 ? mask_of(type) & ~bits : bits | top;
  return is_signed_integer(type) ? bits ^ top : bits;
}

/// prod of floats: powers of two from 1/2 to 2 with any sign, and one rank of the block has 1.5 times that.
struct PowerOfTwo {
  bool negative = false;
  int exponent = 0;
};

MUSTER_HD constexpr PowerOfTwo power_of(unsigned digit) {
  unsigned const choice = digit & 3;
  return {(digit & 8) != 0, choice == 1 ? 1 : choice == 2 ? -1 : 0};
}

/// The rank, among `among` from `first` on, that differs from the others in an element.
MUSTER_HD constexpr int lone_rank(CollectiveData const& data, int first, int among, std::uint64_t element) {
  return first + static_cast<int>(random_word(stream_key(data.seed, collective_stream::lone), element) %
                                  static_cast<std::uint64_t>(among));
}

/// The block's ranks: [first, last).
struct RankRange {
  int first = 0, last = 0;
};

MUSTER_HD constexpr RankRange active_ranks(CollectiveData const& data, std::uint64_t element) {
  int const block = exact_block(data.type, data.reduction);
  int const first = active_block(data, element) * block;
  return {first, first + block < data.ranks ? first + block : data.ranks};
}

/// avg: floats may be negative; integers are not, since who divides them might treat them as unsigned.
MUSTER_HD constexpr std::int64_t averaged_value(CollectiveData const& data, int rank, std::uint64_t element) {
  unsigned const digit = digit_of(data, rank, element);
  return is_float(data.type) ? odd_value(data.type, digit) : static_cast<std::int64_t>(7 * digit + 3);
}

/// What `rank` puts into element `element` of what is reduced, as the type's bits.
MUSTER_HD constexpr std::uint64_t reduced_input(CollectiveData const& data, int rank, std::uint64_t element) {
  RankRange const active = active_ranks(data, element);
  bool const inside = rank >= active.first && rank < active.last;
  unsigned const digit = digit_of(data, rank, element);
  switch (data.reduction) {
    case Reduction::sum:
    case Reduction::premul_sum:
      return inside ? small_bits(data.type, odd_value(data.type, digit)) : 0;
    case Reduction::avg:
      return lone_rank(data, 0, data.ranks, element) == rank
                 ? small_bits(data.type, averaged_value(data, rank, element))
                 : 0;
    case Reduction::min:
    case Reduction::max:
      return inside ? any_value(data, rank, element) : loser(data.type, data.reduction);
    case Reduction::prod:
      break;
  }
  if (!inside) return small_bits(data.type, 1);
  if (!is_float(data.type)) return small_bits(data.type, odd_value(data.type, digit));
  PowerOfTwo const power = power_of(digit);
  bool const lone = lone_rank(data, active.first, active.last - active.first, element) == rank;
  return float_bits(data.type, power.negative, lone ? 3 : 1, lone ? power.exponent - 1 : power.exponent);
}

MUSTER_HD constexpr std::uint64_t expected_sum(CollectiveData const& data, RankRange active,
                                               std::uint64_t element) {
  std::int64_t sum = 0;
  std::uint64_t digits = 0;
  for (int rank = active.first; rank < active.last; ++rank) {
    if (rank == active.first || rank % 16 == 0) digits = digits_of(data, rank / 16, element);
    std::int64_t const value = odd_value(data.type, digit_in(digits, rank));
    sum += data.reduction == Reduction::premul_sum ? premul_scalar(rank) * value : value;
  }
  return small_bits(data.type, sum);
}

MUSTER_HD constexpr std::uint64_t expected_product(CollectiveData const& data, RankRange active,
                                                   std::uint64_t element) {
  std::uint64_t product = 1;
  bool negative = false;
  int exponent = 0;
  for (int rank = active.first; rank < active.last; ++rank) {
    unsigned const digit = digit_of(data, rank, element);
    product *= static_cast<std::uint64_t>(odd_value(data.type, digit));
    PowerOfTwo const power = power_of(digit);
    negative = negative != power.negative;
    exponent += power.exponent;
  }
  if (!is_float(data.type)) return product & mask_of(data.type);
  return float_bits(data.type, negative, 3, exponent - 1);
}

MUSTER_HD constexpr std::uint64_t expected_extreme(CollectiveData const& data, RankRange active,
                                                   std::uint64_t element) {
  std::uint64_t best = loser(data.type, data.reduction);
  for (int rank = active.first; rank < active.last; ++rank) {
    std::uint64_t const bits = any_value(data, rank, element);
    bool const less = order_of(data.type, bits) < order_of(data.type, best);
    if (less == (data.reduction == Reduction::min)) best = bits;
  }
  return best;
}

/// The right result of element `element`, as bits; of an avg of floats, the value before the division (see
/// is_right_average).
MUSTER_HD constexpr std::uint64_t reduced_result(CollectiveData const& data, std::uint64_t element) {
  RankRange const active = active_ranks(data, element);
  switch (data.reduction) {
    case Reduction::sum:
    case Reduction::premul_sum:
      return expected_sum(data, active, element);
    case Reduction::prod:
      return expected_product(data, active, element);
    case Reduction::min:
    case Reduction::max:
      return expected_extreme(data, active, element);
    case Reduction::avg:
      break;
  }
  std::int64_t const value = averaged_value(data, lone_rank(data, 0, data.ranks, element), element);
  return small_bits(data.type, is_float(data.type) ? value : value / data.ranks);
}

/// The value of a float's bits; infinities and NaN as infinity.
MUSTER_HD inline double float_value(ElementType type, std::uint64_t bits) {
  FloatLayout const layout = layout_of(type);
  std::uint64_t const top_exponent = (std::uint64_t{1} << layout.exponent_bits) - 1;
  std::uint64_t const exponent = bits >> layout.fraction_bits & top_exponent;
  std::uint64_t const fraction = bits & ((std::uint64_t{1} << layout.fraction_bits) - 1);
  bool const e4m3 = type == ElementType::float8_e4m3;
  if (exponent == top_exponent && (!e4m3 || fraction == 7)) return HUGE_VAL;
  int const scale = static_cast<int>(exponent == 0 ? 1 : exponent) - layout.bias - layout.fraction_bits;
  auto const significand =
      static_cast<double>(exponent == 0 ? fraction : fraction | std::uint64_t{1} << layout.fraction_bits);
  double const size = ldexp(significand, scale);
  return (bits >> (bits_of_type(type) - 1) & 1) != 0 ? -size : size;
}

/// Is `got` sum / ranks? To 2 units in the last place: NCCL multiplies by the rounded reciprocal before it
/// adds, others divide after. Powers of two leave no room for that and are exact, down to the type's smallest
/// number.
MUSTER_HD inline bool is_right_average(CollectiveData const& data, std::uint64_t sum, std::uint64_t got) {
  FloatLayout const layout = layout_of(data.type);
  double const value = float_value(data.type, got);
  double const right = float_value(data.type, sum) / data.ranks;
  int exponent = 0;
  (void)frexp(right, &exponent);
  int const lowest = 1 - layout.bias - layout.fraction_bits;
  int const last_place = exponent - 1 - layout.fraction_bits;
  bool const exact = (data.ranks & (data.ranks - 1)) == 0 && last_place >= lowest;
  if (exact) return value == right;
  return fabs(value - right) <= 2 * ldexp(1.0, last_place > lowest ? last_place : lowest);
}

/// Is `got` right in element `element` of what was reduced? A sum of zero may have either sign.
MUSTER_HD inline bool is_right(CollectiveData const& data, std::uint64_t element, std::uint64_t got) {
  std::uint64_t const right = reduced_result(data, element);
  if (data.reduction == Reduction::avg && is_float(data.type)) return is_right_average(data, right, got);
  std::uint64_t const sign = std::uint64_t{1} << (bits_of_type(data.type) - 1);
  return got == right || (right == 0 && is_float(data.type) && got == sign);
}

/// Element `element` of `rank`'s source in operations that only move data: random bits.
MUSTER_HD constexpr std::uint64_t moved_input(CollectiveData const& data, int rank, std::uint64_t element) {
  auto const stream = collective_stream::of_ranks + static_cast<std::uint64_t>(rank);
  return random_word(stream_key(data.seed, stream), element) & mask_of(data.type);
}

}  // namespace muster
