// Copy and triad with non-temporal stores, which write past the caches: no line is read only to be
// overwritten.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace muster::host {

/// Pointers are aligned to 64 bytes; sizes are any, what is left over is done element by element.
struct StreamingKernels {
  char const* name;
  void (*copy)(std::byte* a, std::byte const* b, std::uint64_t bytes);  ///< a = b
  /// a = b + scale c
  void (*triad_fp64)(double* a, double const* b, double const* c, double scale, std::uint64_t count);
  void (*triad_fp32)(float* a, float const* b, float const* c, float scale, std::uint64_t count);
};

/// The widest that this CPU has.
StreamingKernels streaming_kernels();

/// All that this CPU has, widest first (tests).
std::vector<StreamingKernels> all_streaming_kernels();

}  // namespace muster::host
