// Random numbers for pictures and orders, by coordinates: a value never depends on the order in which threads
// ask.
#pragma once
#include <cmath>
#include <cstdint>
#include <numbers>

#include "kernels/contract/random.hpp"

namespace muster::dataload {

/// A short fast stream for one row of pixels (Marsaglia's xorshift, 64 bits).
class RowRandom {
 public:
  explicit RowRandom(std::uint64_t seed) : state_(seed | 1) {}
  std::uint64_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
  }
  std::uint32_t below(std::uint32_t bound) {
    return static_cast<std::uint32_t>(((next() >> 32) * bound) >> 32);
  }
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }  ///< [0, 1)
  double normal() {
    double const radius = std::sqrt(-2 * std::log(1 - uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
  }

 private:
  std::uint64_t state_;
};

}  // namespace muster::dataload
