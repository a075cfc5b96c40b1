// Errors of the vendor's libraries become the contract's errors, with what failed and what to do about it.
#include <gmock/gmock.h>

#include "tests/standin/support.hpp"

namespace muster::standin {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class Errors : public StandinTest {
 protected:
  std::unique_ptr<Instance> gemm() {
    return make("gemm", params_of("gemm", {{"m", 32}, {"n", 32}, {"k", 32}}));
  }
  std::unique_ptr<Instance> memory() { return make("memory", params_of("memory", {{"bytes", 8192}})); }
  std::unique_ptr<Instance> decode() {
    return make(
        "dataload/decode",
        params_of("dataload/decode",
                  {{"batch", 4}, {"images", 12}, {"width", 96}, {"height", 64}, {"decoder", "hybrid"}}));
  }
};

TEST_F(Errors, ACaseThatDoesNotFitSaysHowMuchIsFree) {
  Environment const little{{"MUSTER_STANDIN_MEMORY", "1048576"}};
  EXPECT_THAT(message_of<OutOfMemory>([&] {
                make("memory", params_of("memory", {{"op", "copy"}, {"bytes", std::int64_t{1} << 20}}));
              }),
              HasSubstr("use bytes <= "));
}

TEST_F(Errors, AnAllocationThatFailsIsOutOfMemoryAndGivesTheRestBack) {
  (void)device();
  Fail const second("cudaMalloc:2:2");
  EXPECT_THAT(message_of<OutOfMemory>([&] { memory(); }), HasSubstr("array b"));
}

TEST_F(Errors, PinnedMemoryThatIsRefusedIsOutOfMemory) {
  (void)device();
  Fail const first("cudaHostAlloc:1:2");
  EXPECT_THAT(message_of<OutOfMemory>([&] { decode(); }), HasSubstr("page-locked"));
}

TEST_F(Errors, AKernelThatIsRefusedIsADeviceErrorThatNamesIt) {
  auto const instance = memory();
  Fail const refused("memory_triad_fp64:1:209");  // cudaErrorNoKernelImageForDevice
  EXPECT_THAT(message_of<DeviceError>([&] { instance->launch(); }),
              AllOf(HasSubstr("memory_triad"), HasSubstr("CMAKE_CUDA_ARCHITECTURES")));
}

TEST_F(Errors, AMemoryFaultNamesTheRemedy) {
  auto const instance = gemm();
  instance->launch();
  Fail const fault("cudaStreamQuery:1:214");  // cudaErrorECCUncorrectable
  EXPECT_THAT(message_of<DeviceError>([&] { device().wait(); }), HasSubstr("reset or replace the GPU"));
}

TEST_F(Errors, AnErrorIsReportedOnce) {
  auto const instance = memory();
  {
    Fail const refused("memory_triad_fp64:1:9");
    EXPECT_THROW(instance->launch(), DeviceError);
  }
  EXPECT_TRUE(instance->verify().ok());
}

TEST_F(Errors, WhatCublasDoesNotSupportIsUnsupported) {
  Fail const none("cublasLtMatmulAlgoGetHeuristic:*:15");
  EXPECT_THAT(message_of<Unsupported>([&] { gemm(); }), HasSubstr("CUBLAS_STATUS_NOT_SUPPORTED"));
}

TEST_F(Errors, CublasWithoutMemoryIsOutOfMemory) {
  Fail const none("cublasLtCreate:1:3");
  EXPECT_THROW(gemm(), OutOfMemory);
}

TEST_F(Errors, AProductThatFailsIsADeviceError) {
  auto const instance = gemm();
  Fail const fault("cublasLtMatmul:1:13");
  EXPECT_THAT(message_of<DeviceError>([&] { instance->launch(); }), HasSubstr("cublasLtMatmul failed"));
}

TEST_F(Errors, APictureThatNvjpegRefusesFailsVerificationAndIsNamed) {
  auto const instance = decode();
  Fail const bad("nvjpegDecodeJpegHost:2:3");
  instance->launch();
  auto const verdict = instance->verify();
  EXPECT_FALSE(verdict.ok());
  EXPECT_THAT(verdict.detail, HasSubstr("nvjpegDecodeJpegHost failed (3"));
}

}  // namespace
}  // namespace muster::standin
