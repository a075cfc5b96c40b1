// search_shapes against exhaustive search of synthetic surfaces that have what real ones have.
#include "kernels/gemm/shape_search.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <stdexcept>
#include <vector>

#include "kernels/contract/random.hpp"

namespace muster {
namespace {

constexpr double peak = 1e15;

double flops(Shape const& shape) {
  return 2.0 * static_cast<double>(shape.m) * static_cast<double>(shape.n) * static_cast<double>(shape.k);
}

/// One device and library: tiles of 128 x 256 or 256 x 128, whichever fills the multiprocessors better; k0
/// elements of k are lost to latency; ridges one step wide on which a kernel is better; and for some a cliff,
/// beyond which operands no longer help each other in the cache.
struct Surface {
  explicit Surface(std::uint64_t seed, ShapeRange const& range) : key(stream_key(seed, 1)) {
    auto pick = [this, i = std::uint64_t{0}](std::uint64_t below) mutable {
      return random_word(key, i++) % below;
    };
    multiprocessors = pick(2) == 0 ? 108 : 132;
    k0 = 100.0 + static_cast<double>(pick(1500));
    for (auto& ridge : ridges) {
      ridge.at = range.side(static_cast<std::int64_t>(pick(static_cast<std::uint64_t>(range.sides()))));
      ridge.gain = 0.01 * static_cast<double>(pick(7));
    }
    cliff = pick(2) == 0 ? 1e18 : 1e7 * static_cast<double>(5 + pick(20));
  }

  double rate(Shape const& shape) const {
    auto const tiles = [](std::int64_t size, std::int64_t tile) { return (size + tile - 1) / tile; };
    double const fill = std::max(filled(tiles(shape.m, 128) * tiles(shape.n, 256)),
                                 filled(tiles(shape.m, 256) * tiles(shape.n, 128)));
    auto const k = static_cast<double>(shape.k);
    double const size = static_cast<double>(shape.m + shape.n) * k;
    double rate = peak * 0.8 * fill * k / (k + k0) / (1 + std::max(0.0, size / cliff - 1) * 0.05);
    for (std::size_t axis = 0; axis < 3; ++axis) {
      auto const side = axis == 0 ? shape.m : axis == 1 ? shape.n : shape.k;
      if (side == ridges[axis].at) rate *= 1 + ridges[axis].gain;
    }
    return rate;
  }

  double filled(std::int64_t count) const {
    auto const waves = (count + multiprocessors - 1) / multiprocessors;
    return static_cast<double>(count) / static_cast<double>(waves * multiprocessors);
  }

  struct Ridge {
    std::int64_t at = 0;
    double gain = 0;
  };
  std::uint64_t key;
  std::int64_t multiprocessors = 108;
  double k0 = 0, cliff = 0;
  std::array<Ridge, 3> ridges{};
};

/// What a surface's shapes are timed with: noise of 0.5 % (uniform, +-0.87 %), and a clock that goes on with
/// each.
class Bench {
 public:
  Bench(Surface const& surface, double overhead) : surface_(surface), overhead_(overhead) {}

  double rate(Shape const& shape) {
    auto const word = random_word(surface_.key ^ 0x6E6F697365ULL, ++timings_);
    double const noise = static_cast<double>(word >> 11) * 0x1p-53 - 0.5;
    double const rate = surface_.rate(shape) * (1 + noise * 0.0174);
    clock_ += overhead_ + flops(shape) / rate;
    return rate;
  }
  double now() const { return clock_; }
  std::uint64_t timings() const { return timings_; }

 private:
  Surface const& surface_;
  double overhead_, clock_ = 100;
  std::uint64_t timings_ = 0;
};

double exhaustive(Surface const& surface, ShapeRange const& range) {
  double best = 0;
  for (std::int64_t i = 0; i < range.sides(); ++i) {
    for (std::int64_t j = 0; j < range.sides(); ++j) {
      for (std::int64_t l = 0; l < range.sides(); ++l)
        best = std::max(best, surface.rate({range.side(i), range.side(j), range.side(l)}));
    }
  }
  return best;
}

SearchResult search(Bench& bench, ShapeRange const& range, double budget) {
  return search_shapes(range, [&](Shape const& shape) { return bench.rate(shape); },
                       {.budget_seconds = budget, .now = [&] { return bench.now(); }});
}

void expect_within_one_percent(ShapeRange const& range, std::uint64_t surfaces) {
  double worst = 1, most = 0;
  for (std::uint64_t seed = 0; seed < surfaces; ++seed) {
    Surface const surface(seed, range);
    Bench bench(surface, 0.003);
    auto const found = search(bench, range, 60);
    EXPECT_FALSE(found.cut_short) << seed;
    double const ratio = surface.rate(found.best) / exhaustive(surface, range);
    EXPECT_GE(ratio, 0.99) << "surface " << seed << ": " << to_string(found.best);
    worst = std::min(worst, ratio);
    most = std::max(most, static_cast<double>(found.tried) / static_cast<double>(range.shapes()));
  }
  testing::Test::RecordProperty("worst_ratio", std::to_string(worst));
  testing::Test::RecordProperty("largest_fraction_tried", std::to_string(most));
  EXPECT_LT(most, 0.08);
  std::printf("%llu surfaces of %llu shapes: worst ratio %.4f, at most %.2f %% of the shapes tried\n",
              static_cast<unsigned long long>(surfaces), static_cast<unsigned long long>(range.shapes()),
              worst, 100 * most);
}

TEST(ShapeSearch, IsWithinOnePercentOfExhaustiveSearchOnManySurfaces) {
  expect_within_one_percent({256, 8192, 256}, 100);
}

TEST(ShapeSearch, IsWithinOnePercentInALargerAndFinerRange) {
  expect_within_one_percent({256, 20480, 256}, 12);
}

TEST(ShapeSearch, CrossesARidgeThatIsOneStepWide) {
  ShapeRange const range{256, 8192, 256};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    for (std::int64_t const at : {512, 3072, 5376, 7936}) {
      Surface surface(1, range);
      surface.ridges = {};
      surface.ridges.at(axis) = {at, 0.30};
      Bench bench(surface, 0.003);
      auto const best = search(bench, range, 60).best;
      EXPECT_GE(surface.rate(best), 0.99 * exhaustive(surface, range))
          << axis << " " << at << to_string(best);
    }
  }
}

TEST(ShapeSearch, OfARangeOfOneShapeGivesThatShape) {
  Surface const surface(3, {512, 512, 256});
  Bench bench(surface, 0.003);
  auto const found = search(bench, {512, 512, 256}, 60);
  EXPECT_EQ(found.best, (Shape{512, 512, 512}));
  EXPECT_EQ(found.tried, 1U);
  EXPECT_FALSE(found.cut_short);
}

TEST(ShapeSearch, LeavesOutTheEndOfTheRangeThatNoStepReaches) {
  Surface const surface(3, {512, 1000, 256});
  Bench bench(surface, 0.003);
  auto const found = search(bench, {512, 1000, 256}, 60);
  EXPECT_EQ(found.tried, 8U);
  EXPECT_LE(std::max({found.best.m, found.best.n, found.best.k}), 768);
}

// 1 s for each shape: 20 fit, and what was found by then is the answer.
TEST(ShapeSearch, KeepsToTheBudgetAndSaysThatItWasCutShort) {
  ShapeRange const range{256, 8192, 256};
  Surface const surface(4, range);
  Bench bench(surface, 1);
  auto const found = search(bench, range, 20);
  EXPECT_TRUE(found.cut_short);
  EXPECT_LE(bench.now() - 100, 21.5);
  EXPECT_LT(found.tried, 20U);
  EXPECT_GT(found.rate, 0);
}

// A slow device: the largest shape alone would take 1.1e12 / 1e9 = 1100 s.
TEST(ShapeSearch, DoesNotBeginAShapeThatTheTimeLeftIsTooShortFor) {
  double clock = 0;
  auto const found = search_shapes({256, 8192, 256},
                                   [&](Shape const& shape) {
                                     clock += flops(shape) / 1e9;
                                     return 1e9;
                                   },
                                   {.budget_seconds = 10, .now = [&] { return clock; }});
  EXPECT_TRUE(found.cut_short);
  EXPECT_LE(clock, 10);
}

TEST(ShapeSearch, OfAnEmptyRangeIsRefused) {
  SearchWatch const watch{.budget_seconds = 1, .now = [] { return 0.0; }};
  auto const rate = [](Shape const&) { return 1.0; };
  EXPECT_THROW(search_shapes({512, 256, 256}, rate, watch), std::invalid_argument);
  EXPECT_THROW(search_shapes({0, 256, 256}, rate, watch), std::invalid_argument);
  EXPECT_THROW(search_shapes({256, 512, 0}, rate, watch), std::invalid_argument);
}

}  // namespace
}  // namespace muster
