#include "harness/project/noise_model.hpp"

#include <cmath>

#include "harness/project/extremes.hpp"
#include "harness/project/model_error.hpp"

namespace muster::project {

double synchronisation_noise(FabricPart const& fabric, int nodes, double pull) {
  return fabric.noise.value * (harmonic(nodes) - 1) * std::exp(doubt::noise * pull);
}

}  // namespace muster::project
