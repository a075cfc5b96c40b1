// One of cuBLASLt's algorithms, set up for a product: to run, to tell people of, to write down.
#pragma once
#include <cstddef>
#include <optional>
#include <string>

#include "kernels/gemm/cublas_lt.hpp"

namespace muster::cuda {

struct LtAlgorithm {
  cublasLtMatmulAlgo_t algo{};
  std::size_t workspace_bytes = 0;  ///< that it needs

  /// "id 66, tile 128x256, stages 64xAUTO, split-K 1, ...": every attribute that cuBLASLt tells of it.
  std::string text() const;
  /// To be read again by the same version of cuBLASLt only (cublasLt.h, cublasLtMatmulAlgo_t): its words in
  /// hexadecimal, for the machine, then text(), for people.
  std::string saved() const;
};

/// What saved() wrote; absent when it is something else. Whether it fits a product and a device only cuBLASLt
/// knows.
std::optional<cublasLtMatmulAlgo_t> read_algorithm(std::string const& saved);

}  // namespace muster::cuda
