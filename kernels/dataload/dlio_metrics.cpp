#include "kernels/dataload/dlio_metrics.hpp"

namespace muster::dataload {
namespace {

constexpr double mebibyte = 1024.0 * 1024;

/// Of all steps but the first.
double seconds_after_the_first(StepBlock const& block) {
  return block.seconds - block.steps.front().load - block.steps.front().compute;
}

}  // namespace

double accelerator_utilisation(StepBlock const& block) {
  if (block.steps.size() < 2) return 0;
  double computed = 0;
  for (std::size_t i = 1; i < block.steps.size(); ++i) computed += block.steps[i].compute;
  double const elapsed = seconds_after_the_first(block);
  return elapsed > 0 ? computed / elapsed : 0;
}

double samples_per_second_v1(StepBlock const& block) {
  if (block.seconds <= 0) return 0;
  return static_cast<double>(block.steps.size()) / block.seconds * block.batch;
}

double samples_per_second_v2(StepBlock const& block) {
  if (block.steps.size() < 3) return 0;
  double const elapsed = seconds_after_the_first(block);
  return elapsed > 0 ? static_cast<double>(block.steps.size() - 2) / elapsed * block.batch : 0;
}

double nominal_mib_per_second(double samples_per_second, double record_bytes) {
  return samples_per_second * record_bytes / mebibyte;
}

}  // namespace muster::dataload
