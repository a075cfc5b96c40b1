// The model's own error, found on published figures of all families but one.
#pragma once
#include <string>
#include <vector>

#include "harness/core/band.hpp"
#include "harness/core/validation.hpp"
#include "harness/project/model_error.hpp"

namespace muster::project {

/// One draw of a step's parts, in s, and its pull on the model's own error.
struct PredictedDraw {
  double seconds = 0, pull = 0;
};

/// One published figure and what its parts come to.
struct PredictedSample {
  std::string family;
  bool known = false;  ///< its premises are, and it says something of the model's own error
  Distance distance{};
  double published = 0, middle = 0;  ///< s
  std::vector<PredictedDraw> draws{};
};

/// With the model's error; the middle is that of the parts' middle values.
Band band_with(PredictedSample const& sample, ModelError const& error);
/// The parts alone.
Band raw_band(PredictedSample const& sample);

/// For each family: the loss a doubling with the least sum of absolute errors over the others' known points
/// (to which single points far off matter little), then the least width of bands, in those of ModelError,
/// with which nine in ten of them are inside. Families beside whose own there are fewer than 20 are left out.
std::vector<FoundWithout> found_without_each(std::vector<PredictedSample> const& samples);

/// As found without `family`; the shipped error where that is not there.
ModelError error_for(std::vector<FoundWithout> const& found, std::string const& family);

}  // namespace muster::project
