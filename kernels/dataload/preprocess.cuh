// Crop, resize, mirror, normalise and change to channel-major order in one pass, a whole batch in one launch.
//
// A block walks down a strip of one picture, up to 56 output columns wide, 16 output rows at a time. First
// down: tensor cores multiply the source rows' bytes by the output rows' weights, and leave the weighted
// means of each column's bytes in shared memory, as floats; then along the rows: a thread makes eight rows of
// one column, so that a column's weights are worked out once for them, and neighbouring threads store
// neighbouring values. Each byte of the crop comes from memory once (rows that two steps share come from the
// caches), and each output byte goes there once.
//
// Bytes go to the tensor cores as they are, as the float16 numbers with no more than eight bits, which are
// bytes times 2^-24; weights as the sum of two float16 numbers, which is exact to 22 bits. Products are
// exact, and summed up as floats: results differ from the formula's by 1.8e-6 (measured on an H200).
#pragma once
#include <cstring>

#include "kernels/contract/float16.hpp"
#include "kernels/cuda/matrix.cuh"
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

inline constexpr int preprocess_columns = 56;   ///< of a strip, at most
inline constexpr int preprocess_height = 112;   ///< output rows that a block makes of it, at most
inline constexpr int preprocess_threads = 128;  ///< of a block, two for each column at least
/// Blocks that a multiprocessor is sure to hold: the compiler keeps to 128 registers a thread for it.
inline constexpr int preprocess_blocks = 4;

/// Columns of a strip: the output's width in as few equal parts as can be.
MUSTER_HD constexpr int preprocess_strip_width(int size) {
  int const parts = (size + preprocess_columns - 1) / preprocess_columns;
  return (size + parts - 1) / parts;
}

/// Strips of one picture, side by side.
MUSTER_HD constexpr int preprocess_strips(int size) {
  int const width = preprocess_strip_width(size);
  return (size + width - 1) / width;
}

/// Blocks of one picture.
MUSTER_HD constexpr int preprocess_parts(int size) {
  return preprocess_strips(size) * ((size + preprocess_height - 1) / preprocess_height);
}

inline constexpr int preprocess_room = 384;  ///< source columns of bytes in shared memory

/// Words of a source row that `columns` neighbouring output columns need, at most.
MUSTER_HD constexpr std::int64_t preprocess_words(dataload::Axis const& across, int columns) {
  std::int64_t const span = columns * (across.step >> 12) + 2 * across.support;
  return (3 * ((span >> dataload::position_bits) + 2) + 3) / 4 + 1;
}

/// Do so many neighbouring output columns find room? A warp takes eight words at a time.
MUSTER_HD constexpr bool preprocess_finds_room(dataload::Axis const& across, int columns) {
  return (preprocess_words(across, columns) + 7) / 8 * 32 <= preprocess_room;
}

/// Can strips be made of it? If one column finds room, at a reduction of 41 at most, then the whole picture
/// does, one at a time; and offsets in it are 32 bits.
MUSTER_HD constexpr bool preprocess_fits(PreparedPicture const& picture) {
  return preprocess_finds_room(picture.across, 1) &&
         picture.image.pitch * static_cast<std::size_t>(picture.image.height) <= 0xFFFFFFFFu;
}

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
  float const peak = 1.0f / sum;
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

/// Two float16 numbers in a word, the nearest ones; and either of them.
#if defined(__CUDACC__)
__device__ inline unsigned pack_halves(float lower, float upper) {
  __half2 const both = __floats2half2_rn(lower, upper);
  return *reinterpret_cast<unsigned const*>(&both);
}
__device__ inline float lower_half(unsigned both) {
  return __low2float(*reinterpret_cast<__half2 const*>(&both));
}
__device__ inline float upper_half(unsigned both) {
  return __high2float(*reinterpret_cast<__half2 const*>(&both));
}
#else
inline unsigned pack_halves(float lower, float upper) {
  return to_fp16(lower) | static_cast<unsigned>(to_fp16(upper)) << 16;
}
inline float lower_half(unsigned both) { return from_fp16(static_cast<std::uint16_t>(both)); }
inline float upper_half(unsigned both) { return from_fp16(static_cast<std::uint16_t>(both >> 16)); }
#endif

/// What a block keeps in shared memory.
struct PreprocessMemory {
  static constexpr int stride =
      20;  ///< floats from one column of bytes to the next, a row's store no bank twice
  static constexpr int kept = 3;  ///< steps of 16 source rows whose weights are kept

  LineTaps across[preprocess_columns], down[preprocess_height];
  uint4 weights[2][kept][32];  ///< of both groups of eight output rows, each lane's own
  alignas(16) float rows[preprocess_room * stride];
};

/// A part of one picture's strip: output rows from `top_` on, `height_` of them, and columns from `left_` on.
template <class T>
class PreprocessStrip {
 public:
  __device__ PreprocessStrip(PreprocessMemory& memory, PreparedPicture const& picture, int size, T* out)
      : memory_(memory),
        picture_(picture),
        size_(size),
        out_(out),
        pixels_(picture.image.pixels),
        pitch_(static_cast<unsigned>(picture.image.pitch)),
        last_row_(picture.image.height - 1) {
    int const width = preprocess_strip_width(size), strips = preprocess_strips(size);
    left_ = static_cast<int>(blockIdx.x) % strips * width;
    top_ = static_cast<int>(blockIdx.x) / strips * preprocess_height;
    width_ = min(width, size - left_);
    height_ = min(preprocess_height, size - top_);
  }

  __device__ void run() {
    find_taps();
    int pieces = 1;
    while (!preprocess_finds_room(picture_.across, (width_ + pieces - 1) / pieces) && pieces < width_)
      ++pieces;
    int const columns = (width_ + pieces - 1) / pieces;
    __syncthreads();
    MUSTER_UNROLL(1)
    for (int left = 0; left < width_; left += columns) walk_down(left, min(columns, width_ - left));
  }

 private:
  static constexpr int rows_at_once = 16, warps = preprocess_threads / 32;
  static constexpr int together = 4;  ///< columns of eight words that a warp makes at once, at most
  static constexpr float weight_unit =
      32768.0f;                              ///< weights as float16 numbers, so that small ones are exact
  static constexpr float sum_unit = 512.0f;  ///< a byte is 2^-24 of itself as float16: 2^24 / 2^15

  /// So many columns of the strip from its column `left` on, which find room together.
  __device__ void walk_down(int left, int columns) {
    find_words(left, columns);
    find_weights(0);
    MUSTER_UNROLL(1)
    for (int top = 0; top < height_; top += rows_at_once) {
      __syncthreads();
      go_down(top);
      __syncthreads();
      find_weights(top + rows_at_once);
      go_across(top, left, columns);
    }
  }

  __device__ void find_taps() {
    fill(memory_.across, picture_.across, width_, picture_.mirror ? size_ - 1 - left_ : left_,
         picture_.mirror ? -1 : 1);
    fill(memory_.down, picture_.down, height_, top_, 1);
  }

  __device__ static void fill(LineTaps* lines, dataload::Axis const& axis, int count, int first, int step) {
    dataload::Axis const mine = axis;
    MUSTER_UNROLL(1)
    for (int i = thread(); i < count; i += preprocess_threads) lines[i] = line_taps(mine, first + step * i);
  }

  __device__ static int thread() { return static_cast<int>(threadIdx.x); }

  __device__ std::uint8_t const* row_at(std::uint8_t const* from, int row) const {
    return from + static_cast<std::uint64_t>(static_cast<unsigned>(row)) * pitch_;
  }

  __device__ void find_words(int left, int columns) {
    auto const& one = memory_.across[left];
    auto const& other = memory_.across[left + columns - 1];
    begin_ = 3 * min(one.first, other.first) & ~3;
    int const end = 3 * max(one.first + one.count, other.first + other.count);
    words_ = (end - begin_ + 3) / 4;
  }

  /// Source rows that eight output rows need.
  struct Rows {
    int first, steps;
  };
  __device__ Rows rows_of(int row) const {
    auto const& last = memory_.down[min(row + 7, height_ - 1)];
    int const first = memory_.down[row].first;
    return {first, (last.first + last.count - first + 15) / 16};
  }

  /// Of the output rows from `top` on, those steps that are kept.
  __device__ void find_weights(int top) {
    int const warp = thread() / 32, group = warp % 2;
    int const row = top + 8 * group;
    if (row >= height_) return;
    Rows const rows = rows_of(row);
    MUSTER_UNROLL(1)
    for (int step = warp / 2; step < min(rows.steps, PreprocessMemory::kept); step += warps / 2)
      memory_.weights[group][step][thread() % 32] = weights_of(row, rows.first + 16 * step);
  }

  /// This lane's weights of 16 source rows from `first` on, of eight output rows from `row` on.
  __device__ uint4 weights_of(int row, int first) const {
    int const lane = thread() % 32;
    auto const& taps = memory_.down[min(row + lane / 4, height_ - 1)];
    int const tap = first + lane % 4 * 4 - taps.first;
    float weights[4];
    for (int i = 0; i < 4; ++i) {
      float const weight = triangle(taps.peak, taps.slope, taps.distance + static_cast<float>(tap + i));
      weights[i] =
          static_cast<unsigned>(tap + i) < static_cast<unsigned>(taps.count) ? weight * weight_unit : 0.0f;
    }
    unsigned const one = pack_halves(weights[0], weights[1]), two = pack_halves(weights[2], weights[3]);
    return {one, two, pack_halves(weights[0] - lower_half(one), weights[1] - upper_half(one)),
            pack_halves(weights[2] - lower_half(two), weights[3] - upper_half(two))};
  }

  // ---- down ----

  /// Half the warps make eight output rows, the other half the next eight; they share out the words.
  __device__ void go_down(int top) {
    constexpr int sharing = warps / 2;  // warps of eight output rows
    int const warp = thread() / 32, group = warp / sharing;
    int const row = top + 8 * group;
    if (row >= height_) return;
    Rows const rows = rows_of(row);
    int const eights = (words_ + 7) / 8, each = (eights + sharing - 1) / sharing;
    int const first = warp % sharing * each, end = min(first + each, eights);
    MUSTER_UNROLL(1)
    for (int eight = first; eight < end; eight += together)
      means_down<together>(8 * eight, rows.steps > PreprocessMemory::kept ? 0 : end - eight, group, rows, row,
                           min(end - eight, together));
  }

  /// `count` columns of eight words from `word` on: all at once where so many are `left`; one by one, with
  /// weights worked out anew for each, where those of so many steps are not kept.
  template <int words>
  __device__ void means_down(int word, int left, int group, Rows const& rows, int row, int count) {
    if constexpr (words == 0) {
      MUSTER_UNROLL(1)
      for (int i = 0; i < count; ++i) mean_down<1, false>(word + 8 * i, group, rows, row);
    } else if (left >= words) {
      mean_down<words>(word, group, rows);
    } else {
      means_down<words - 1>(word, left, group, rows, row, count);
    }
  }

  /// A lane reads word g of eight and four of a step's rows, and gets two output rows of its four bytes: the
  /// matrix of bytes has them as rows, so that a lane's own bytes are what the tensor cores want of it.
  template <int words, bool kept = true>
  __device__ void mean_down(int word, int group, Rows const& rows, int row = 0) {
    int const lane = thread() % 32, g = lane / 4, t = lane % 4;
    unsigned const swap = static_cast<unsigned>(g) & 2u;  // see store_down
    unsigned const near = swap ? 0x7362u : 0x5140u, far = swap ? 0x5140u : 0x7362u;
    bool const all = word + 8 * (words - 1) + g < words_;
    auto const* const source = row_at(pixels_, rows.first) + (begin_ + 4 * (word + g));
    int const last = last_row_ - rows.first;
    float sums[words][2][4]{};
    MUSTER_UNROLL(1)
    for (int step = 0; step < rows.steps; ++step) {
      unsigned bytes[words][4];
      for (int i = 0; i < 4; ++i) {
        auto const* const at = source + static_cast<unsigned>(min(16 * step + 4 * t + i, last)) * pitch_;
        for (int w = 0; w < words - 1; ++w)
          bytes[w][i] = __ldg(reinterpret_cast<unsigned const*>(at + 32 * w));
        bytes[words - 1][i] = all ? __ldg(reinterpret_cast<unsigned const*>(at + 32 * (words - 1))) : 0u;
      }
      uint4 weights;
      if constexpr (kept) {
        weights = memory_.weights[group][step][lane];
      } else {
        weights = weights_of(row, rows.first + 16 * step);
      }
      for (int w = 0; w < words; ++w) {
        multiply(sums[w][0], bytes[w], near, weights);
        multiply(sums[w][1], bytes[w], far, weights);
      }
    }
    for (int w = 0; w < words; ++w) store_down(sums[w], word + 8 * w + g, swap, 8 * group + 2 * t);
  }

  /// Two of a word's four bytes, of four rows.
  __device__ static void multiply(float (&sums)[4], unsigned const (&bytes)[4], unsigned which,
                                  uint4 const& weights) {
    unsigned const one = __byte_perm(bytes[0], bytes[1], which), two = __byte_perm(bytes[2], bytes[3], which);
    unsigned const numbers[4]{__byte_perm(one, 0, 0x4140), __byte_perm(one, 0, 0x4342),
                              __byte_perm(two, 0, 0x4140), __byte_perm(two, 0, 0x4342)};
    multiply_add(sums, numbers, weights.x, weights.y);
    multiply_add(sums, numbers, weights.z, weights.w);
  }

  /// Half the lanes have their two pairs of byte columns the other way round, so that a store meets no bank
  /// twice.
  __device__ void store_down(float const (&sums)[2][4], int word, unsigned swap, int row) {
    for (int i = 0; i < 2; ++i) {
      float* const to =
          memory_.rows +
          (4 * word + static_cast<int>(swap ^ static_cast<unsigned>(2 * i))) * PreprocessMemory::stride + row;
      *reinterpret_cast<float2*>(to) = {sums[i][0], sums[i][1]};
      *reinterpret_cast<float2*>(to + PreprocessMemory::stride) = {sums[i][2], sums[i][3]};
    }
  }

  // ---- across ----

  /// A thread makes eight rows of one column, all three channels.
  __device__ void go_across(int top, int left, int columns) {
    int const x = thread() % preprocess_columns, half = thread() / preprocess_columns;
    int const count = min(8, height_ - top - 8 * half);
    if (half >= 2 || x >= columns || count <= 0) return;
    auto const taps = memory_.across[left + x];
    float const* from = memory_.rows + (3 * taps.first - begin_) * PreprocessMemory::stride + 8 * half;
    float sums[3][8]{};
    float distance = taps.distance;
    MUSTER_UNROLL(1)
    for (int k = 0; k < taps.count; ++k) {
      add(sums, from, triangle(taps.peak, taps.slope, distance));
      from += 3 * PreprocessMemory::stride;
      distance += 1.0f;
    }
    store(sums, count, top_ + top + 8 * half, left_ + left + x);
  }

  __device__ static void add(float (&sums)[3][8], float const* from, float weight) {
    for (int channel = 0; channel < 3; ++channel) {
      for (int four = 0; four < 2; ++four) {
        float4 const values =
            *reinterpret_cast<float4 const*>(from + channel * PreprocessMemory::stride + 4 * four);
        sums[channel][4 * four] += weight * values.x;
        sums[channel][4 * four + 1] += weight * values.y;
        sums[channel][4 * four + 2] += weight * values.z;
        sums[channel][4 * four + 3] += weight * values.w;
      }
    }
  }

  __device__ void store(float const (&sums)[3][8], int count, int y, int x) {
    T* const to = out_ + (y * size_ + x);
    if (count == 8) {
      for (int r = 0; r < 8; ++r) store_row(sums, r, to + r * size_, size_);
    } else {
      for (int r = 0; r < 8; ++r) {
        if (r < count) store_row(sums, r, to + r * size_, size_);
      }
    }
  }

  __device__ static void store_row(float const (&sums)[3][8], int row, T* to, int size) {
    for (int channel = 0; channel < 3; ++channel) {
      store_one(to + channel * size * size,
                sums[channel][row] * (dataload::channel_scale(channel) * sum_unit) +
                    dataload::channel_shift(channel));
    }
  }

  PreprocessMemory& memory_;
  PreparedPicture const& picture_;
  int size_;
  T* out_;
  int left_, top_, width_, height_;
  std::uint8_t const* pixels_;
  unsigned pitch_;
  int last_row_;
  int begin_ = 0, words_ = 0;
};

/// Part blockIdx.x of picture blockIdx.y of `pictures` to its place in `out`.
template <class T>
__device__ inline void preprocess_strip(PreparedPicture const* pictures, int size, T* out) {
  __shared__ PreprocessMemory memory;
  auto const side = static_cast<std::size_t>(size);
  PreprocessStrip<T>(memory, pictures[blockIdx.y], size, out + blockIdx.y * 3 * side * side).run();
}

/// The same value by value, for pictures that are reduced so much that one column finds no room.
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
  __global__ void __launch_bounds__(preprocess_threads, preprocess_blocks)                       \
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
