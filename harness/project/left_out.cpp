#include "harness/project/left_out.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>

namespace muster::project {
namespace {

constexpr std::size_t least_others = 20;
constexpr double most_lost = 0.03, lost_step = 0.0005;
constexpr double most_width = 3, width_step = 0.05;

using Samples = std::vector<PredictedSample>;

ModelError error_with(double lost, double width) {
  ModelError error;
  error.lost = lost;
  error.base *= width, error.doubling *= width, error.unmeasured *= width;
  return error;
}

double factor(PredictedSample const& sample, double pull, ModelError const& error) {
  return model_factor(sample.distance, pull, error);
}

double total_error(Samples const& samples, double lost) {
  double total = 0;
  for (auto const& one : samples)
    total += std::abs(std::log(one.middle * factor(one, 0, error_with(lost, 1)) / one.published));
  return total;
}

double best_lost(Samples const& samples) {
  double best = 0;
  for (int i = 1; i * lost_step <= most_lost; ++i)
    if (total_error(samples, i * lost_step) < total_error(samples, best)) best = i * lost_step;
  return best;
}

std::ptrdiff_t inside(Samples const& samples, ModelError const& error) {
  return std::ranges::count_if(samples, [&](auto const& one) {
    auto const band = band_with(one, error);
    return band.p10 <= one.published && one.published <= band.p90;
  });
}

double least_width(Samples const& samples, double lost) {
  auto const count = static_cast<double>(samples.size());
  auto const wanted = static_cast<std::ptrdiff_t>(std::ceil(least_inside * (count + 1)));
  double width = width_step;
  while (width < most_width && inside(samples, error_with(lost, width)) < wanted) width += width_step;
  return width;
}

}  // namespace

Band band_with(PredictedSample const& sample, ModelError const& error) {
  std::vector<double> seconds;
  for (auto const& draw : sample.draws) seconds.push_back(draw.seconds * factor(sample, draw.pull, error));
  auto band = band_of(seconds);
  band.p50 = sample.middle * factor(sample, 0, error);
  return band;
}

Band raw_band(PredictedSample const& sample) {
  std::vector<double> seconds;
  for (auto const& draw : sample.draws) seconds.push_back(draw.seconds);
  auto band = band_of(seconds);
  band.p50 = sample.middle;
  return band;
}

std::vector<FoundWithout> found_without_each(Samples const& samples) {
  std::set<std::string> families;
  for (auto const& one : samples) families.insert(one.family);
  std::vector<FoundWithout> found;
  for (auto const& family : families) {
    Samples others;
    std::ranges::copy_if(samples, std::back_inserter(others),
                         [&](auto const& one) { return one.known && one.family != family; });
    if (others.size() < least_others) continue;
    double const lost = best_lost(others);
    found.push_back({family, lost, least_width(others, lost)});
  }
  return found;
}

ModelError error_for(std::vector<FoundWithout> const& found, std::string const& family) {
  auto const one = std::ranges::find(found, family, &FoundWithout::family);
  return one == found.end() ? ModelError{} : error_with(one->lost, one->width);
}

}  // namespace muster::project
