// The buckets of a training step's gradients, from the network that its document holds.
#pragma once
#include <cstdint>
#include <vector>

#include "harness/core/premises.hpp"
#include "kernels/contract/params.hpp"

namespace muster::project {

inline constexpr std::int64_t usual_bucket = 25 << 20;  ///< B, PyTorch's default (S. Li et al., VLDB 2020)

/// Of a case of `train_step`: its parameters `network`, `type`, `shrink`, `blocks` and `bucket`. When each is
/// ready: the share of the backward pass's products that are done by then. Throws std::invalid_argument for a
/// network that is none.
std::vector<Bucket> gradient_buckets(Params const& params);

/// The sums among ranks that share layers; absent where they share none, or did so in name only
/// (`parts_run`).
std::optional<TensorSums> tensor_sums(Params const& params);

/// `bytes` in so many equal buckets, ready at even distances, the last one with the pass: where nothing is
/// known of the layers.
std::vector<Bucket> even_buckets(double bytes, int count);

}  // namespace muster::project
