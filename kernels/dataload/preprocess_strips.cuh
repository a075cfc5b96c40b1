// Candidates: a block walks down a strip of columns of one picture, 16 output rows at a time.
#pragma once
#include "kernels/cuda/matrix.cuh"
#include "kernels/dataload/preprocess.cuh"

namespace muster::cuda {

/// columns: output columns of a strip at most; threads: of a block, twice as many as columns at least; room:
/// source byte columns in shared memory; blocks: that a multiprocessor is to hold; tensor: means down by
/// tensor cores.
template <int columns_, int threads_, int room_, int blocks_, bool tensor_, int size_ = 0, int together_ = 4,
          int stages_ = 3>
struct StripPlan {
  static constexpr int together = together_;  ///< columns of eight words that a warp makes at once, at most 4
  static constexpr int stages = stages_;      ///< 1 down, 2 across, to find out what either takes
  static constexpr int size = size_;          ///< of the output, if it is known
  static constexpr int columns = columns_, threads = threads_, warps = threads_ / 32, room = room_,
                       blocks = blocks_;
  static constexpr bool tensor = tensor_;
  static constexpr int kept = 3;  ///< steps of 16 source rows whose weights are kept
};

inline constexpr int strip_rows = 16;    ///< output rows at a time
inline constexpr int strip_stride = 20;  ///< floats from one byte column to the next in shared memory
inline constexpr int strip_part = 112;   ///< output rows of a block, at most

template <class Plan>
MUSTER_HD constexpr int strip_width(int size) {
  int const parts = (size + Plan::columns - 1) / Plan::columns;
  return (size + parts - 1) / parts;
}
template <class Plan>
MUSTER_HD constexpr int strip_count(int size) {
  return (size + strip_width<Plan>(size) - 1) / strip_width<Plan>(size);
}
/// Blocks of a picture, `part` output rows each.
template <class Plan>
MUSTER_HD constexpr int strip_blocks(int size, int part) {
  return strip_count<Plan>(size) * ((size + part - 1) / part);
}
/// Byte columns that so many output columns take in shared memory, at most.
template <class Plan>
MUSTER_HD constexpr bool strip_fits(dataload::Axis const& across, int columns) {
  return (preprocess_words(across, columns) + 7) / 8 * 32 <= Plan::room;
}

template <class Plan>
struct StripMemory {
  LineTaps across[Plan::columns], down[strip_part];
  uint4 weights[2][Plan::kept][32];
  alignas(16) float rows[Plan::room * strip_stride];
};

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

inline constexpr float weight_unit = 32768.0f;  ///< weights as float16 numbers, so that small ones are exact
inline constexpr float sum_unit = 512.0f;       ///< a byte is 2^-24 of itself as float16: 2^24 / 2^15

template <class Plan, class T>
class PreprocessStrip {
 public:
  __device__ PreprocessStrip(StripMemory<Plan>& memory, PreparedPicture const& picture, int size, int part,
                             T* out)
      : memory_(memory),
        picture_(picture),
        size_(size),
        out_(out),
        pixels_(picture.image.pixels),
        pitch_(static_cast<unsigned>(picture.image.pitch)),
        last_row_(picture.image.height - 1) {
    int const width = strip_width<Plan>(size), strips = strip_count<Plan>(size);
    left_ = static_cast<int>(blockIdx.x) % strips * width;
    top_ = static_cast<int>(blockIdx.x) / strips * part;
    width_ = min(width, size - left_);
    height_ = min(part, size - top_);
  }

  __device__ void run() {
    find_taps();
    int pieces = 1;
    while (!strip_fits<Plan>(picture_.across, (width_ + pieces - 1) / pieces) && pieces < width_) ++pieces;
    int const columns = (width_ + pieces - 1) / pieces;
    __syncthreads();
    MUSTER_UNROLL(1)
    for (int left = 0; left < width_; left += columns) walk_down(left, min(columns, width_ - left));
  }

 private:
  __device__ void walk_down(int left, int columns) {
    find_words(left, columns);
    find_weights(0);
    MUSTER_UNROLL(1)
    for (int top = 0; top < height_; top += strip_rows) {
      __syncthreads();
      if constexpr (!(Plan::stages & 1)) {
      } else if constexpr (Plan::tensor) {
        go_down(top);
      } else {
        go_down_plainly(top);
      }
      __syncthreads();
      find_weights(top + strip_rows);
      if constexpr (Plan::stages & 2) go_across(top, left, columns);
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
    for (int i = thread(); i < count; i += Plan::threads) lines[i] = line_taps(mine, first + step * i);
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

  __device__ void find_weights(int top) {
    if constexpr (!Plan::tensor) return;
    int const warp = thread() / 32, group = warp % 2;
    int const row = top + 8 * group;
    if (row >= height_) return;
    Rows const rows = rows_of(row);
    MUSTER_UNROLL(1)
    for (int step = warp / 2; step < min(rows.steps, Plan::kept); step += Plan::warps / 2)
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

  __device__ void go_down(int top) {
    constexpr int sharing = Plan::warps / 2;  // warps of eight output rows
    int const warp = thread() / 32, group = warp / sharing;
    int const row = top + 8 * group;
    if (row >= height_) return;
    Rows const rows = rows_of(row);
    int const eights = (words_ + 7) / 8, each = (eights + sharing - 1) / sharing;
    int const first = warp % sharing * each, end = min(first + each, eights);
    MUSTER_UNROLL(1)
    for (int eight = first; eight < end; eight += Plan::together)
      means_down<Plan::together>(8 * eight, rows.steps > Plan::kept ? 0 : end - eight, group, rows, row,
                                 min(end - eight, Plan::together));
  }

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
      float* const to = memory_.rows +
                        (4 * word + static_cast<int>(swap ^ static_cast<unsigned>(2 * i))) * strip_stride +
                        row;
      *reinterpret_cast<float2*>(to) = {sums[i][0], sums[i][1]};
      *reinterpret_cast<float2*>(to + strip_stride) = {sums[i][2], sums[i][3]};
    }
  }

  /// The same without tensor cores: a thread has a word of four bytes and four output rows.
  __device__ void go_down_plainly(int top) {
    constexpr int threads = Plan::threads / 4;
    int const quad = thread() / threads;
    if (top + 4 * quad >= height_) return;
    MUSTER_UNROLL(1)
    for (int word = thread() % threads; word < words_; word += threads) {
      auto const* const source = pixels_ + begin_ + 4 * word;
      float sums[4][4];
      for (int r = 0; r < 4; ++r) {
        auto const& taps = memory_.down[min(top + 4 * quad + r, height_ - 1)];
        auto const* at = row_at(source, taps.first);
        float distance = taps.distance;
        for (int i = 0; i < 4; ++i) sums[i][r] = 0;
        MUSTER_UNROLL(2)
        for (int k = 0; k < taps.count; ++k) {
          unsigned const bytes = __ldg(reinterpret_cast<unsigned const*>(at));
          float const weight = triangle(taps.peak, taps.slope, distance) * (1.0f / sum_unit);
          for (unsigned i = 0; i < 4; ++i) sums[i][r] += weight * float_of_byte(bytes, i);
          at += pitch_;
          distance += 1.0f;
        }
      }
      for (int i = 0; i < 4; ++i) {
        *reinterpret_cast<float4*>(memory_.rows + (4 * word + i) * strip_stride + 4 * quad) = {
            sums[i][0], sums[i][1], sums[i][2], sums[i][3]};
      }
    }
  }

  // ---- across ----

  /// A thread makes eight rows of one column, all three channels.
  __device__ void go_across(int top, int left, int columns) {
    int const x = thread() % Plan::columns, half = thread() / Plan::columns;
    int const count = min(8, height_ - top - 8 * half);
    if (half >= 2 || x >= columns || count <= 0) return;
    auto const taps = memory_.across[left + x];
    float const* from = memory_.rows + (3 * taps.first - begin_) * strip_stride + 8 * half;
    float sums[3][8]{};
    float distance = taps.distance;
    MUSTER_UNROLL(1)
    for (int k = 0; k < taps.count; ++k) {
      add(sums, from, triangle(taps.peak, taps.slope, distance));
      from += 3 * strip_stride;
      distance += 1.0f;
    }
    store(sums, count, top_ + top + 8 * half, left_ + left + x);
  }

  __device__ static void add(float (&sums)[3][8], float const* from, float weight) {
    for (int channel = 0; channel < 3; ++channel) {
      for (int four = 0; four < 2; ++four) {
        float4 const values = *reinterpret_cast<float4 const*>(from + channel * strip_stride + 4 * four);
        sums[channel][4 * four] += weight * values.x;
        sums[channel][4 * four + 1] += weight * values.y;
        sums[channel][4 * four + 2] += weight * values.z;
        sums[channel][4 * four + 3] += weight * values.w;
      }
    }
  }

  __device__ void store(float const (&sums)[3][8], int count, int y, int x) {
    int const size = Plan::size > 0 ? Plan::size : size_;
    T* const to = out_ + (y * size + x);
    if (count == 8) {
      for (int r = 0; r < 8; ++r) store_row(sums, r, to + r * size, size);
    } else {
      for (int r = 0; r < 8; ++r) {
        if (r < count) store_row(sums, r, to + r * size, size);
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

  StripMemory<Plan>& memory_;
  PreparedPicture const& picture_;
  int size_;
  T* out_;
  int left_, top_, width_, height_;
  std::uint8_t const* pixels_;
  unsigned pitch_;
  int last_row_;
  int begin_ = 0, words_ = 0;
};

template <class Plan, class T>
__device__ inline void preprocess_strip(StripMemory<Plan>& memory, PreparedPicture const* pictures, int size,
                                        int part, T* out) {
  auto const side = static_cast<std::size_t>(Plan::size > 0 ? Plan::size : size);
  PreprocessStrip<Plan, T>(memory, pictures[blockIdx.y], Plan::size > 0 ? Plan::size : size, part,
                           out + blockIdx.y * 3 * side * side)
      .run();
}

using TensorNarrow = StripPlan<56, 128, 384, 4, true>;
using TensorNarrow224 = StripPlan<56, 128, 384, 6, true, 224>;
using TensorNarrowSmall = StripPlan<56, 128, 288, 7, true, 224, 3>;
using TensorWide = StripPlan<112, 256, 480, 4, true, 224, 2>;
using TensorWideLarge = StripPlan<112, 256, 800, 3, true, 224, 4>;
using PlainNarrow = StripPlan<56, 128, 384, 6, false, 224>;

template <class Plan, class T>
__global__ void __launch_bounds__(Plan::threads, Plan::blocks)
    preprocess_strips(PreparedPicture const* pictures, int size, int part, T* out) {
  __shared__ StripMemory<Plan> memory;
  preprocess_strip<Plan, T>(memory, pictures, size, part, out);
}

#if defined(__CUDACC__)
/// The same with more shared memory than a kernel may name.
template <class Plan, class T>
__global__ void __launch_bounds__(Plan::threads, Plan::blocks)
    preprocess_large_strips(PreparedPicture const* pictures, int size, int part, T* out) {
  extern __shared__ uint4 large_memory[];
  preprocess_strip<Plan, T>(*reinterpret_cast<StripMemory<Plan>*>(large_memory), pictures, size, part, out);
}
#endif

}  // namespace muster::cuda
