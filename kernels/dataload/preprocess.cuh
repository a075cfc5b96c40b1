// Crop, resize, mirror, normalise and change to channel-major order in one pass, a whole batch in one launch.
//
// A block makes a tile of 8 rows and up to 128 columns of one picture. First down: threads take neighbouring
// words of four bytes (a warp 128 bytes of a row) and leave the weighted mean of each column's bytes in
// shared memory, as floats; then along the rows: a thread makes four pixels of one column, so that a column's
// weights are worked out once for them and neighbouring threads store neighbouring values. Each byte of the
// crop comes from memory once (rows that two tiles share come from the L2), and each output byte goes there
// once; some 150 instructions a pixel at a reduction of 1.5. Bytes become floats by putting them into the
// fraction of 2^23 and taking that away again: conversions run at a fraction of an addition's rate.
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

inline constexpr int preprocess_rows = 8, preprocess_columns = 128;  ///< of a tile, at most
/// Blocks that a multiprocessor is sure to hold: the compiler keeps to 48 registers a thread for it, and to
/// 64 on sm_90, where 48 would spill.
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
inline constexpr int preprocess_blocks = 4;
#else
inline constexpr int preprocess_blocks = 5;
#endif

/// Columns of a tile: the output's width in as few equal parts as can be, multiples of four.
MUSTER_HD constexpr int preprocess_tile_width(int size) {
  int const parts = (size + preprocess_columns - 1) / preprocess_columns;
  return ((size + parts - 1) / parts + 3) / 4 * 4;
}

/// Tiles of one picture.
MUSTER_HD constexpr int preprocess_tiles(int size) {
  int const width = preprocess_tile_width(size);
  return (size + width - 1) / width * ((size + preprocess_rows - 1) / preprocess_rows);
}

inline constexpr int preprocess_room = 4608;  ///< floats in shared memory: source columns of up to eight rows

/// Words of a source row that `columns` neighbouring output columns need, at most.
MUSTER_HD constexpr std::int64_t preprocess_words(dataload::Axis const& across, int columns) {
  std::int64_t const span = columns * (across.step >> 12) + 2 * across.support;
  return (3 * ((span >> dataload::position_bits) + 2) + 3) / 4 + 1;
}

/// Do four columns find room? Then the whole picture does, four at a time.
MUSTER_HD constexpr bool preprocess_fits(dataload::Axis const& across) {
  return preprocess_words(across, 4) <= preprocess_room / 4;
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

/// Byte number `i` of `word`.
__device__ inline float float_of_byte(unsigned word, unsigned i) {
  constexpr unsigned exponent = 0x4B000000u;  // 2^23, whose last bit is one
  return __uint_as_float(__byte_perm(word, exponent, 0x7540u | i)) - 8388608.0f;
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

/// What a block keeps in shared memory.
struct PreprocessTile {
  LineTaps across[preprocess_columns], down[preprocess_rows];
  alignas(16) float rows[preprocess_room];
};

/// One tile of one picture: output rows from `top` on, `height` of them, and columns from `left` on.
template <class T>
class PreprocessBlock {
 public:
  __device__ PreprocessBlock(PreprocessTile& tile, PreparedPicture const& picture, int size, T* out)
      : tile_(tile), picture_(picture), size_(size), out_(out) {
    int const columns = preprocess_tile_width(size), across = (size + columns - 1) / columns;
    left_ = static_cast<int>(blockIdx.x) % across * columns;
    top_ = static_cast<int>(blockIdx.x) / across * preprocess_rows;
    width_ = min(columns, size - left_);
    height_ = min(preprocess_rows, size - top_);
  }

  __device__ void run() {
    find_taps();
    int columns = width_;
    while (columns > 4 && words_for(columns) > preprocess_room / 4) columns = (columns / 2 + 3) / 4 * 4;
    int rows = preprocess_rows;
    while (rows > 1 && rows * words_for(columns) > preprocess_room / 4) rows /= 2;
    MUSTER_UNROLL(1)
    for (int left = 0; left < width_; left += columns) {
      MUSTER_UNROLL(1)
      for (int top = 0; top < height_; top += rows) {
        __syncthreads();  // until the taps are there, and the last rows have been used
        find_words(left, min(columns, width_ - left));
        go_down(top, rows);
        __syncthreads();
        go_across(top, min(rows, height_ - top), left, min(columns, width_ - left));
      }
    }
  }

 private:
  static constexpr int most_rows = preprocess_rows / 2;  ///< that a thread makes of a column

  __device__ void find_taps() {
    for (int i = static_cast<int>(threadIdx.x); i < width_ + height_; i += block_size) {
      if (i < width_) {
        tile_.across[i] = line_taps(picture_.across, column(i));
      } else {
        tile_.down[i - width_] = line_taps(picture_.down, top_ + i - width_);
      }
    }
  }

  __device__ int column(int i) const { return picture_.mirror ? size_ - 1 - (left_ + i) : left_ + i; }

  /// Words of a row that so many columns need, at most.
  __device__ int words_for(int columns) const {
    return static_cast<int>(preprocess_words(picture_.across, columns));
  }

  /// The words of a row that these columns of the tile need.
  __device__ void find_words(int left, int columns) {
    auto const& one = tile_.across[left];
    auto const& other = tile_.across[left + columns - 1];
    begin_ = 3 * min(one.first, other.first) & ~3;
    int const end = 3 * max(one.first + one.count, other.first + other.count);
    words_ = (end - begin_ + 3) / 4;
  }

  /// The means down the columns, of `at_once` output rows of the tile from `row` on, the threads shared out
  /// among them.
  __device__ void go_down(int row, int at_once) {
    int const threads = block_size / at_once;
    int const mine = static_cast<int>(threadIdx.x) / threads;
    if (row + mine >= height_) return;
    auto const taps = tile_.down[row + mine];
    std::size_t const pitch = picture_.image.pitch;
    auto const* const source = picture_.image.pixels + static_cast<std::size_t>(taps.first) * pitch + begin_;
    auto* const to = reinterpret_cast<float4*>(tile_.rows) + mine * words_;
    int word = static_cast<int>(threadIdx.x) % threads;
    MUSTER_UNROLL(1)
    for (; word + threads < words_; word += 2 * threads) {
      float4 sums[2]{};
      mean_down(source + 4 * word, 4 * threads, pitch, taps, sums);
      to[word] = sums[0];
      to[word + threads] = sums[1];
    }
    if (word < words_) {
      float4 sums[1]{};
      mean_down(source + 4 * word, 0, pitch, taps, sums);
      to[word] = sums[0];
    }
  }

  /// Of four neighbouring bytes at `at`, and four more `apart` bytes further on; two rows are on their way
  /// from memory together.
  template <int words>
  __device__ static void mean_down(std::uint8_t const* at, int apart, std::size_t pitch, LineTaps const& taps,
                                   float4 (&sums)[words]) {
    float distance = taps.distance;
    int left = taps.count;
    MUSTER_UNROLL(1)
    for (; left >= 2; left -= 2) {
      unsigned one[words], other[words];
      for (int i = 0; i < words; ++i) one[i] = word_at(at + i * apart);
      for (int i = 0; i < words; ++i) other[i] = word_at(at + pitch + i * apart);
      at += 2 * pitch;
      add(sums, one, taps, distance);
      add(sums, other, taps, distance + 1.0f);
      distance += 2.0f;
    }
    if (left > 0) {
      unsigned last[words];
      for (int i = 0; i < words; ++i) last[i] = word_at(at + i * apart);
      add(sums, last, taps, distance);
    }
  }

  __device__ static unsigned word_at(std::uint8_t const* at) {
    return __ldg(reinterpret_cast<unsigned const*>(at));
  }

  template <int words>
  __device__ static void add(float4 (&sums)[words], unsigned const (&bytes)[words], LineTaps const& taps,
                             float distance) {
    float const weight = triangle(taps.peak, taps.slope, distance);
    for (int i = 0; i < words; ++i) {
      sums[i].x += weight * float_of_byte(bytes[i], 0);
      sums[i].y += weight * float_of_byte(bytes[i], 1);
      sums[i].z += weight * float_of_byte(bytes[i], 2);
      sums[i].w += weight * float_of_byte(bytes[i], 3);
    }
  }

  /// The means along the rows, normalised and stored: two threads a column, which share out its `rows`.
  __device__ void go_across(int row, int rows, int left, int columns) {
    int const x = static_cast<int>(threadIdx.x) % preprocess_columns;
    int const share = (rows + 1) / 2;
    int const first = static_cast<int>(threadIdx.x) / preprocess_columns * share;
    int const count = min(share, rows - first);
    if (x >= columns || count <= 0) return;
    auto const& taps = tile_.across[left + x];
    float const* lines[most_rows];
    for (int r = 0; r < most_rows; ++r)
      lines[r] = tile_.rows + min(first + r, rows - 1) * 4 * words_ + 3 * taps.first - begin_;
    float sums[most_rows][3]{};
    mean_across(lines, taps, sums);
    store(sums, count, top_ + row + first, left_ + left + x);
  }

  __device__ static void mean_across(float const* (&lines)[most_rows], LineTaps const& taps,
                                     float (&sums)[most_rows][3]) {
    float distance = taps.distance;
    MUSTER_UNROLL(1)
    for (int k = 0; k < taps.count; ++k) {
      float const weight = triangle(taps.peak, taps.slope, distance);
      for (int r = 0; r < most_rows; ++r) {
        for (int channel = 0; channel < 3; ++channel) sums[r][channel] += weight * lines[r][channel];
        lines[r] += 3;
      }
      distance += 1.0f;
    }
  }

  __device__ void store(float const (&sums)[most_rows][3], int count, int y, int x) {
    auto const plane = static_cast<std::size_t>(size_) * static_cast<std::size_t>(size_);
    T* to =
        out_ + static_cast<std::size_t>(y) * static_cast<std::size_t>(size_) + static_cast<std::size_t>(x);
    for (int r = 0; r < most_rows; ++r) {
      if (r >= count) return;
      for (int channel = 0; channel < 3; ++channel) {
        store_one(to + static_cast<std::size_t>(channel) * plane,
                  sums[r][channel] * dataload::channel_scale(channel) + dataload::channel_shift(channel));
      }
      to += size_;
    }
  }

  PreprocessTile& tile_;
  PreparedPicture const& picture_;
  int size_;
  T* out_;
  int left_, top_, width_, height_;
  int begin_ = 0, words_ = 0;
};

/// Picture blockIdx.y of `pictures` to its place in `out`, tile blockIdx.x of it. `out` is aligned to 16
/// bytes.
template <class T>
__device__ inline void preprocess_tile(PreparedPicture const* pictures, int size, T* out) {
  __shared__ PreprocessTile tile;
  auto const side = static_cast<std::size_t>(size);
  PreprocessBlock<T>(tile, pictures[blockIdx.y], size, out + blockIdx.y * 3 * side * side).run();
}

/// The same value by value, for pictures that are reduced so much that four columns find no room in a tile.
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
    preprocess_tile(pictures, size, out);                                                        \
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
