// Comparing what a training kernel wrote with a reference: every element, though the reference holds one
// period of the data only.
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "kernels/contract/device.hpp"
#include "kernels/contract/float16.hpp"
#include "kernels/contract/portable.hpp"
#include "kernels/contract/verdict.hpp"

namespace muster::training {

/// |got - right| <= relative |right| + absolute. Both 0: equal as numbers.
struct Closeness {
  float relative = 0, absolute = 0;
};

/// How far `got` is off, as a multiple of what is allowed: at most 1 passes. Where nothing is allowed, 0 or
/// infinity. NaN becomes infinity.
MUSTER_HD inline float excess(float got, float right, Closeness limit) {
  float const difference = got > right ? got - right : right - got;
  float const size = right < 0 ? -right : right;
  float const allowed = limit.relative * size + limit.absolute;
  if (got == right) return 0.0F;
  float const ratio = difference / allowed;
  return ratio >= 0.0F ? ratio : float_of(0x7F800000U);  // a NaN is no number that is >= 0
}

/// What a comparison found.
struct Difference {
  std::uint64_t wrong = 0;  ///< elements off by more than allowed
  std::uint64_t first = 0;  ///< index of the first of them
  double got = 0;           ///< its value
  float worst = 0;          ///< the largest excess()
};

/// Compares got[i] with right[i % right.size()] for all i < count, by all threads of `team`.
Difference compare(float const* got, std::uint64_t count, std::span<float const> right, Closeness limit,
                   Team& team);
/// bfloat16 in its bits.
Difference compare(std::uint16_t const* got, std::uint64_t count, std::span<float const> right,
                   Closeness limit, Team& team);

/// Passes where nothing is wrong; `what` names the array ("the gradient"). The error is the largest excess,
/// the tolerance 1.
Verdict judge(std::string const& method, std::string const& what, std::uint64_t count,
              std::span<float const> right, Difference const& found);

/// The first that failed, or the one whose error is largest. Not empty.
Verdict worst_of(std::span<Verdict const> verdicts);

}  // namespace muster::training
