#include "harness/project/other_gpu.hpp"

#include <cmath>

#include "harness/core/normal.hpp"
#include "harness/project/model_error.hpp"
#include "harness/project/power_model.hpp"

namespace muster::project {
namespace {

constexpr double other_kernels = 0.05;

}  // namespace

StepPremise on_other_gpu(StepPremise premise, Datasheet const& measured, GpuPart const& described) {
  double const products = measured.bf16_tflops * 1e12 / described.fp16_peak.value;
  double const memory = described.memory_bandwidth
                            ? measured.memory_gb_per_s * 1e9 / described.memory_bandwidth->value
                            : products;
  double const passes = std::sqrt(products * memory);
  premise.forward *= passes;
  premise.backward *= passes;
  premise.optimiser *= memory;
  double const apart = 0.5 * std::abs(std::log(products / memory)) / normal_quantile(0.9);
  premise.compute_doubt = std::hypot(premise.compute_doubt, apart, other_kernels);
  if (premise.watts) premise.watts = watts_on_other_gpu(*premise.watts, measured, described);
  premise.watts_doubt = std::hypot(premise.watts_doubt, doubt::other_power);
  premise.measured.clear();
  return premise;
}

}  // namespace muster::project
