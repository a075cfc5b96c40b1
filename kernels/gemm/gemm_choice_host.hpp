// Which of the host's GEMM libraries is the faster for a product.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "kernels/contract/device.hpp"
#include "kernels/gemm/gemm_library.hpp"

namespace muster::host {

/// The CPU that each thread of `team` is on.
std::vector<int> cpus_of(Team& team);

/// All libraries that can do it, set up for the same product; OpenBLAS first.
std::vector<std::unique_ptr<GemmLibrary>> all_libraries(GemmProblem const& problem,
                                                        GemmOperands const& operands,
                                                        std::vector<int> const& cpus);

struct Choice {
  std::unique_ptr<GemmLibrary> library;
  std::string reason;
};

/// Tries a product of at most 1024^3 a pair of threads, so that set-up stays short for large cases. Throws
/// Unsupported when there is none.
Choice choose(GemmProblem const& problem, GemmOperands const& operands, std::vector<int> const& cpus);

}  // namespace muster::host
