#include "harness/plan/interleave.hpp"

#include <utility>

namespace muster {
namespace {

/// SplitMix64 (Steele, Lea and Flood 2014): every bit of the state changes every bit of the result.
std::uint64_t mixed(std::uint64_t state) {
  state += 0x9e3779b97f4a7c15;
  state = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9;
  state = (state ^ (state >> 27)) * 0x94d049bb133111eb;
  return state ^ (state >> 31);
}

}  // namespace

void add_interleaved(std::vector<Arm>& order, int launches, std::uint64_t seed) {
  while (launches > 0) {
    auto first = Arm::base, second = Arm::candidate;
    if (mixed(mixed(seed) + order.size()) >> 63) std::swap(first, second);
    order.insert(order.end(), {first, second});
    if (launches > 1) order.insert(order.end(), {second, first});
    launches -= 2;
  }
}

}  // namespace muster
