#include "kernels/dataload/dataset/epoch_plan.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>

#include "kernels/contract/random.hpp"

namespace muster::dataload {
namespace {

constexpr int rounds = 6;
constexpr int least_half_bits = 4;  // narrower halves mix too little

}  // namespace

Permutation::Permutation(std::uint64_t count, std::uint64_t key)
    : count_(count),
      key_(key),
      half_bits_(std::max(least_half_bits, (static_cast<int>(std::bit_width(count - 1)) + 1) / 2)) {
  if (count == 0) throw std::invalid_argument("an order needs at least one sample");
}

std::uint64_t Permutation::scramble(std::uint64_t value) const {
  std::uint64_t const mask = (std::uint64_t{1} << half_bits_) - 1;
  std::uint64_t left = value >> half_bits_, right = value & mask;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    std::uint64_t const mixed = random_word(key_ + round, right) & mask;
    std::uint64_t const next = left ^ mixed;
    left = right;
    right = next;
  }
  return left << half_bits_ | right;
}

std::uint64_t Permutation::unscramble(std::uint64_t value) const {
  std::uint64_t const mask = (std::uint64_t{1} << half_bits_) - 1;
  std::uint64_t left = value >> half_bits_, right = value & mask;
  for (std::uint64_t round = rounds; round-- > 0;) {
    std::uint64_t const mixed = random_word(key_ + round, left) & mask;
    std::uint64_t const before = right ^ mixed;
    right = left;
    left = before;
  }
  return left << half_bits_ | right;
}

/// The walk ends: it goes round a cycle of the network that holds `position` itself.
std::uint64_t Permutation::at(std::uint64_t position) const {
  std::uint64_t value = scramble(position);
  while (value >= count_) value = scramble(value);
  return value;
}

std::uint64_t Permutation::position_of(std::uint64_t value) const {
  std::uint64_t position = unscramble(value);
  while (position >= count_) position = unscramble(position);
  return position;
}

EpochPlan::EpochPlan(std::uint64_t samples, std::uint64_t seed, std::uint64_t rank, std::uint64_t ranks)
    : samples_(samples), seed_(seed), rank_(rank), ranks_(ranks) {
  if (samples == 0 || rank >= ranks)
    throw std::invalid_argument("a plan needs a sample and a rank of its ranks");
}

std::uint64_t EpochPlan::per_epoch() const { return samples_ / ranks_ + (rank_ < samples_ % ranks_ ? 1 : 0); }

std::uint64_t EpochPlan::at(std::uint64_t epoch, std::uint64_t position) const {
  return Permutation(samples_, stream_key(seed_, epoch)).at(position * ranks_ + rank_);
}

EpochPlan::Place EpochPlan::place_of(std::uint64_t epoch, std::uint64_t sample) const {
  std::uint64_t const position = Permutation(samples_, stream_key(seed_, epoch)).position_of(sample);
  return {position % ranks_, position / ranks_};
}

}  // namespace muster::dataload
