#include "kernels/dataload/noise.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "kernels/dataload/random.hpp"

namespace muster::dataload {
namespace {

constexpr int fraction =
    5;  // bits below a grey level: octaves sum to 9 bits and a sign, so sums of two fit in 16 bits

}  // namespace

void NoisePlane::Grid::resize(int new_width, int new_height) {
  width = new_width;
  height = new_height;
  values.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
}

void NoisePlane::add_lattice(Grid& grid, double amplitude, std::uint64_t seed) {
  auto const scale = static_cast<int>(std::lround(amplitude * (1 << fraction)));
  for (int y = 0; y < grid.height; ++y) {
    RowRandom random(stream_key(seed, static_cast<std::uint64_t>(y)));
    auto* const row = grid.row(y);
    std::uint64_t bits = 0;
    for (int x = 0; x < grid.width; ++x) {
      bits = x % 4 == 0 ? random.next() : bits >> 16;
      int const signed_bits = static_cast<std::int16_t>(bits & 0xFFFF);
      row[x] = static_cast<std::int16_t>(row[x] + (signed_bits * scale >> 15));
    }
  }
}

/// Twice as fine: values stay on even positions, the mean of two neighbours goes between.
void NoisePlane::refine(Grid& coarse, Grid& fine, int width, int height) {
  fine.resize(width, height);
  std::vector<std::int16_t> blended(static_cast<std::size_t>(coarse.width));
  for (int y = 0; y < height; ++y) {
    auto const* const upper = coarse.row(y / 2);
    auto const* const lower = coarse.row(y / 2 + y % 2);
    for (int x = 0; x < coarse.width; ++x) {
      blended[static_cast<std::size_t>(x)] = static_cast<std::int16_t>((upper[x] + lower[x]) >> 1);
    }
    auto* const out = fine.row(y);
    auto const* const in = blended.data();
    for (int x = 0; x + 1 < width; x += 2) {
      out[x] = in[x / 2];
      out[x + 1] = static_cast<std::int16_t>((in[x / 2] + in[x / 2 + 1]) >> 1);
    }
    if (width % 2 == 1) out[width - 1] = in[width / 2];
  }
}

void NoisePlane::flatten(Grid& grid, std::span<FlatRectangle const> rectangles, int shift) {
  for (auto const& area : rectangles) {
    auto const value = static_cast<std::int16_t>((area.value - 128) * (1 << fraction));
    int const right = std::min(area.right >> shift, grid.width),
              bottom = std::min(area.bottom >> shift, grid.height);
    for (int y = area.top >> shift; y < bottom; ++y) {
      auto* const row = grid.row(y);
      int const left = std::min(area.left >> shift, right);
      std::fill(row + left, row + right, value);
    }
  }
}

/// Sensor noise is the sum of four random bytes, near enough to Gaussian (deviation 147.8 before scaling).
void NoisePlane::finish(Grid& grid, PlaneSpec const& spec, std::uint64_t seed) {
  bytes_.resize(grid.values.size());
  auto const scale = static_cast<int>(std::lround(spec.sensor_noise / 147.8 * (1 << (fraction + 16))));
  constexpr std::uint64_t low_bytes = 0x00FF00FF00FF00FFull;
  for (int y = 0; y < grid.height; ++y) {
    RowRandom random(stream_key(seed, static_cast<std::uint64_t>(y)));
    auto const* const row = grid.row(y);
    auto* const out = bytes_.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(grid.width);
    std::uint64_t sums = 0;
    for (int x = 0; x < grid.width; ++x) {
      if (x % 2 == 0) {
        std::uint64_t const bits = random.next();
        std::uint64_t const pairs = (bits & low_bytes) + (bits >> 8 & low_bytes);  // four sums of two bytes
        sums = (pairs & 0xFFFF0000FFFFull) + (pairs >> 16 & 0xFFFF0000FFFFull);    // two sums of four
      }
      int const noise = static_cast<int>(sums & 0xFFFF) - 510;
      sums >>= 32;
      int const value = row[x] + (noise * scale >> 16);
      out[x] = static_cast<std::uint8_t>(std::clamp(128 + (value >> fraction), 0, 255));
    }
  }
}

std::span<std::uint8_t const> NoisePlane::make(PlaneSpec const& spec,
                                               std::span<FlatRectangle const> rectangles,
                                               std::uint64_t seed) {
  auto const cells = [](int pixels, int level) { return (pixels >> level) + 2; };
  first_.resize(cells(spec.width, spec.coarsest), cells(spec.height, spec.coarsest));
  std::ranges::fill(first_.values, std::int16_t{0});
  Grid* now = &first_;
  Grid* next = &second_;
  double amplitude = spec.amplitude;
  for (int level = spec.coarsest; level > 0; --level) {
    add_lattice(*now, amplitude, stream_key(seed, static_cast<std::uint64_t>(level)));
    amplitude *= std::exp2(-spec.falloff);
    bool const last = level == 1;
    refine(*now, *next, last ? spec.width : cells(spec.width, level - 1),
           last ? spec.height : cells(spec.height, level - 1));
    std::swap(now, next);
  }
  flatten(*now, rectangles, spec.cell_shift);
  finish(*now, spec, stream_key(seed, 0xFFu));
  return bytes_;
}

}  // namespace muster::dataload
