// The numbers of a training step, made from counters: the same on the host, on a GPU, and in the reference.
#pragma once
#include <cstdint>

#include "kernels/contract/portable.hpp"
#include "kernels/contract/random.hpp"
#include "kernels/training/data.hpp"

namespace muster::train {

/// Streams of a case's seed. The batch's is each rank's own; `layer` counts from 0, the embedding has
/// embedding_layer.
inline constexpr std::uint64_t embedding_layer = 0xFFFFFF;
MUSTER_HD constexpr std::uint64_t weight_key(std::uint64_t seed, std::uint64_t layer) {
  return stream_key(seed, 0x5700000000ULL + layer);
}
MUSTER_HD constexpr std::uint64_t target_key(std::uint64_t seed) { return stream_key(seed, 0x5800000000ULL); }
MUSTER_HD constexpr std::uint64_t batch_key(std::uint64_t seed, std::uint64_t rank) {
  return stream_key(seed, 0x5900000000ULL + rank);
}

/// `scale`: first_scale().
MUSTER_HD inline float first_weight(std::uint64_t key, std::uint64_t index, float scale) {
  return scale * training::uniform(key, index);
}
MUSTER_HD inline float target(std::uint64_t key, std::uint64_t index) {
  return training::uniform(key, index);
}
MUSTER_HD inline float fixed_batch(std::uint64_t key, std::uint64_t index) {
  return training::uniform(key, index);
}

/// Softsign (Bergstra et al., "Quadratic polynomials learn better image features", 2009) and its derivative:
/// smooth, and nothing but a division.
MUSTER_HD inline float phi(float v) { return v / (1.0F + (v < 0 ? -v : v)); }
MUSTER_HD inline float phi_slope(float v) {
  float const d = 1.0F / (1.0F + (v < 0 ? -v : v));
  return d * d;
}

/// 1 or -1, of an operand's element that is made of activations. A product of two activations is smaller than
/// either, and layer after layer of such products would leave nothing but zeros; one of activations and signs
/// is not.
MUSTER_HD constexpr float operand_sign(std::uint64_t index) {
  return (static_cast<std::uint32_t>(index) * 0x9E3779B1U) >> 31 != 0 ? 1.0F : -1.0F;
}

/// What the optimiser takes: of the sum over `parts` ranks and micro-batches.
MUSTER_HD inline float mean_gradient(float sum, int parts) { return sum / static_cast<float>(parts); }

/// sqrt(3 / inputs) for a layer; the embedding has 0.02.
float first_scale(std::int64_t inputs);
inline constexpr float embedding_scale = 0.02F;

}  // namespace muster::train
