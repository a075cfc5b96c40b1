// Loops over arrays that are all memory traffic. With non-temporal stores, which write past the caches: no
// line is read only to be overwritten; and with ordinary stores, for arrays that the caches are to hold.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace muster::host {

/// Words w[i] = ((first + i step) & mask) | ones.
struct WordSeries {
  std::uint64_t first, step, mask, ones;
};

/// a = scale b; a = b + c; a = b + scale c.
template <class T>
struct StreamingArithmetic {
  void (*scale)(T* a, T const* b, T scale, std::uint64_t count);
  void (*add)(T* a, T const* b, T const* c, std::uint64_t count);
  void (*triad)(T* a, T const* b, T const* c, T scale, std::uint64_t count);
};

/// Pointers are aligned to 64 bytes; sizes are any, what is left over is done element by element.
struct StreamingKernels {
  char const* name;
  std::uint64_t (*read)(std::uint64_t const* words, std::uint64_t count);  ///< their sum modulo 2^64
  void (*write)(std::uint64_t* words, std::uint64_t count, WordSeries const& series);
  void (*copy)(std::byte* a, std::byte const* b, std::uint64_t bytes);  ///< a = b
  StreamingArithmetic<double> fp64;
  StreamingArithmetic<float> fp32;
};

/// The widest that this CPU has, with non-temporal stores.
StreamingKernels streaming_kernels();

/// The widest that this CPU has, with ordinary stores.
StreamingKernels cached_kernels();

/// All that this CPU has, of both kinds (tests).
std::vector<StreamingKernels> all_streaming_kernels();

}  // namespace muster::host
