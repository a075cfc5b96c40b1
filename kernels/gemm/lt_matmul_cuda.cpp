#include "kernels/gemm/lt_matmul.hpp"

#include <fmt/format.h>

#include <utility>

#include "kernels/contract/error.hpp"

namespace muster::cuda {
namespace {

constexpr std::size_t least_workspace = 64 << 10;  // less than this helps no algorithm that wants any

DeviceBuffer some_workspace(std::size_t bytes) {
  try {
    return as_much_as_fits(bytes, least_workspace, "cuBLASLt's workspace");
  } catch (OutOfMemory const&) {
    return {};  // plenty of algorithms need none
  }
}

}  // namespace

LtWorkspace lt_workspace(std::size_t bytes, std::function<void(std::string)> const& note) {
  auto workspace = std::make_shared<DeviceBuffer const>(some_workspace(bytes));
  if (note && workspace->bytes() < bytes) {
    note(fmt::format(
        "cuBLASLt has {} KiB of workspace instead of {} (the GPU's memory is full); a faster algorithm "
        "may be left out",
        workspace->bytes() >> 10, bytes >> 10));
  }
  return workspace;
}

LtMatmul::LtMatmul(GemmProblem const& problem, LtWorkspace workspace, cudaStream_t stream,
                   std::uint32_t alignment)
    : product_(problem, alignment),
      workspace_(std::move(workspace)),
      stream_(stream),
      algorithm_(product_.candidates(1, workspace_->bytes()).front()) {}

LtMatmul::LtMatmul(GemmProblem const& problem, std::size_t workspace_bytes, cudaStream_t stream)
    : LtMatmul(problem, lt_workspace(workspace_bytes), stream) {}

void LtMatmul::enqueue(GemmOperands const& operands) const {
  product_.enqueue(algorithm_, operands, *workspace_, stream_);
}

}  // namespace muster::cuda
