// Whether a described GPU is one that published systems of 2020 to 2022 are made of.
#pragma once
#include <cmath>

#include "harness/core/cluster_parts.hpp"

namespace muster::project {

/// NVIDIA's A100 by its data sheet: compute capability 8.0, 312 TFLOP/s, in fp64 19.5 where that is
/// described, each within 1 %. Leonardo's A100 is another chip, and A30 has half of its multiprocessors.
inline bool is_a100(GpuPart const& gpu) {
  auto const about = [](Stated const& stated, double value) {
    return std::abs(stated.value / value - 1) < 0.01;
  };
  return gpu.compute_capability && gpu.compute_capability->value == 8.0 && about(gpu.fp16_peak, 312e12) &&
         (!gpu.fp64_peak || about(*gpu.fp64_peak, 19.5e12));
}

}  // namespace muster::project
