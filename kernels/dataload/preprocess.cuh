// Crop, resize, mirror, normalise and change to channel-major order in one pass, a whole batch in one launch.
//
// A warp makes a strip of 28 output rows (fewer in small batches), 64 columns wide: a lane two columns, 32
// apart. For each source row a lane loads the words that its columns' pixels lie in (neighbouring lanes
// neighbouring ones, two rows ahead of their use), sorts their bytes by channel and multiplies them by
// weights that it keeps in registers as integers of 24 bits: dp2a takes the upper 16 bits of two weights,
// dp4a the lowest 8 of four. The weighted means go, times the row's weight, to the two output rows that a
// source row belongs to. So each byte is loaded and weighed along the row once, no warp waits for another,
// and shared memory holds only what belongs to rows, which all lanes read together.
//
// Some 36 instructions a column and source row, 28 a column and output row, and 8 a pixel for what a strip
// begins with: 92 a pixel at a reduction of 1.5. A load of 32 words touches two or three lines of 128 bytes:
// some 12 wavefronts for each 32 pixels, and 3 for stores.
#pragma once
#include <cstring>

#include "kernels/contract/float16.hpp"
#include "kernels/cuda/device.cuh"
#include "kernels/dataload/prepared_picture.hpp"
#if defined(__CUDACC__)
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#define MUSTER_PRAGMA(text) _Pragma(#text)
/// In front of a loop: how often nvcc is to repeat its body. Left alone it makes these loops so long that the
/// instruction cache counts.
#define MUSTER_UNROLL(times) MUSTER_PRAGMA(unroll times)
#else
#define MUSTER_UNROLL(times)
#endif

namespace muster::cuda {

inline constexpr int preprocess_lanes = 32;   ///< threads of a warp
inline constexpr int preprocess_columns = 2;  ///< that a lane makes, at most, `preprocess_lanes` apart
inline constexpr int preprocess_rows = 28;  ///< of a strip, at most; each has a lane, and one more is needed

/// Blocks that a multiprocessor is sure to hold: the compiler keeps to 64 registers a thread for it.
inline constexpr int preprocess_blocks = 4;

/// Strips of one picture from left to right.
MUSTER_HD constexpr int preprocess_strips(int size) {
  constexpr int width = preprocess_columns * preprocess_lanes;
  return (size + width - 1) / width;
}

/// Blocks that one picture takes in strips of at most `rows`: few make least work, many fill the device.
MUSTER_HD constexpr int preprocess_blocks_of(int size, int rows = preprocess_rows) {
  constexpr int warps = block_size / preprocess_lanes;
  return (preprocess_strips(size) * ((size + rows - 1) / rows) + warps - 1) / warps;
}

/// Rows of a strip where a picture has so many blocks.
MUSTER_HD constexpr int preprocess_rows_of(int size, int blocks) {
  int const down = blocks * (block_size / preprocess_lanes) / preprocess_strips(size);
  return (size + down - 1) / down;
}

/// Source pixels that an output pixel needs along an axis, at most.
MUSTER_HD constexpr std::int64_t preprocess_taps(dataload::Axis const& axis) {
  return (2 * axis.support + (1 << dataload::position_bits) - 1) >> dataload::position_bits;
}

/// Are weights in units of 2^-23, and shares that are worked out from row to row, exact enough? With very
/// many source pixels their errors add up.
MUSTER_HD constexpr bool preprocess_fits(dataload::Axis const& axis) { return preprocess_taps(axis) <= 512; }

/// Source pixels of one output row or column, their weights summing up to one: that of tap k is
/// peak - |distance + k| * slope.
struct LineTaps {
  int first, count;
  float distance, peak, slope;
};

/// peak - |distance| * slope, without the absolute value: ptxas 13.0 drops it where distance grows by a
/// constant each time round a loop, and then only subtracts the slope once more at each tap (seen in SASS for
/// sm_80 and sm_90 made of right PTX, and in wrong pictures on an H200).
__device__ inline float triangle(float peak, float slope, float distance) {
  return fminf(peak - distance * slope, peak + distance * slope);
}

__device__ inline LineTaps line_taps(dataload::Axis const& axis, int at) {
  using namespace dataload;
  constexpr float unit = 1.0f / static_cast<float>(1 << position_bits);
  Taps const taps = taps_at(axis, at);
  std::int64_t const away =
      (static_cast<std::int64_t>(2 * taps.first + 1) << (position_bits - 1)) - taps.middle;
  float const distance = static_cast<float>(away) * unit;
  float const slope = taps.slope * static_cast<float>(1 << position_bits);
  float sum = 0;
  MUSTER_UNROLL(1)
  for (int k = 0; k < taps.count; ++k) sum += triangle(1.0f, slope, distance + static_cast<float>(k));
  float const peak = __fdividef(1.0f, sum);
  return {taps.first, taps.count, distance, peak, slope * peak};
}

struct Fp16 {
  std::uint16_t bits;
};
struct Bf16 {
  std::uint16_t bits;
};

__device__ inline void store_one(float* to, float value) { *to = value; }

__device__ inline void store_one(Fp16* to, float value) {
#if defined(__CUDACC__)
  to->bits = __half_as_ushort(__float2half_rn(value));
#else
  to->bits = to_fp16(value);
#endif
}

__device__ inline void store_one(Bf16* to, float value) {
#if defined(__CUDACC__)
  to->bits = __bfloat16_as_ushort(__float2bfloat16_rn(value));
#else
  to->bits = to_bf16(value);
#endif
}

/// Three channels of a source row at one output column: weighted means in units of `mean_unit`, with
/// `mean_offset` of them on top. Subtracting that once from each output value instead of
/// from each mean costs less than a bit: it is no larger than the means can be.
struct Means {
  float at[3];
};
inline constexpr float mean_unit = 0.000030517578125f;       // 2^-15
inline constexpr float mean_offset = 8388608.0f + 32768.0f;  // the exponents of both sums: 2^23 + 2^23 * 2^-8

/// Weights of four neighbouring source columns in units of 2^-23: their upper 16 bits and their lowest 8.
struct FourWeights {
  unsigned upper[2], lower;
};

/// Weights of taps `first` to `first` + 3; those beyond the last are zero.
__device__ inline FourWeights four_weights(LineTaps const& taps, int first) {
  unsigned whole[4];
  for (int i = 0; i < 4; ++i) {
    float const weight = triangle(taps.peak, taps.slope, taps.distance + static_cast<float>(first + i));
    whole[i] = first + i < taps.count ? static_cast<unsigned>(fmaxf(weight, 0.0f) * 8388608.0f + 0.5f) : 0u;
  }
  unsigned const low01 = __byte_perm(whole[0], whole[1], 0x0040),
                 low23 = __byte_perm(whole[2], whole[3], 0x0040);
  return {{__byte_perm(whole[0], whole[1], 0x6521), __byte_perm(whole[2], whole[3], 0x6521)},
          __byte_perm(low01, low23, 0x5410)};
}

/// One channel of four neighbouring pixels times their weights. Both sums stay below 2^23 and are made in the
/// fraction of the float 2^23, which saves conversions: those run at a fraction of an addition's rate.
__device__ inline float weighted(unsigned bytes, FourWeights const& weights) {
  constexpr unsigned exponent = 0x4B000000u;  // 2^23, whose last bit is one
  unsigned const upper = __dp2a_hi(weights.upper[1], bytes, __dp2a_lo(weights.upper[0], bytes, exponent));
  unsigned const lower = __dp4a(bytes, weights.lower, exponent);
  return __uint_as_float(lower) * 0.00390625f + __uint_as_float(upper);
}

/// Four neighbouring pixels, red green blue red and so on in twelve bytes: their weighted means.
__device__ inline Means weighted_pixels(unsigned const (&words)[3], FourWeights const& weights) {
  unsigned const red = __byte_perm(__byte_perm(words[0], words[1], 0x0630), words[2], 0x5210);
  unsigned const green = __byte_perm(__byte_perm(words[0], words[1], 0x0741), words[2], 0x6210);
  unsigned const blue = __byte_perm(__byte_perm(words[0], words[1], 0x0052), words[2], 0x7410);
  return {weighted(red, weights), weighted(green, weights), weighted(blue, weights)};
}

/// The pixels of `quads` times four columns, as they come from memory: words, the first of which begins up to
/// three bytes before them.
template <int quads>
struct RawPixels {
  unsigned words[3 * quads + 1];
};

/// Has the compiler take a value as it is here, instead of adding up an address from its parts at each use,
/// or keeping in a register what follows from the value.
__device__ inline void keep([[maybe_unused]] std::uint8_t const*& address) {
#if defined(__CUDACC__)
  asm("" : "+l"(address));
#endif
}

__device__ inline void keep([[maybe_unused]] unsigned& value) {
#if defined(__CUDACC__)
  asm volatile("" : "+r"(value));
#endif
}

/// An output column's way along source rows. `quads`: how many times four source columns it needs; their
/// weights stay in registers. Zero: any number, with weights worked out again for each row.
template <int quads>
class SourceColumn {
 public:
  static constexpr bool any = quads == 0;
  /// What load() leaves for means().
  using Raw = RawPixels<any ? 1 : quads>;

  SourceColumn() = default;
  __device__ SourceColumn(PreparedPicture const& picture, int column)
      : taps_(line_taps(picture.across, column)),
        pitch_(static_cast<unsigned>(picture.image.pitch)),
        at_(picture.image.pixels + (3 * taps_.first & ~3)),
        selector_(0x3210u + 0x1111u * static_cast<unsigned>(3 * taps_.first & 3)) {
    for (int i = 0; i < quads; ++i) weights_[i] = four_weights(taps_, 4 * i);
    keep(at_);
  }

  /// Of source row `row`; with any number of columns, the first four.
  __device__ Raw load(int row) const { return load_at(row_at(row)); }

  /// `raw`: what was loaded of `row`.
  __device__ Means means(Raw const& raw, int row) const {
    Means sum = four(raw, 0, any ? four_weights(taps_, 0) : weights_[0]);
    for (int i = 1; i < quads; ++i) add(sum, four(raw, 3 * i, weights_[i]));
    if constexpr (any) add_rest(sum, row);
    return sum;
  }

 private:
  /// One multiplication of 32 by 32 bits with a sum of 64: of the same in C++ nvcc makes four instructions.
  __device__ std::uint8_t const* row_at(int row) const {
#if defined(__CUDACC__)
    std::uint8_t const* result;
    asm("mad.wide.u32 %0, %1, %2, %3;" : "=l"(result) : "r"(row), "r"(pitch_), "l"(at_));
    return result;
#else
    return at_ + std::uint64_t{static_cast<unsigned>(row)} * pitch_;
#endif
  }

  __device__ static Raw load_at(std::uint8_t const* from) {
    Raw raw;
    for (int i = 0; i < static_cast<int>(sizeof raw.words / sizeof raw.words[0]); ++i)
      raw.words[i] = __ldg(reinterpret_cast<unsigned const*>(from) + i);
    return raw;
  }

  /// All pixels of the row but the first four.
  __device__ void add_rest(Means& sum, int row) const {
    auto const* from = row_at(row);
    MUSTER_UNROLL(1)
    for (int first = 4; first < taps_.count; first += 4)
      add(sum, four(load_at(from += 12), 0, four_weights(taps_, first)));
  }

  /// Of the four pixels that begin in word `first`.
  __device__ Means four(Raw const& raw, int first, FourWeights const& weights) const {
    unsigned words[3];
    for (int i = 0; i < 3; ++i)
      words[i] = __byte_perm(raw.words[first + i], raw.words[first + i + 1], selector_);
    return weighted_pixels(words, weights);
  }

  __device__ static void add(Means& sum, Means const& more) {
    for (int channel = 0; channel < 3; ++channel) sum.at[channel] += more.at[channel] - mean_offset;
  }

  LineTaps taps_;
  unsigned pitch_;
  std::uint8_t const* at_;
  unsigned selector_;
  FourWeights weights_[any ? 1 : quads];
};

/// What a warp's lanes work out for each other and keep in shared memory, of an output row or of a segment of
/// source rows: the first and the last of them, or the row after it; the first one's share, and what the next
/// has less; a factor.
struct alignas(16) RowPart {
  int first, last;
  float share, slope, scale;
};

/// One strip of a picture by one warp: a lane makes `columns` output columns, `preprocess_lanes` apart, from
/// the strip's top down. What belongs to a row is done once for all of a lane's columns. With more than one,
/// all must lie in the picture.
template <class T, int quads, int columns>
class PreprocessStrip {
 public:
  __device__ PreprocessStrip(PreparedPicture const& picture, int size, int left, int top, int rows, T* out,
                             RowPart* parts)
      : picture_(picture),
        size_(size),
        lane_(static_cast<int>(threadIdx.x) % preprocess_lanes),
        x_(left + lane_),
        top_(top),
        height_(min(rows, size - top)),
        out_(out + static_cast<std::size_t>(top) * static_cast<std::size_t>(size) +
             static_cast<std::size_t>(x_)),
        parts_(parts) {
    for (int i = 0; i < columns; ++i) source_[i] = Source(picture, column(x_ + i * preprocess_lanes));
  }

  __device__ void run() {
    __syncwarp();  // until the parts of a strip before have been used
    if (picture_.down.support > std::int64_t{1} << dataload::position_bits) {
      reduce();
    } else {
      interpolate();
    }
  }

 private:
  using Source = SourceColumn<quads>;
  struct Raw {
    typename Source::Raw of[columns];
  };
  struct Sums {
    Means of[columns];
  };
  static constexpr unsigned all = 0xFFFFFFFFu;
  static constexpr int ahead =
      quads * columns == 1 ? 3 : 2;  ///< rows that are on their way from memory together
  static constexpr float unit = 1.0f / static_cast<float>(1 << dataload::position_bits);

  /// The lanes beyond the picture make its last column too, and store nothing: all take part in shuffles.
  __device__ int column(int x) const {
    x = min(x, size_ - 1);
    return picture_.mirror ? size_ - 1 - x : x;
  }

  __device__ Raw load(int row) const {
    Raw raw;
    for (int i = 0; i < columns; ++i) raw.of[i] = source_[i].load(row);
    return raw;
  }

  __device__ Sums means(Raw const& raw, int row) const {
    Sums result;
    for (int i = 0; i < columns; ++i) result.of[i] = source_[i].means(raw.of[i], row);
    return result;
  }

  __device__ static void add(Sums& to, float weight, Sums const& more) {
    for (int i = 0; i < columns; ++i) {
      for (int channel = 0; channel < 3; ++channel) to.of[i].at[channel] += weight * more.of[i].at[channel];
    }
  }

  // ---- Reducing: the triangles of output rows y and y + 1 overlap from the middle of y to that of y + 1, no
  // other reaches in there, and their weights sum up to one. So each source row is read once and goes, by
  // `share_`, to the row that ends with this segment and, by the rest, to the next.

  __device__ void reduce() {
    find_segments();
    int row = parts_[0].first;
    last_ = parts_[height_].last - 1;
    begin_segment(parts_);
    Raw raw[ahead];
    for (int i = 0; i < ahead; ++i) raw[i] = load(min(row + i, last_));
    MUSTER_UNROLL(1)
    while (row <= last_) {
      for (int i = 0; i < ahead; ++i) {
        if (row <= last_) take(raw[i], row);
        ++row;
      }
    }
    MUSTER_UNROLL(1)
    while (part_->scale >= 0.0f)
      end_segment(0.0f, Sums{});  // those that the picture's lower edge has left no rows
  }

  /// Lane i learns of segment i, that which ends output row top_ - 1 + i: the source row after its last, the
  /// first one's share, and what makes a mean of the output row's sum: zero for the row above the strip,
  /// negative below it. The first segment begins where the strip's first row does.
  __device__ void find_segments() {
    auto const& down = picture_.down;
    constexpr std::int64_t half = std::int64_t{1} << (dataload::position_bits - 1);
    int const y = top_ - 1 + min(lane_, height_);
    std::int64_t const middle = dataload::taps_at(down, y).middle;
    int const end =
        min(static_cast<int>((middle + down.support + half) >> dataload::position_bits), down.high);
    int const before = __shfl_up_sync(all, end, 1);
    int const begin = lane_ == 0 ? dataload::taps_at(down, top_).first : before;
    float const slope =
        __fdividef(static_cast<float>(1 << dataload::position_bits), static_cast<float>(down.support));
    std::int64_t const away =
        (static_cast<std::int64_t>(2 * begin + 1) << (dataload::position_bits - 1)) - middle;
    float const share = 1.0f - static_cast<float>(away) * unit * slope;
    float const scale = lane_ == 0 ? 0.0f : (lane_ > height_ ? -1.0f : line_taps(down, y).peak * mean_unit);
    parts_[lane_] = {begin, end, share, slope, scale};
    __syncwarp();
  }

  __device__ void begin_segment(RowPart const* part) {
    part_ = part;
    end_ = part->last;
    share_ = part->share;
  }

  /// Row `row`, and asks for a later one in its place.
  __device__ void take(Raw& raw, int row) {
    Sums const more = means(raw, row);
    raw = load(min(row + ahead, last_));
    float const rest = 1.0f - share_;
    add(ending_, share_, more);
    share_ -= part_->slope;
    if (row + 1 == end_) {
      end_segment(rest, more);
    } else {
      add(next_, rest, more);
    }
  }

  /// `more`, times `weight`, belongs to the next output row too: added here, so that nothing is only moved.
  __device__ void end_segment(float weight, Sums const& more) {
    if (float const scale = part_->scale; scale > 0.0f) store(ending_, scale);
    ending_ = next_;
    add(ending_, weight, more);
    next_ = {};
    begin_segment(part_ + 1);
  }

  // ---- Interpolating: an output row lies between two source rows, and those stay while it does.

  __device__ void interpolate() {
    find_pairs();
    Sums upper{}, lower{};
    int upper_row = -1, lower_row = -1;
    MUSTER_UNROLL(1)
    for (int i = 0; i < height_; ++i) {
      int const one = parts_[i].first, other = parts_[i].last;
      float const share = parts_[i].share;
      if (one != upper_row) upper = one == lower_row ? lower : fetch(one);
      if (other != lower_row) lower = other == one ? upper : fetch(other);
      upper_row = one;
      lower_row = other;
      Sums mean{};
      add(mean, share, upper);
      add(mean, 1.0f - share, lower);
      store(mean, mean_unit);
    }
  }

  /// Lane i learns of output row top_ + i: its two source rows, and the upper one's share.
  __device__ void find_pairs() {
    LineTaps const taps = line_taps(picture_.down, top_ + min(lane_, height_ - 1));
    float const share = taps.count < 2 ? 1.0f : triangle(taps.peak, taps.slope, taps.distance);
    parts_[lane_] = {taps.first, taps.first + taps.count - 1, share, 0.0f, 0.0f};
    __syncwarp();
    last_ = picture_.down.high - 1;
    fetched_row_ = parts_[0].first;
    fetched_ = load(fetched_row_);
  }

  /// Of a source row, which most often has been asked for before; asks for the next.
  __device__ Sums fetch(int row) {
    if (row != fetched_row_) fetched_ = load(row);
    Sums const result = means(fetched_, row);
    fetched_row_ = min(row + 1, last_);
    fetched_ = load(fetched_row_);
    return result;
  }

  /// The strip's next output row: sums times `scale` are the means.
  __device__ void store(Sums const& sums, float scale) {
    auto side = static_cast<unsigned>(size_);
    keep(side);
    for (int i = 0; i < columns; ++i) {
      if (columns > 1 || x_ < size_)
        store_column(out_ + i * preprocess_lanes, side * side, sums.of[i], scale);
    }
    out_ += static_cast<unsigned>(size_);
  }

  /// One multiplication of 32 by 32 bits with a sum of 64 for each address.
  __device__ void store_column(T* to, unsigned plane, Means const& sums, float scale) const {
    for (unsigned channel = 0; channel < 3; ++channel) {
      float const by = dataload::channel_scale(static_cast<int>(channel));
      store_one(to + std::uint64_t{plane} * channel,
                sums.at[channel] * (scale * by) +
                    (dataload::channel_shift(static_cast<int>(channel)) - mean_unit * mean_offset * by));
    }
  }

  PreparedPicture const& picture_;
  int size_, lane_, x_, top_, height_;
  Source source_[columns];
  T* out_;
  RowPart* parts_;
  int last_ = 0;  ///< source row that this strip (when interpolating, the picture) needs
  RowPart const* part_ = nullptr;
  int end_ = 0;
  float share_ = 0;
  Sums ending_{}, next_{};
  Raw fetched_{};
  int fetched_row_ = 0;
};

/// Where the output of picture `number` begins.
template <class T>
__device__ inline T* picture_of(T* out, int number, int size) {
  return out +
         3 * static_cast<std::uint64_t>(number) * (static_cast<unsigned>(size) * static_cast<unsigned>(size));
}

/// Where a warp is. It lies in shared memory, and what follows from it is worked out anew for each strip:
/// registers are short.
struct StripPlace {
  int picture, left, top, rows;
};

/// As PreprocessStrip for all of a strip's columns, one of a lane after the other.
template <class T, int quads>
__device__ inline void preprocess_one_by_one(PreparedPicture const* pictures, int size, T* out,
                                             StripPlace volatile& place, RowPart* parts) {
  int columns;
  MUSTER_UNROLL(1)
  do {
    int const picture = place.picture, left = place.left, top = place.top, rows = place.rows;
    PreprocessStrip<T, quads, 1>(pictures[picture], size, left, top, rows, picture_of(out, picture, size),
                                 parts)
        .run();
    __syncwarp();
    int const next = place.left + preprocess_lanes;
    __syncwarp();
    place.left = next;
    __syncwarp();
    columns = next % (preprocess_columns * preprocess_lanes);
  } while (columns > 0 && place.left < size);
}

/// Picture blockIdx.y of `pictures` to its place in `out`: each warp makes a strip of it.
template <class T>
__device__ inline void preprocess_strip(PreparedPicture const* pictures, int size, T* out) {
  constexpr int warps = block_size / preprocess_lanes;
  int const strip = static_cast<int>(blockIdx.x) * warps + static_cast<int>(threadIdx.x) / preprocess_lanes;
  int const left = strip % preprocess_strips(size) * preprocess_columns * preprocess_lanes;
  int const rows = preprocess_rows_of(size, static_cast<int>(gridDim.x));
  int const top = strip / preprocess_strips(size) * rows;
  if (top >= size) return;
  __shared__ RowPart all_parts[warps][preprocess_lanes];
  __shared__ StripPlace places[warps];
  auto* const parts = all_parts[threadIdx.x / preprocess_lanes];
  auto& place = places[threadIdx.x / preprocess_lanes];
  int const number = static_cast<int>(blockIdx.y);
  place = {number, left, top, rows};
  __syncwarp();
  auto const& picture = pictures[number];
  auto const taps = preprocess_taps(picture.across);
  if (taps <= 4 && left + preprocess_columns * preprocess_lanes <= size) {
    PreprocessStrip<T, 1, preprocess_columns>(picture, size, left, top, rows, picture_of(out, number, size),
                                              parts)
        .run();
  } else if (taps <= 4) {
    preprocess_one_by_one<T, 1>(pictures, size, out, place, parts);
  } else if (taps <= 8) {
    preprocess_one_by_one<T, 2>(pictures, size, out, place, parts);
  } else {
    preprocess_one_by_one<T, 0>(pictures, size, out, place, parts);
  }
}

/// The same value by value, for pictures that are reduced so much that preprocess_fits() does not hold.
template <class T>
__device__ inline void preprocess_plainly(PreparedPicture const* pictures, int size, T* out) {
  using namespace dataload;
  auto const& picture = pictures[blockIdx.y];
  auto const pixels = static_cast<std::uint64_t>(size) * static_cast<std::uint64_t>(size);
  out += blockIdx.y * 3 * pixels;
  for (std::uint64_t pixel = grid_first(); pixel < pixels; pixel += grid_step()) {
    int const y = static_cast<int>(pixel) / size, x = static_cast<int>(pixel) % size;
    Taps const down = taps_at(picture.down, y);
    Taps const across = taps_at(picture.across, picture.mirror ? size - 1 - x : x);
    for (int channel = 0; channel < 3; ++channel) {
      store_one(
          out + static_cast<std::uint64_t>(channel) * pixels + pixel,
          resampled(picture.image, down, across, channel) * channel_scale(channel) + channel_shift(channel));
    }
  }
}

#define MUSTER_PREPROCESS(name, type)                                                            \
  __global__ void __launch_bounds__(block_size, preprocess_blocks)                               \
      dataload_preprocess_##name(PreparedPicture const* pictures, int size, type* out) {         \
    preprocess_strip(pictures, size, out);                                                       \
  }                                                                                              \
  __global__ void __launch_bounds__(block_size)                                                  \
      dataload_preprocess_plainly_##name(PreparedPicture const* pictures, int size, type* out) { \
    preprocess_plainly(pictures, size, out);                                                     \
  }
MUSTER_PREPROCESS(fp32, float)
MUSTER_PREPROCESS(fp16, Fp16)
MUSTER_PREPROCESS(bf16, Bf16)
#undef MUSTER_PREPROCESS

}  // namespace muster::cuda
