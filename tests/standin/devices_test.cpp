// What the plug-in says of its devices, and of their absence.
#include <gmock/gmock.h>

#include "tests/standin/support.hpp"

namespace muster::standin {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

using Devices = StandinTest;

TEST_F(Devices, AreListedWithTheirIdentity) {
  Environment const machine{{"MUSTER_STANDIN_GPUS", "3"}, {"MUSTER_STANDIN_MEMORY", "1073741824"}};
  auto const devices = backend_->devices();
  ASSERT_EQ(devices.size(), 3U);
  EXPECT_EQ(devices[2].backend, "cuda");
  EXPECT_EQ(devices[2].index, 2);
  EXPECT_EQ(devices[2].name, "Stand-in GPU (host memory)");
  EXPECT_EQ(devices[2].uuid, "GPU-5374616e-642d-696e-0000-000000000002");
  EXPECT_EQ(devices[2].pci, "0000:12:00.0");
  EXPECT_EQ(devices[2].memory_bytes, std::uint64_t{1} << 30);
  EXPECT_EQ(devices[2].units, 2);
  EXPECT_THAT(devices[2].facts, Contains(Pair("compute_capability", "8.0")));
}

TEST_F(Devices, ThatAreHiddenAreNotListed) {
  Environment const machine{{"MUSTER_STANDIN_GPUS", "4"}, {"CUDA_VISIBLE_DEVICES", "3,1"}};
  auto const devices = backend_->devices();
  ASSERT_EQ(devices.size(), 2U);
  EXPECT_EQ(devices[0].pci, "0000:13:00.0");
  EXPECT_EQ(devices[1].pci, "0000:11:00.0");
}

TEST_F(Devices, NoneIsAnEmptyList) {
  Environment const machine{{"MUSTER_STANDIN_GPUS", "0"}};
  EXPECT_TRUE(backend_->devices().empty());
  EXPECT_THROW(backend_->open({}), DeviceError);
}

TEST_F(Devices, WithoutADriverTheMessageNamesTheDriverAndTheRemedy) {
  Environment const machine{{"MUSTER_STANDIN_GPUS", "nodriver"}};
  auto const message = message_of<DeviceError>([&] { (void)backend_->devices(); });
  EXPECT_THAT(message, HasSubstr("no NVIDIA driver"));
  EXPECT_THAT(message, HasSubstr("install the driver"));
}

TEST_F(Devices, OneThatDoesNotExistIsRefusedWithTheNumberThereIs) {
  auto const message = message_of<DeviceError>([&] { backend_->open({.device = 2, .cpus = {}}); });
  EXPECT_THAT(message, HasSubstr("GPU 2 does not exist (this process sees 2)"));
}

TEST_F(Devices, FreeMemoryFollowsAllocations) {
  auto const before = device().free_memory();
  auto const instance =
      make("memory", params_of("memory", {{"op", "copy"}, {"bytes", std::int64_t{1} << 20}}));
  EXPECT_EQ(device().free_memory(), before - (std::uint64_t{2} << 20));
}

TEST_F(Devices, BoundsComeFromTheAttributes) {
  // 2 multiprocessors at 1 GHz; 1024 bits at 1 GHz, both edges; four links of NVLink 3.
  EXPECT_EQ(device().peak_flops("fp32")->value, 2 * 128 * 1e9);
  EXPECT_EQ(device().peak_flops("bf16")->value, 2 * 2048 * 1e9);
  EXPECT_EQ(device().memory_bandwidth()->value, 256e9);
  EXPECT_EQ(device().link_bandwidth()->value, 100e9);
  EXPECT_FALSE(device().peak_flops("fp4").has_value());
}

TEST_F(Devices, ClockDependentBoundsSayTheirClock) {
  for (auto const* type : {"fp64", "fp32", "tf32", "fp16", "bf16", "int8"}) {
    EXPECT_EQ(device().peak_flops(type)->clock_hz, 1e9) << type;
  }
  EXPECT_EQ(device().memory_bandwidth()->clock_hz, 0);
  EXPECT_EQ(device().link_bandwidth()->clock_hz, 0);
}

TEST_F(Devices, PartsWhoseDatasheetIsKnownSayWhatItPromises) {
  EXPECT_THAT(device().info().facts, Not(Contains(testing::Key("datasheet_bf16_tflops"))));
  device_.reset();
  Environment const part{{"MUSTER_STANDIN_NAME", "NVIDIA H100 80GB HBM3"}};
  EXPECT_THAT(device().info().facts, Contains(Pair("datasheet_bf16_tflops", "989")));
  EXPECT_THAT(device().info().facts, Contains(Pair("datasheet_tensor_clock_mhz", "1830")));
  EXPECT_THAT(device().info().facts, Contains(Pair("datasheet_memory_gb_per_s", "3350")));
}

TEST_F(Devices, VersionsNameTheLibraries) {
  auto const versions = backend_->versions();
  for (auto const* library : {"CUDA runtime", "cuBLASLt", "NCCL", "nvJPEG"}) {
    EXPECT_THAT(versions, Contains(Pair(library, testing::Not("")))) << library;
  }
}

TEST_F(Devices, StopwatchTimesWhatIsEnqueuedInBetween) {
  Fail const slow("cublasLtMatmul:3+:delay=30");  // after the two launches of set-up and check
  auto const gemm = make("gemm", params_of("gemm", {{"m", 16}, {"n", 16}, {"k", 16}}));
  ASSERT_TRUE(gemm->verify().ok());
  auto const watch = device().stopwatch();
  watch->start();
  gemm->launch();
  watch->stop();
  EXPECT_GE(watch->seconds(), 0.030);
}

TEST_F(Devices, WaitReportsAFaultOfTheWork) {
  (void)device();
  Fail const fault("cudaStreamQuery:1:700");
  EXPECT_THAT(message_of<DeviceError>([&] { device().wait(); }), HasSubstr("cudaErrorIllegalAddress"));
}

}  // namespace
}  // namespace muster::standin
