#include "kernels/dataload/synthetic.hpp"

#include <turbojpeg.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "kernels/contract/error.hpp"
#include "kernels/dataload/noise.hpp"
#include "kernels/dataload/random.hpp"

namespace muster::dataload {
namespace {

constexpr double luma_amplitude = 64, chroma_amplitude = 32;
constexpr int rectangles_per_picture = 12;

using Rectangles = std::array<FlatRectangle, rectangles_per_picture>;

std::array<Rectangles, 3> random_rectangles(RowRandom& random, Extent extent) {
  std::array<Rectangles, 3> planes;
  auto const below = [&](int bound) {
    return static_cast<int>(random.below(static_cast<std::uint32_t>(bound)));
  };
  for (std::size_t i = 0; i < planes[0].size(); ++i) {
    FlatRectangle area;
    area.left = below(extent.width);
    area.top = below(extent.height);
    area.right = area.left + 1 + below(extent.width / 6 + 1);
    area.bottom = area.top + 1 + below(extent.height / 6 + 1);
    for (auto& plane : planes) {
      area.value = static_cast<std::uint8_t>(&plane == &planes[0] ? 30 + below(200) : 88 + below(80));
      plane[i] = area;
    }
  }
  return planes;
}

}  // namespace

Extent picture_extent(std::uint64_t index, Extent median, std::uint64_t seed) {
  RowRandom random(stream_key(stream_key(seed, index), 1));
  double const area = std::clamp(std::exp(1.026 * random.normal()), 1.0 / 16, 16.0);
  double const scale = std::sqrt(area);
  auto const side = [&](int pixels) { return std::max(16, static_cast<int>(std::lround(scale * pixels))); };
  Extent const extent{side(median.width), side(median.height)};
  return random.below(4) == 0 ? Extent{extent.height, extent.width} : extent;
}

struct PictureMaker::State {
  explicit State(PictureStyle const& chosen) : style(chosen) {}
  PictureStyle style;
  tjhandle handle = tjInitCompress();
  std::array<NoisePlane, 3> planes{};
  std::vector<unsigned char> encoded{};
  ~State() { tjDestroy(handle); }
};

PictureMaker::PictureMaker(PictureStyle const& style) : state_(std::make_unique<State>(style)) {
  if (state_->handle == nullptr) throw DeviceError("libjpeg-turbo gives no compressor");
}
PictureMaker::~PictureMaker() = default;

std::span<std::byte const> PictureMaker::make(std::uint64_t index, Extent extent) {
  std::uint64_t const seed = stream_key(stream_key(state_->style.seed, index), 2);
  RowRandom random(seed);
  auto const rectangles = random_rectangles(random, extent);
  std::array<unsigned char const*, 3> pointers{};
  std::array<int, 3> strides{};
  for (int plane = 0; plane < 3; ++plane) {
    auto const at = static_cast<std::size_t>(plane);
    bool const chroma = plane > 0;
    PlaneSpec const spec{.width = tjPlaneWidth(plane, extent.width, TJSAMP_420),
                         .height = tjPlaneHeight(plane, extent.height, TJSAMP_420),
                         .coarsest = chroma ? 7 : 8,
                         .amplitude = chroma ? chroma_amplitude : luma_amplitude,
                         .falloff = chroma ? 1.3 : 0.8,
                         .sensor_noise = state_->style.sensor_noise * (chroma ? 1.5 / 3.1 : 1),
                         .cell_shift = chroma ? 1 : 0};
    pointers[at] = state_->planes[at].make(spec, rectangles[at], stream_key(seed, at)).data();
    strides[at] = spec.width;
  }
  unsigned long size = tjBufSize(extent.width, extent.height, TJSAMP_420);
  if (state_->encoded.size() < size) state_->encoded.resize(size);
  unsigned char* out = state_->encoded.data();
  if (tjCompressFromYUVPlanes(state_->handle, pointers.data(), extent.width, strides.data(), extent.height,
                              TJSAMP_420, &out, &size, state_->style.quality, TJFLAG_NOREALLOC) != 0) {
    throw DeviceError(std::string("libjpeg-turbo cannot encode a synthetic picture (") +
                      tjGetErrorStr2(state_->handle) + ")");
  }
  return {reinterpret_cast<std::byte const*>(out), size};
}

}  // namespace muster::dataload
