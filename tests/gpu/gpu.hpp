// The cuda backend for tests that need a real GPU, or the reason to skip them.
#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "kernels/contract/backend.hpp"

namespace muster {

/// Why no GPU test can run here; "" where they can, and always when MUSTER_GPU_REQUIRED is set
/// (tests/gpu/run.sh does), so that a machine with a GPU never passes by skipping.
std::string reason_to_skip();

class GpuTest : public testing::Test {
 protected:
  void SetUp()
      override;  ///< skips with the reason, else opens the backend; a fault of the backend fails the test

  std::unique_ptr<Backend> backend_;
  std::unique_ptr<Device> device_;  ///< the first one
};

}  // namespace muster
