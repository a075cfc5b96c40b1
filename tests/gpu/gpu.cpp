#include "tests/gpu/gpu.hpp"

#include <cstdlib>

#include "harness/core/build_info.hpp"
#include "harness/device/backends.hpp"

namespace muster {

std::string reason_to_skip() {
  if (std::getenv("MUSTER_GPU_REQUIRED")) return {};
  if (!nvidia_hardware_seen()) return "no NVIDIA GPU here";
  if (!build_info().has_cuda) return "built without the cuda backend";
  return {};
}

void GpuTest::SetUp() {
  if (auto const reason = reason_to_skip(); !reason.empty()) GTEST_SKIP() << reason;
  backend_ = open_backend("cuda");
  ASSERT_FALSE(backend_->devices().empty());
  device_ = backend_->open({});
}

}  // namespace muster
