// What the model is worth: published figures of large systems predicted from the smaller ones published
// beside them.
#pragma once
#include <cstdint>

#include "harness/core/validation.hpp"

namespace muster::project {

struct ValidateOptions {
  int draws = 400;
  std::uint64_t seed = 1;
  /// s that a node is late by in a step, where its description does not say: assumed. One of the figures that
  /// come along suggested its size (ResNet-50 on 527 nodes, which would be 10 % too short without it and is 3
  /// % too short with it); the bar is met with none, with half and with twice as much as well.
  double assumed_noise = 0.2e-3;
};

/// Predicts every point that has smaller ones (validation_pairs.hpp) by the model that project() uses. The
/// model's own error (ModelError) is found anew for each family, on the others' points alone (left_out.hpp).
Validation validate(ValidationData const& data, ValidateOptions const& options = {});

}  // namespace muster::project
