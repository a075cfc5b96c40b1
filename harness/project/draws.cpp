#include "harness/project/draws.hpp"

#include <array>
#include <cstddef>
#include <numeric>
#include <random>
#include <utility>

#include "harness/core/normal.hpp"

namespace muster::project {
namespace {

constexpr std::array pulls{&Draw::compute, &Draw::inside,     &Draw::between,    &Draw::noise,
                           &Draw::storage, &Draw::failures,   &Draw::start_up,   &Draw::hpl,
                           &Draw::model,   &Draw::gpu_spread, &Draw::step_spread};

/// The standard's own distributions give other figures in every library.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  double uniform() { return (static_cast<double>(engine_() >> 11) + 0.5) * 0x1p-53; }  ///< in (0, 1)

  /// One value in each of `count` equal ranges of (0, 1), in any order.
  std::vector<double> strata(std::size_t count) {
    std::vector<double> values(count);
    for (std::size_t i = 0; i < count; ++i)
      values[i] = (static_cast<double>(i) + uniform()) / static_cast<double>(count);
    for (std::size_t i = count; i > 1; --i) {
      std::swap(values[i - 1], values[static_cast<std::size_t>(uniform() * static_cast<double>(i))]);
    }
    return values;
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace

std::vector<Draw> make_draws(int count, std::uint64_t seed) {
  Random random(seed);
  std::vector<Draw> draws(static_cast<std::size_t>(count));
  for (auto const pull : pulls) {
    auto const values = random.strata(draws.size());
    for (std::size_t i = 0; i < draws.size(); ++i) draws[i].*pull = normal_quantile(values[i]);
  }
  auto const tails = random.strata(draws.size()), nodes = random.strata(draws.size()),
             powers = random.strata(draws.size());
  for (std::size_t i = 0; i < draws.size(); ++i) {
    draws[i].gpu_tail = tails[i];
    draws[i].by_node = nodes[i] < 0.5;
    draws[i].power = normal_quantile(powers[i]);
  }
  return draws;
}

}  // namespace muster::project
