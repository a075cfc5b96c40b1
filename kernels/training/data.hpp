// Numbers for the training kernels, made from counters. Compiles under g++ and nvcc.
#pragma once
#include <cstdint>

#include "kernels/contract/float16.hpp"
#include "kernels/contract/portable.hpp"
#include "kernels/contract/random.hpp"

namespace muster::training {

/// Nearly normal with mean 0: a sum of twelve digits, 255/256 of variance 1.
MUSTER_HD inline float normal(std::uint64_t key, std::uint64_t index) {
  auto const sum = static_cast<int>(sum_of_12_digits(random_word(key, index))) - 90;
  return static_cast<float>(sum) * 0.0625F;
}

/// Uniform in [-1, 1), 24 random bits.
MUSTER_HD inline float uniform(std::uint64_t key, std::uint64_t index) {
  auto const steps = static_cast<std::int32_t>(random_word(key, index) >> 40) - (1 << 23);
  return static_cast<float>(steps) * 1.1920928955078125e-7F;  // 2^-23
}

}  // namespace muster::training
