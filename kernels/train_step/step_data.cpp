#include "kernels/train_step/step_data.hpp"

#include <cmath>

namespace muster::train {

float first_scale(std::int64_t inputs) {
  return static_cast<float>(std::sqrt(3.0 / static_cast<double>(inputs)));
}

}  // namespace muster::train
