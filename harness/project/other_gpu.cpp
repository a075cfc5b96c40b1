#include "harness/project/other_gpu.hpp"

#include <cmath>
#include <utility>

#include "harness/core/normal.hpp"
#include "harness/project/model_error.hpp"
#include "harness/project/power_model.hpp"

namespace muster::project {
namespace {

constexpr double other_kernels = 0.05;

/// 0: not said.
double memory_rate(GpuPart const& gpu) { return gpu.memory_bandwidth.value_or(Stated{}).value; }

}  // namespace

bool as_fast(GpuPart const& one, GpuPart const& other) {
  return one.fp16_peak.value == other.fp16_peak.value && memory_rate(one) == memory_rate(other);
}

StepPremise on_other_gpu(StepPremise premise, Datasheet const& measured, GpuPart const& described) {
  GpuPart part{{measured.bf16_tflops * 1e12, "data sheet"}};
  part.memory_bandwidth = Stated{measured.memory_gb_per_s * 1e9, "data sheet"};
  if (premise.watts) premise.watts = watts_on_other_gpu(*premise.watts, measured, described);
  return on_other_gpu(std::move(premise), part, described);
}

StepPremise on_other_gpu(StepPremise premise, GpuPart const& measured, GpuPart const& described) {
  double const products = measured.fp16_peak.value / described.fp16_peak.value;
  bool const known = measured.memory_bandwidth && described.memory_bandwidth;
  double const memory = known ? memory_rate(measured) / memory_rate(described) : products;
  double const passes = std::sqrt(products * memory);
  premise.forward *= passes;
  premise.backward *= passes;
  premise.optimiser *= memory;
  double const apart = 0.5 * std::abs(std::log(products / memory)) / normal_quantile(0.9);
  premise.compute_doubt = std::hypot(premise.compute_doubt, apart, other_kernels);
  premise.watts_doubt = std::hypot(premise.watts_doubt, doubt::other_power);
  premise.measured.clear();
  return premise;
}

}  // namespace muster::project
