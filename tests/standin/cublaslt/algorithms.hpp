// The algorithms that the stand-in cuBLASLt offers, the same for every product: as MUSTER_STANDIN_ALGORITHMS
// says.
#pragma once
#include <cublasLt.h>

#include <cstddef>
#include <optional>
#include <vector>

namespace muster::standin {

struct Algorithm {
  int milliseconds = 0;  ///< that it takes longer
  bool wrong = false;    ///< its last element is
  bool refused = false;  ///< by cublasLtMatmul, although the heuristics propose it
};

/// "3,1w,2,0r": four algorithms, the heuristics' favourite first; milliseconds, then w (wrong) or r
/// (refused). Without the variable there is one that takes no extra time.
std::vector<Algorithm> algorithms();

/// The library's own form of one, and back; absent for words that no algorithm of now has.
cublasLtMatmulAlgo_t algorithm_number(std::size_t index);
std::optional<std::size_t> number_of(cublasLtMatmulAlgo_t const& algo);

}  // namespace muster::standin
