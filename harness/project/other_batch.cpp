#include "harness/project/other_batch.hpp"

#include <algorithm>
#include <cmath>

namespace muster::project {
namespace {

/// Of two batches' times what `samples` would take; never less than nothing.
double on_line(double few, double few_time, double many, double many_time, double samples) {
  double const slope = (many_time - few_time) / (many - few);
  return std::max(0.0, few_time + slope * (samples - few));
}

}  // namespace

StepPremise with_batch(std::span<StepPremise const> steps, double samples) {
  std::vector<StepPremise const*> near;
  for (auto const& step : steps) near.push_back(&step);
  std::ranges::stable_sort(near, {}, [&](auto const* step) { return std::abs(step->samples - samples); });
  auto step = *near.front();
  if (step.samples == samples) return step;
  auto const other = std::ranges::find_if(near, [&](auto const* one) { return one->samples != step.samples; });
  double const few = step.samples, ratio = samples / few;
  auto const time = [&](double StepPremise::*part) {
    return other == near.end() ? step.*part * ratio : on_line(few, step.*part, (*other)->samples, (*other)->*part, samples);
  };
  double const forward = time(&StepPremise::forward), backward = time(&StepPremise::backward);
  step.forward = forward, step.backward = backward;  // the optimiser's work is that of the parameters
  if (step.tensor) step.tensor->bytes *= ratio;
  step.samples = samples;
  step.measured.clear();
  return step;
}

std::vector<Bucket> rebucketed(std::vector<Bucket> const& buckets, double bytes) {
  std::vector<Bucket> made;
  double held = 0, ready = 0;
  for (auto const& bucket : buckets) {
    double left = bucket.bytes;
    while (held + left > bytes) {  // what an older bucket holds lies evenly before it is ready
      double const part = bytes - held, share = 1 - (left - part) / bucket.bytes;
      made.push_back({ready + (bucket.ready - ready) * share, bytes});
      left -= part;
      held = 0;
    }
    held += left;
    ready = bucket.ready;
  }
  if (held > 0) made.push_back({ready, held});
  return made;
}

}  // namespace muster::project
