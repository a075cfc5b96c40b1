// The four workloads on the host, whole; and faults planted in each, which verify() must find.
#include <gmock/gmock.h>

#include "kernels/dataload/decode_host.hpp"
#include "kernels/dataload/pipeline_host.hpp"
#include "kernels/dataload/preprocess_host.hpp"
#include "kernels/dataload/read_instance.hpp"
#include "kernels/dataload/synthetic_set.hpp"
#include "tests/kernels/dataload_support.hpp"

namespace muster::dataload::test {
namespace {

using testing::HasSubstr;

class DataloadCases : public testing::Test {
 protected:
  DataloadCases() { solo.context.cache = cache.path(); }
  static std::span<float> floats(std::span<std::byte> values) {
    return {reinterpret_cast<float*>(values.data()), values.size() / sizeof(float)};
  }
  fs::path shard() const { return synthetic_folder(cache.path(), {24, {96, 64}}) / "shard-0000.tar"; }

  TestFolder cache;
  SoloWithNotes solo;
};

TEST_F(DataloadCases, AllFourVerifyBeforeAndAfterLaunches) {
  for (auto const* workload :
       {"dataload/pipeline", "dataload/read", "dataload/decode", "dataload/preprocess"}) {
    auto const instance = make_case(workload, small(workload), solo.context);
    auto const before = instance->verify();
    EXPECT_TRUE(before.ok()) << workload << ": " << before.detail;
    for (int i = 0; i < 5; ++i) {
      instance->reset();
      instance->launch();
    }
    auto const after = instance->verify();
    EXPECT_TRUE(after.ok()) << workload << ": " << after.detail;
    EXPECT_GT(amount(instance->work(), Registry::instance().find(workload)->metric.quantity), 0u);
  }
}

TEST_F(DataloadCases, ThePipelineStatesItsSlowestStageAsItsBound) {
  PipelineInstance pipeline(small("dataload/pipeline"), solo.context);
  pipeline.launch();
  auto const bound = pipeline.bound();
  ASSERT_TRUE(bound);
  EXPECT_THAT(bound->name, testing::AnyOf("read_alone", "decode_and_preprocess_alone"));
  EXPECT_GT(bound->value, 0);
  for (auto const& figure : pipeline.figures()) EXPECT_GE(figure.value, 0) << figure.name;
  EXPECT_TRUE(pipeline.verify().ok());
}

TEST_F(DataloadCases, ThePipelinesMetersAgreeWithEachOther) {
  PipelineInstance pipeline(small("dataload/pipeline"), solo.context);
  for (int i = 0; i < 6; ++i) {
    pipeline.reset();
    pipeline.launch();
  }
  auto const summary = pipeline.summary();
  EXPECT_EQ(summary.batch_seconds.size(), 6u);
  EXPECT_GT(summary.pictures_per_second, 0);
  ASSERT_EQ(summary.stages.size(), 3u);
  for (auto const& stage : summary.stages) {
    EXPECT_GT(stage.alone, 0) << stage.name;
    EXPECT_GT(stage.inside, 0) << stage.name;
  }
  EXPECT_LE(summary.stall_share, 1);
  for (auto const& queue : summary.queues) EXPECT_LE(queue.empty + queue.full, 1.001) << queue.name;
  EXPECT_GT(summary.cores.all, 0);
  EXPECT_THAT(pipeline.facts(), testing::Contains(testing::Key("bottleneck")));
}

TEST_F(DataloadCases, EveryWayOfPreprocessingVerifies) {
  for (auto const* crop : {"random", "centre"}) {
    for (auto const* filter : {"triangle", "linear"}) {
      for (auto const* output : {"float32", "float16", "bfloat16"}) {
        auto const params = [&](char const* workload) {
          return small(workload, {{"crop", crop}, {"filter", filter}, {"output", output}});
        };
        auto const pipeline = make_case("dataload/pipeline", params("dataload/pipeline"), solo.context);
        pipeline->launch();
        EXPECT_TRUE(pipeline->verify().ok()) << crop << filter << output;
        auto const alone = make_case("dataload/preprocess", params("dataload/preprocess"), solo.context);
        EXPECT_TRUE(alone->verify().ok()) << crop << filter << output;
      }
    }
  }
}

TEST_F(DataloadCases, ScaledDecodingSaysWhatItCostsInQuality) {
  PipelineInstance pipeline(
      small("dataload/pipeline", {{"scaled", "on"}, {"size", std::int64_t{16}}, {"crop", "centre"}}),
      solo.context);
  pipeline.launch();
  auto const verdict = pipeline.verify();
  EXPECT_TRUE(verdict.ok()) << verdict.detail;
  double median = 0, least = 0;
  for (auto const& figure : pipeline.figures()) {
    if (figure.name == "scaled_psnr") median = figure.value;
    if (figure.name == "scaled_psnr_min") least = figure.value;
  }
  EXPECT_GT(least, 20);
  EXPECT_LT(median, 99) << "a reduced picture is not the same";
  EXPECT_GE(median, least);
  EXPECT_TRUE(make_case("dataload/decode", small("dataload/decode", {{"scaled", "on"}}), solo.context)
                  ->verify()
                  .ok());
}

TEST_F(DataloadCases, ABadPictureInMidRunIsCountedAndNamedAndTheRunGoesOn) {
  fs::path const data = cache / "mine";
  fs::create_directories(data);
  for (std::uint64_t i = 0; i < 6; ++i) write_file(data / (std::to_string(i) + ".jpg"), picture(i, {80, 60}));
  solo.context.data = data;
  PipelineInstance pipeline(small("dataload/pipeline", {{"batch", std::int64_t{6}}}), solo.context);
  std::fstream file(data / "3.jpg", std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(300);  // in place: the file stays as long as it is
  file << std::string(fs::file_size(data / "3.jpg") - 300, '\xFF') << std::flush;
  for (int i = 0; i < 20; ++i) pipeline.launch();  // beyond what was read ahead
  EXPECT_GT(pipeline.pipeline().failures(), 5u);
  EXPECT_THAT(pipeline.pipeline().first_failure(), testing::StartsWith("3.jpg: "));
  EXPECT_FALSE(pipeline.verify().ok());
}

TEST_F(DataloadCases, APauseLeavesNoBatchBehindInThePipeline) {
  for (int const launches : {0, 2}) {  // after which the pipeline is full, and is not
    PipelineInstance pipeline(small("dataload/pipeline", {{"batch", std::int64_t{150}}}), solo.context);
    pipeline.rest();
    EXPECT_TRUE(pipeline.pipeline().full());
    for (int i = 0; i < launches; ++i) pipeline.launch();
    pipeline.reset();
    auto const* const batch = pipeline.held();
    ASSERT_NE(batch, nullptr);
    EXPECT_GE(batch->encoded->index, 5u) << "batches made before the sample began would be counted in it";
    EXPECT_TRUE(pipeline.verify().ok()) << "throwing batches away must not upset the order";
  }
}

TEST_F(DataloadCases, ABatchMayBeLargerThanTheSet) {
  PipelineInstance pipeline(small("dataload/pipeline", {{"batch", std::int64_t{70}}}), solo.context);
  for (int i = 0; i < 3; ++i) pipeline.launch();
  auto const verdict = pipeline.verify();
  EXPECT_TRUE(verdict.ok()) << verdict.detail;
}

TEST_F(DataloadCases, AFlippedByteInAShardFailsEveryWorkloadThatReadsIt) {
  make_case("dataload/decode", small("dataload/decode"), solo.context);  // the set is made
  auto const set = load_synthetic(shard().parent_path());
  for (auto const& record : set->records) flip_byte(shard(), record.offset + record.length / 2);
  PipelineInstance pipeline(small("dataload/pipeline"), solo.context);
  auto const verdict = pipeline.verify();
  EXPECT_FALSE(verdict.ok());
  EXPECT_THAT(verdict.detail, HasSubstr("shard-0000.tar"));
  EXPECT_FALSE(make_case("dataload/decode", small("dataload/decode"), solo.context)->verify().ok());
  auto const records = small("dataload/read", {{"access", "records"}});
  EXPECT_FALSE(make_case("dataload/read", records, solo.context)->verify().ok());
}

TEST_F(DataloadCases, SwappedChannelsFailThePipeline) {
  PipelineInstance pipeline(small("dataload/pipeline"), solo.context);
  pipeline.launch();
  auto const values = pipeline.held()->values;
  std::swap_ranges(values.begin(), values.begin() + 4096,
                   values.begin() + 8192);  // red and blue of one picture
  auto const verdict = pipeline.verify();
  EXPECT_FALSE(verdict.ok());
  EXPECT_GT(verdict.error, verdict.tolerance);
}

TEST_F(DataloadCases, AWrongNormalisationFailsThePipelineAndThePreprocessing) {
  PipelineInstance pipeline(small("dataload/pipeline"), solo.context);
  pipeline.launch();
  for (auto& value : floats(pipeline.held()->values)) value *= 1.01f;
  EXPECT_FALSE(pipeline.verify().ok());

  PreprocessInstance preprocess(small("dataload/preprocess"), solo.context);
  preprocess.launch();
  for (auto& value : floats(preprocess.stage().out())) value *= 1.01f;
  EXPECT_FALSE(preprocess.verify().ok());
}

TEST_F(DataloadCases, ABatchThatNeverArrivedFailsThePipeline) {
  PipelineInstance pipeline(small("dataload/pipeline"), solo.context);
  pipeline.pipeline().give_back(pipeline.pipeline().next());  // eight records that the instance never sees
  pipeline.launch();
  auto const verdict = pipeline.verify();
  EXPECT_FALSE(verdict.ok());
  EXPECT_THAT(verdict.detail, HasSubstr("record"));
}

TEST_F(DataloadCases, AWrongPixelFailsTheDecoding) {
  DecodeInstance decode(small("dataload/decode"), solo.context);
  decode.launch();
  // A thread that came late has decoded none.
  auto& image = std::ranges::find_if(decode.stage().last(), [](auto const& last) { return last.any; })->image;
  for (std::size_t i = 0; i < image.pixels.size(); i += 3) std::swap(image.pixels[i], image.pixels[i + 2]);
  EXPECT_FALSE(decode.verify().ok());
}

TEST_F(DataloadCases, AFileThatChangesBetweenReadAndCheckFailsTheReading) {
  auto const params = small("dataload/read", {{"block", std::int64_t{4096}}});
  ReadInstance read(params, solo.context);
  read.launch();
  for (std::uint64_t at = 100; at < fs::file_size(shard()); at += 4096) flip_byte(shard(), at);
  auto const verdict = read.verify();
  EXPECT_FALSE(verdict.ok());
  EXPECT_THAT(verdict.detail, HasSubstr("bytes at offset"));
}

TEST_F(DataloadCases, ReadingCountsWholeBlocksOrTheMeanRecord) {
  ReadInstance blocks(small("dataload/read"), solo.context);
  EXPECT_EQ(blocks.work().bytes, 8192u * static_cast<unsigned>(blocks.reads_per_launch()));
  ReadInstance records(small("dataload/read", {{"access", "records"}}), solo.context);
  auto const set = load_synthetic(shard().parent_path());
  EXPECT_NEAR(static_cast<double>(records.work().bytes),
              static_cast<double>(set->bytes()) / 24 * records.reads_per_launch(), 1);
}

TEST_F(DataloadCases, ABlockLargerThanEveryFileIsRefusedWithTheRemedy) {
  try {
    ReadInstance const read(small("dataload/read", {{"block", std::int64_t{1} << 29}}), solo.context);
    FAIL() << "accepted";
  } catch (Unsupported const& error) {
    EXPECT_THAT(error.what(), testing::AllOf(HasSubstr("536870912"), HasSubstr("access")));
  }
}

TEST_F(DataloadCases, TheUsersOwnPicturesRunThroughThePipelineAndBadOnesAreNoted) {
  fs::path const data = cache / "mine";
  fs::create_directories(data);
  for (std::uint64_t i = 0; i < 5; ++i) write_file(data / (std::to_string(i) + ".jpg"), picture(i, {80, 60}));
  write_file(data / "grey.jpg", ramp(70, 50, TJPF_GRAY, TJSAMP_GRAY));
  write_text(data / "readme.md", "not a picture");
  solo.context.data = data;
  PipelineInstance pipeline(small("dataload/pipeline"), solo.context);
  for (int i = 0; i < 3; ++i) pipeline.launch();
  auto const verdict = pipeline.verify();
  EXPECT_TRUE(verdict.ok()) << verdict.detail;
  EXPECT_THAT(solo.notes, testing::Contains("skipped 1 of 7 files: readme.md (not a JPEG)"));
}

TEST_F(DataloadCases, AReadThatFailsComesOutOfLaunch) {
  make_case("dataload/decode", small("dataload/decode"), solo.context);  // the set is made
  auto const set = load_synthetic(shard().parent_path());
  fs::resize_file(shard(), set->records[12].offset);
  HostPipeline pipeline(*set, {.batch = 24, .size = 32}, 1, {cpu_set_t{}});
  EXPECT_THROW(pipeline.next(), DeviceError);
}

}  // namespace
}  // namespace muster::dataload::test
