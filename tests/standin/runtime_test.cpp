// The stand-in runtime itself: it must refuse what a GPU refuses, or tests against it show nothing.
#include <cuda_runtime_api.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <thread>
#include <vector>

#include "tests/standin/cudart/hooks.hpp"
#include "tests/standin/support.hpp"

namespace muster::standin {
namespace {

class Runtime : public testing::Test {
 protected:
  Runtime() {
    EXPECT_EQ(cudaSetDevice(0), cudaSuccess);
    EXPECT_EQ(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), cudaSuccess);
    EXPECT_EQ(cudaMalloc(reinterpret_cast<void**>(&device_), 256), cudaSuccess);
  }
  ~Runtime() override {
    cudaFree(device_);
    cudaStreamDestroy(stream_);
    (void)cudaGetLastError();
  }

  cudaError_t finish() {
    auto status = cudaErrorNotReady;
    while ((status = cudaStreamQuery(stream_)) == cudaErrorNotReady) std::this_thread::yield();
    return status;
  }
  // Keeps the stream busy until `go` is set.
  void block(std::atomic<bool> const& go) {
    muster_standin_enqueue(stream_, [&go] {
      while (!go) std::this_thread::yield();
      return cudaSuccess;
    });
  }

  cudaStream_t stream_ = nullptr;
  char* device_ = nullptr;
};

TEST_F(Runtime, CopiesThereAndBack) {
  std::array<char, 256> in{}, out{};
  in[200] = 7;
  EXPECT_EQ(cudaMemcpyAsync(device_, in.data(), 256, cudaMemcpyHostToDevice, stream_), cudaSuccess);
  EXPECT_EQ(cudaMemcpyAsync(out.data(), device_, 256, cudaMemcpyDeviceToHost, stream_), cudaSuccess);
  EXPECT_EQ(out[200], 7);
}

TEST_F(Runtime, RefusesAHostPointerAsADevicePointerAndTheOtherWayRound) {
  std::array<char, 256> host{};
  EXPECT_EQ(cudaMemcpyAsync(host.data(), host.data(), 16, cudaMemcpyHostToDevice, stream_),
            cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpyAsync(device_, device_, 16, cudaMemcpyHostToDevice, stream_), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpyAsync(host.data(), host.data(), 16, cudaMemcpyDeviceToHost, stream_),
            cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemsetAsync(host.data(), 0, 16, stream_), cudaErrorInvalidValue);
  EXPECT_EQ(cudaFree(host.data()), cudaErrorInvalidValue);
}

TEST_F(Runtime, RefusesACopyPastTheEnd) {
  std::array<char, 512> host{};
  EXPECT_EQ(cudaMemcpyAsync(device_ + 1, host.data(), 256, cudaMemcpyHostToDevice, stream_),
            cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpyAsync(device_ + 1, host.data(), 255, cudaMemcpyHostToDevice, stream_), cudaSuccess);
}

TEST_F(Runtime, FreshMemoryHoldsNothingThatLooksRight) {
  std::array<float, 64> values{};
  EXPECT_EQ(cudaMemcpyAsync(values.data(), device_, 256, cudaMemcpyDeviceToHost, stream_), cudaSuccess);
  for (float const value : values) EXPECT_TRUE(std::isnan(value));
}

TEST_F(Runtime, RefusesStreamsAndEventsThatAreGone) {
  cudaStream_t stream = nullptr;
  cudaEvent_t event = nullptr;
  EXPECT_EQ(cudaStreamCreateWithFlags(&stream, 0), cudaSuccess);
  EXPECT_EQ(cudaEventCreateWithFlags(&event, 0), cudaSuccess);
  EXPECT_EQ(cudaStreamDestroy(stream), cudaSuccess);
  EXPECT_EQ(cudaEventRecord(event, stream), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(cudaStreamDestroy(stream), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(cudaEventDestroy(event), cudaSuccess);
  EXPECT_EQ(cudaEventQuery(event), cudaErrorInvalidResourceHandle);
}

TEST_F(Runtime, WorkIsAsynchronousAndNotReadyIsKeptAsTheLastError) {
  std::atomic<bool> go{false};
  block(go);
  EXPECT_EQ(cudaStreamQuery(stream_), cudaErrorNotReady);
  EXPECT_EQ(cudaGetLastError(), cudaErrorNotReady);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
  go = true;
  EXPECT_EQ(finish(), cudaSuccess);
}

TEST_F(Runtime, PinnedMemoryIsReadWhenTheStreamComesToItAndPageableMemoryAtOnce) {
  char* pinned = nullptr;
  ASSERT_EQ(cudaHostAlloc(reinterpret_cast<void**>(&pinned), 2, 0), cudaSuccess);
  std::array<char, 2> pageable{1, 1}, out{};
  pinned[0] = 1;
  std::atomic<bool> go{false};
  block(go);
  EXPECT_EQ(cudaMemcpyAsync(device_, pinned, 1, cudaMemcpyHostToDevice, stream_), cudaSuccess);
  EXPECT_EQ(cudaMemcpyAsync(device_ + 1, pageable.data(), 1, cudaMemcpyHostToDevice, stream_), cudaSuccess);
  pinned[0] = 2;  // what a ring of buffers does that does not wait
  pageable[0] = 2;
  go = true;
  EXPECT_EQ(cudaMemcpyAsync(out.data(), device_, 2, cudaMemcpyDeviceToHost, stream_), cudaSuccess);
  EXPECT_EQ(out[0], 2);
  EXPECT_EQ(out[1], 1);
  EXPECT_EQ(cudaFreeHost(pinned), cudaSuccess);
}

TEST_F(Runtime, AStreamWaitsForAnotherOnesEvent) {
  cudaStream_t other = nullptr;
  cudaEvent_t event = nullptr;
  ASSERT_EQ(cudaStreamCreateWithFlags(&other, 0), cudaSuccess);
  ASSERT_EQ(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), cudaSuccess);
  std::atomic<bool> go{false};
  block(go);
  EXPECT_EQ(cudaEventRecord(event, stream_), cudaSuccess);
  EXPECT_EQ(cudaStreamWaitEvent(other, event, 0), cudaSuccess);
  EXPECT_EQ(cudaStreamQuery(other), cudaErrorNotReady);
  EXPECT_EQ(cudaEventQuery(event), cudaErrorNotReady);
  go = true;
  while (cudaStreamQuery(other) == cudaErrorNotReady) std::this_thread::yield();
  EXPECT_EQ(cudaEventQuery(event), cudaSuccess);
  EXPECT_EQ(cudaEventDestroy(event), cudaSuccess);
  EXPECT_EQ(cudaStreamDestroy(other), cudaSuccess);
}

TEST_F(Runtime, EventsWithoutTimingOrRecordHaveNoTime) {
  std::array<cudaEvent_t, 3> events{};
  for (std::size_t i = 0; i < 3; ++i) {
    ASSERT_EQ(cudaEventCreateWithFlags(&events[i], i == 2 ? cudaEventDisableTiming : 0), cudaSuccess);
  }
  float milliseconds = 0;
  EXPECT_EQ(cudaEventElapsedTime(&milliseconds, events[0], events[1]), cudaErrorInvalidResourceHandle);
  for (auto* const event : events) EXPECT_EQ(cudaEventRecord(event, stream_), cudaSuccess);
  EXPECT_EQ(finish(), cudaSuccess);
  EXPECT_EQ(cudaEventElapsedTime(&milliseconds, events[0], events[1]), cudaSuccess);
  EXPECT_GE(milliseconds, 0);
  EXPECT_EQ(cudaEventElapsedTime(&milliseconds, events[0], events[2]), cudaErrorInvalidResourceHandle);
  for (auto* const event : events) EXPECT_EQ(cudaEventDestroy(event), cudaSuccess);
}

TEST_F(Runtime, MemoryIsLimitedPerDevice) {
  Environment const little{{"MUSTER_STANDIN_MEMORY", "4096"}};
  void *first = nullptr, *second = nullptr;
  EXPECT_EQ(cudaMalloc(&first, 3000), cudaSuccess);
  EXPECT_EQ(cudaMalloc(&second, 1000), cudaErrorMemoryAllocation);  // 256 are in use already
  EXPECT_EQ(cudaSetDevice(1), cudaSuccess);
  EXPECT_EQ(cudaMalloc(&second, 4096), cudaSuccess);
  EXPECT_EQ(cudaFree(first), cudaSuccess);
  EXPECT_EQ(cudaFree(second), cudaSuccess);
  EXPECT_EQ(cudaSetDevice(0), cudaSuccess);
}

TEST_F(Runtime, AKernelThatNobodyKnowsIsRefused) {
  static char const no_kernel = 0;
  EXPECT_EQ(cudaLaunchKernel(&no_kernel, dim3(1), dim3(1), nullptr, 0, stream_),
            cudaErrorInvalidDeviceFunction);
}

// The first fault of a device's work stays: all later calls report it, and nothing more is done.
TEST(RuntimeDeathTest, AFaultOfTheDeviceIsForGood) {
  auto const all = [] {
    cudaStream_t stream = nullptr;
    cudaStreamCreateWithFlags(&stream, 0);
    muster_standin_enqueue(stream, [] { return cudaErrorIllegalAddress; });
    while (cudaStreamQuery(stream) == cudaErrorNotReady) std::this_thread::yield();
    void* memory = nullptr;
    std::exit(cudaMalloc(&memory, 16) == cudaErrorIllegalAddress ? 17 : 1);
  };
  EXPECT_EXIT(all(), testing::ExitedWithCode(17), "");
}

TEST(Faults, AreCountedByFunctionAndCall) {
  void* memory = nullptr;
  {
    Fail const second("cudaMalloc:2:2");
    EXPECT_EQ(cudaMalloc(&memory, 16), cudaSuccess);
    EXPECT_EQ(cudaFree(memory), cudaSuccess);
    EXPECT_EQ(cudaMalloc(&memory, 16), cudaErrorMemoryAllocation);
    EXPECT_EQ(cudaMalloc(&memory, 16), cudaSuccess);
    EXPECT_EQ(cudaFree(memory), cudaSuccess);
  }
  Fail const later("cudaFree:1:1,cudaMalloc:2+:46");
  EXPECT_EQ(cudaMalloc(&memory, 16), cudaSuccess);
  EXPECT_EQ(cudaMalloc(&memory, 16), cudaErrorDevicesUnavailable);
  EXPECT_EQ(cudaMalloc(&memory, 16), cudaErrorDevicesUnavailable);
  EXPECT_EQ(cudaFree(memory), cudaErrorInvalidValue);
  EXPECT_EQ(cudaFree(memory), cudaSuccess);
  EXPECT_EQ(cudaGetLastError(), cudaErrorInvalidValue);
}

TEST(FaultsDeathTest, ARuleThatCannotBeReadEndsTheProcess) {
  for (auto const* rule : {"cudaMalloc", "cudaMalloc:0:2", "cudaMalloc:1:never", "cudaMalloc@x:1:2"}) {
    Fail const nonsense(rule);
    void* memory = nullptr;
    EXPECT_DEATH(cudaMalloc(&memory, 16), "cannot read") << rule;
  }
}

}  // namespace
}  // namespace muster::standin
