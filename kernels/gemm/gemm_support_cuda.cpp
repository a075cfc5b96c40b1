#include "kernels/gemm/gemm_support_cuda.hpp"

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include "kernels/contract/error.hpp"
#include "kernels/cuda/error.hpp"

namespace muster::cuda {
namespace {

struct Capability {
  int major, minor;
};

/// What the tensor cores of a type came with (CUDA C++ Programming Guide, compute capabilities).
Capability needed_for(GemmType type) {
  if (is_fp8(type)) return {8, 9};
  if (type == GemmType::bf16 || type == GemmType::tf32) return {8, 0};
  if (type == GemmType::int8) return {7, 5};
  return {0, 0};
}

int attribute(cudaDeviceAttr which, Device& device) {
  int value = 0;
  check(cudaDeviceGetAttribute(&value, which, device.info().index), "cudaDeviceGetAttribute");
  return value;
}

}  // namespace

void require_type(GemmType type, Device& device) {
  Capability const has{attribute(cudaDevAttrComputeCapabilityMajor, device),
                       attribute(cudaDevAttrComputeCapabilityMinor, device)};
  auto const needs = needed_for(type);
  if (has.major > needs.major || (has.major == needs.major && has.minor >= needs.minor)) return;
  throw Unsupported(fmt::format(
      "this GPU has no {} GEMM (its compute capability is {}.{}, {}.{} brought it) {}", name(type), has.major,
      has.minor, needs.major, needs.minor, has.major >= 8 ? "use type bf16 or int8" : "use type fp16"));
}

}  // namespace muster::cuda
