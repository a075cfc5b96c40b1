// The data loading pipeline on the cuda backend: what a batch costs in calls, and what is said of it.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "kernels/dataload/pipeline_summary.hpp"
#include "tests/standin/support.hpp"

namespace muster::standin {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Field;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::StartsWith;

class DataloadPipeline : public StandinTest {
 protected:
  std::unique_ptr<Instance> pipeline(std::vector<std::pair<std::string, Value>> const& values) {
    std::vector<std::pair<std::string, Value>> all{
        {"batch", 6}, {"images", 14}, {"width", 96}, {"height", 64}, {"size", 32}};
    all.insert(all.end(), values.begin(), values.end());
    return make("dataload/pipeline", params_of("dataload/pipeline", all));
  }
  void run(Instance& instance, int launches) {
    instance.reset();
    for (int i = 0; i < launches; ++i) instance.launch();
    device().wait();
  }
};

// Everything that allocates, frees, makes objects or waits for a stream would be a call of another name; and
// cudaStreamSynchronize and cudaDeviceSynchronize do not even exist in the stand-in.
TEST_F(DataloadPipeline, ABatchAllocatesNothingAndWaitsForNoStream) {
  for (char const* decoder : {"hybrid", "batched", "hardware", "split"}) {
    auto const instance = pipeline({{"decoder", decoder}});
    run(*instance, 4);
    muster_standin_calls();
    instance->reset();
    muster_standin_calls();
    constexpr int launches = 8;
    for (int i = 0; i < launches; ++i) instance->launch();
    auto const calls = muster_standin_calls();
    for (auto const& [function, times] : calls) {
      EXPECT_THAT((std::vector<std::string>{"cudaStreamWaitEvent", "cudaEventRecord", "cudaEventQuery",
                                            "cudaEventElapsedTime", "cudaMemcpyAsync", "cudaLaunchKernel"}),
                  Contains(function))
          << times << " times with " << decoder;
    }
    EXPECT_EQ(calls.at("cudaMemcpyAsync"), launches) << "one copy of where the pictures lie";
    EXPECT_EQ(calls.at("cudaLaunchKernel"), launches) << "one kernel";
    device().wait();
    EXPECT_TRUE(instance->verify().ok()) << decoder;
  }
}

TEST_F(DataloadPipeline, SaysWhatItsStagesDoAloneAndInsideAndWhichHoldsItUp) {
  auto const instance = pipeline({{"decoder", "hybrid"}});
  ASSERT_TRUE(instance->verify().ok());
  run(*instance, 12);
  ASSERT_TRUE(instance->bound());
  EXPECT_THAT(instance->bound()->name, HasSubstr("_alone"));
  auto const figures = instance->figures();
  for (char const* name : {"read_alone", "copy_alone", "decode_alone", "preprocess_alone", "read_inside",
                           "decode_inside", "preprocess_inside", "batch_time_p50", "batch_time_p99",
                           "batch_time_max", "host_to_device_bandwidth", "pixel_rate", "cpu_cores"}) {
    EXPECT_THAT(figures, Contains(AllOf(Field(&Figure::name, name), Field(&Figure::value, Gt(0))))) << name;
  }
  EXPECT_THAT(figures,
              Contains(AllOf(Field(&Figure::name, "late_nvjpeg_allocations"), Field(&Figure::value, 0.0))));
  auto const facts = instance->facts();
  EXPECT_THAT(facts, Contains(Pair("decoder", StartsWith("nvJPEG 13."))));
  EXPECT_THAT(facts, Contains(Pair("decoder_why", "the fastest of 2 that were tried")));
  EXPECT_THAT(facts, Contains(Pair("bottleneck", testing::AnyOf("read", "decode", "preprocess", "copy"))));
}

TEST_F(DataloadPipeline, ASlowEngineIsNamedAsTheBottleneck) {
  auto const instance = pipeline({{"decoder", "hardware"}, {"size", 8}});  // kernels take their time here
  Fail const slow("nvjpegDecodeBatched:*:delay=150");
  run(*instance, 7);
  EXPECT_THAT(instance->facts(), Contains(Pair("bottleneck", "decode")));
  auto* const metered = dynamic_cast<dataload::MeteredPipeline*>(instance.get());
  ASSERT_NE(metered, nullptr);
  auto const summary = metered->summary();
  EXPECT_EQ(summary.stages[2].on, dataload::Resource::gpu);
  EXPECT_EQ(summary.batch_seconds.size(), 7U);
  // Two batches are in work at a time, so not every launch waits.
  EXPECT_GT(std::ranges::max(summary.batch_seconds), 0.05);
}

// A byte of a picture's first segment (its density), of which the pixels know nothing.
void flip_a_density(std::filesystem::path const& shard, int picture) {
  std::fstream file(shard, std::ios::in | std::ios::out | std::ios::binary);
  std::string const bytes{std::istreambuf_iterator<char>(file), {}};
  std::size_t at = 0;
  for (int i = 0; i <= picture; ++i) at = bytes.find("JFIF", at) + 1;
  ASSERT_NE(at, std::string::npos + 1);
  file.seekp(static_cast<std::streamoff>(at + 8));
  file.put(static_cast<char>(bytes[at + 8] ^ 1));
}

// Long after its batch has gone: the reader itself counts what it has read.
TEST_F(DataloadPipeline, WithAllRecordsCheckedAWrongOneIsNamedThoughItIsRightAgain) {
  context().cache = cache_folder() / "spoilt";
  std::filesystem::remove_all(context().cache);
  auto instance = pipeline({{"check", "all"}, {"decoder", "hybrid"}});
  ASSERT_TRUE(instance->verify().ok());
  std::filesystem::path shard;
  for (auto const& entry : std::filesystem::recursive_directory_iterator(context().cache))
    if (entry.path().extension() == ".tar") shard = entry.path();
  flip_a_density(shard, 3);
  run(*instance, 12);
  flip_a_density(shard, 3);
  run(*instance, 12);
  auto const verdict = instance->verify();
  EXPECT_FALSE(verdict.ok());
  EXPECT_EQ(verdict.method, "XXH3 of all records as read");
  EXPECT_THAT(verdict.detail, HasSubstr("00000003.jpg"));
  instance.reset();
  std::filesystem::remove_all(context().cache);
}

TEST_F(DataloadPipeline, AKernelThatWritesNothingIsCaughtInEveryType) {
  for (char const* type : {"float32", "float16", "bfloat16"}) {
    auto const instance = pipeline({{"output", type}, {"decoder", "hybrid"}});
    ASSERT_TRUE(instance->verify().ok()) << type;
    std::string const kernel =
        std::string("dataload_preprocess_") + (std::string(type) == "float32"   ? "fp32"
                                               : std::string(type) == "float16" ? "fp16"
                                                                                : "bf16");
    Fail const fault((kernel + ":*:wrong").c_str());
    run(*instance, 2);
    EXPECT_FALSE(instance->verify().ok()) << type;
  }
}

TEST_F(DataloadPipeline, ADecodeErrorInTheMiddleOfARunFailsItAndNamesThePicture) {
  auto const instance = pipeline({{"decoder", "hybrid"}});
  ASSERT_TRUE(instance->verify().ok());
  {
    Fail const bad("nvjpegDecodeJpegHost:3:3");
    run(*instance, 3);
  }
  auto const verdict = instance->verify();
  EXPECT_FALSE(verdict.ok());
  EXPECT_THAT(verdict.detail, HasSubstr("nvjpegDecodeJpegHost failed (3: bad JPEG)"));
}

TEST_F(DataloadPipeline, ScaledDecodingIsTheHosts) {
  EXPECT_THAT(message_of<Unsupported>([&] { pipeline({{"scaled", "on"}}); }), HasSubstr("scaled = off"));
}

}  // namespace
}  // namespace muster::standin
