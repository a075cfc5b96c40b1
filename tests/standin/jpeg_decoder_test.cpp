// nvJPEG's back ends through GpuDecoder: who decodes what, and what goes wrong with them.
#include <gmock/gmock.h>
#include <turbojpeg.h>

#include <algorithm>
#include <chrono>
#include <fstream>

#include "kernels/cuda/stream.hpp"
#include "kernels/dataload/decoded_checks_cuda.hpp"
#include "kernels/dataload/decoder_choice.hpp"
#include "kernels/dataload/pinned_pictures.hpp"
#include "tests/standin/support.hpp"

namespace muster::standin {
namespace {

namespace fs = std::filesystem;
using cuda::DecodedBatch;
using cuda::DecoderPlan;
using cuda::GpuDecoder;
using dataload::Decoder;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr int width = 96, height = 64;

std::vector<unsigned char> encoded(int subsampling, int flags) {
  std::vector<unsigned char> pixels(static_cast<std::size_t>(3 * width * height));
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<unsigned char>(i / 90);
  tjhandle const handle = tjInitCompress();
  unsigned char* at = nullptr;
  unsigned long size = 0;
  EXPECT_EQ(
      tjCompress2(handle, pixels.data(), width, 0, height, TJPF_RGB, &at, &size, subsampling, 90, flags), 0);
  std::vector<unsigned char> bytes(at, at + size);
  tjFree(at);
  tjDestroy(handle);
  return bytes;
}

std::vector<unsigned char> ordinary() { return encoded(TJSAMP_420, 0); }
std::vector<unsigned char> progressive() { return encoded(TJSAMP_420, TJFLAG_PROGRESSIVE); }
std::vector<unsigned char> narrow_colours() { return encoded(TJSAMP_411, 0); }

class JpegDecoder : public StandinTest {
 protected:
  JpegDecoder() : folder_(fs::path(testing::TempDir()) / "muster-standin-jpeg") {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~JpegDecoder() override { fs::remove_all(folder_); }

  void TearDown() override {
    pictures_.reset();
    StandinTest::TearDown();
  }

  void add(std::vector<unsigned char> const& bytes) {
    auto const number = set_.files.size();
    auto const name = "picture-" + std::to_string(number) + ".jpg";
    std::ofstream(folder_ / name, std::ios::binary)
        .write(reinterpret_cast<char const*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    set_.files.push_back(folder_ / name);
    set_.records.push_back({.file = static_cast<std::uint32_t>(number),
                            .length = static_cast<std::uint32_t>(bytes.size()),
                            .width = width,
                            .height = height,
                            .name = name});
  }
  void add(int count, std::vector<unsigned char> const& bytes) {
    for (int i = 0; i < count; ++i) add(bytes);
  }

  std::span<dataload::EncodedImage const> images() {
    (void)device();
    if (!pictures_) pictures_.emplace(set_, set_.records.size(), std::size_t{1} << 20);
    return pictures_->images();
  }
  cudaStream_t queue() { return static_cast<cudaStream_t>(device().queue()); }

  std::unique_ptr<GpuDecoder> decoder(DecoderPlan const& plan) {
    return std::make_unique<GpuDecoder>(set_, device().team(), static_cast<int>(images().size()), plan);
  }
  DecodedBatch& run(GpuDecoder& decoder) {
    auto& batch = decoder.run(images(), queue(), crops_);
    decoder.done_with(batch, queue());
    device().wait();
    return batch;
  }
  // One batch, whose pixels must be right.
  void expect_right(GpuDecoder& decoder) {
    auto const verdict = cuda::check_decoded(set_, run(decoder), images(), queue());
    EXPECT_TRUE(verdict.ok()) << verdict.error << "; " << verdict.detail;
    EXPECT_EQ(decoder.failures(), 0U) << decoder.first_failure();
  }

  cuda::DecoderChoice choose(Decoder decoder) {
    dataload::Options options;
    options.batch = static_cast<int>(images().size());
    options.decoder = decoder;
    return cuda::choose_decoder(set_, images(), crops_, options, context());
  }

  fs::path folder_;
  dataload::RecordSet set_{.origin = "a test's"};
  std::optional<cuda::PinnedPictures> pictures_;
  std::vector<dataload::Crop> crops_;
};

DecoderPlan const lanes{}, batched{.call = DecoderPlan::Call::cores, .share = 1, .lanes = 1},
    engine{.call = DecoderPlan::Call::engine, .share = 1, .lanes = 1},
    half_engine{.call = DecoderPlan::Call::engine, .share = 0.5};

TEST_F(JpegDecoder, EveryPlanIsRightBatchAfterBatch) {
  add(4, ordinary());
  add(3, encoded(TJSAMP_444, 0));
  add(encoded(TJSAMP_GRAY, 0));
  for (auto const& plan : {lanes, batched, engine, half_engine}) {
    auto const one = decoder(plan);
    for (int i = 0; i < 4; ++i) expect_right(*one);
  }
}

TEST_F(JpegDecoder, OnlyTheRegionOfACropIsDecodedWhereThePlanSaysSo) {
  add(4, ordinary());
  crops_ = {
      {10, 20, 30, 40, false}, {0, 0, 96, 64, true}, {95, 63, 1, 1, false}, {0.5F, 0.5F, 20.2F, 30, false}};
  auto const one = decoder({.region = true});
  for (int i = 0; i < 3; ++i) expect_right(*one);
  auto const& batch = run(*one);
  auto const& first = batch.pictures[0];
  EXPECT_EQ((std::vector{first.left, first.top, first.width, first.height}), (std::vector{10, 20, 30, 40}));
  auto const& last = batch.pictures[3];
  EXPECT_EQ((std::vector{last.left, last.top, last.width, last.height}), (std::vector{0, 0, 21, 31}));
  EXPECT_FLOAT_EQ(last.moved(crops_[3]).left, 0.5F);
  EXPECT_TRUE(batch.pictures[1].is_whole());
  auto const half = decoder({.call = DecoderPlan::Call::engine, .share = 0.5, .region = true});
  expect_right(*half);  // the engine's half is whole
  auto const whole = decoder(lanes);
  expect_right(*whole);
  EXPECT_TRUE(run(*whole).pictures[0].is_whole());
}

TEST_F(JpegDecoder, WhereCropsAreKnownRegionsTakePartInTheChoice) {
  add(4, ordinary());
  crops_.assign(4, {8, 8, 40, 40, false});
  auto const choice = choose(Decoder::automatic);
  EXPECT_EQ(choice.rates.size(), 10U);
  EXPECT_THAT(choice.rates, Contains(testing::Field(&Figure::name, "race_hybrid_4_region")));
}

// Work in the streams takes its time, so a state or memory that is used too early shows.
TEST_F(JpegDecoder, NothingIsUsedAgainBeforeItsWorkIsDone) {
  add(9, ordinary());
  Fail const slow("nvjpegDecodeJpegDevice:*:delay=3,nvjpegDecodeBatched:*:delay=10");
  for (auto const& plan : {lanes, batched, half_engine}) {
    auto const one = decoder(plan);
    for (int i = 0; i < 4; ++i) one->done_with(one->run(images(), queue()), queue());
    expect_right(*one);
  }
}

TEST_F(JpegDecoder, TheEngineHasItsShareAndWhatItRefusesGoesToCudaCores) {
  add(4, ordinary());
  add(3, progressive());
  add(narrow_colours());
  auto const whole = decoder(engine);
  expect_right(*whole);
  EXPECT_EQ(whole->by_call(), 4U);
  EXPECT_EQ(whole->refused_by_call(), 4U);
  auto const half = decoder({.call = DecoderPlan::Call::engine, .share = 0.25});
  expect_right(*half);
  EXPECT_EQ(half->by_call(), 2U);
}

TEST_F(JpegDecoder, PicturesThatTheEngineRefusesAllAreDecodedAllTheSame) {
  add(5, progressive());
  auto const one = decoder(engine);
  expect_right(*one);
  EXPECT_EQ(one->by_call(), 0U);
}

TEST_F(JpegDecoder, ABatchOfTheSameSizeIsInitialisedOnce) {
  add(6, ordinary());
  auto const one = decoder(engine);
  for (int i = 0; i < 2; ++i) expect_right(*one);  // both states
  Fail const never_again("nvjpegDecodeBatchedInitialize:*:6");
  for (int i = 0; i < 4; ++i) expect_right(*one);
}

TEST_F(JpegDecoder, WhereThereIsNoEngineThePlanSaysSo) {
  add(2, ordinary());
  Environment const none{{"MUSTER_STANDIN_JPEG_ENGINES", "0"}};
  EXPECT_THAT(message_of<Unsupported>([&] { decoder(engine); }),
              AllOf(HasSubstr("no hardware engine"), HasSubstr("decoder=auto")));
}

// ---- pictures that are at fault ----

TEST_F(JpegDecoder, ACallThatFailsIsMadeUpForPictureByPicture) {
  add(5, ordinary());
  for (auto const& plan : {batched, engine}) {
    auto const one = decoder(plan);
    expect_right(*one);
    Fail const bad("nvjpegDecodeBatched:1:3");
    expect_right(*one);
    expect_right(*one);
  }
}

TEST_F(JpegDecoder, ABadPictureIsNamedAndTheOthersAreDecoded) {
  add(2, ordinary());
  auto bytes = ordinary();
  bytes.resize(30);  // not even a frame header
  add(bytes);
  add(2, ordinary());
  for (auto const& plan : {lanes, batched, engine}) {
    auto const one = decoder(plan);
    auto const& batch = run(*one);
    EXPECT_EQ(one->failures(), 1U);
    EXPECT_THAT(one->first_failure(), AllOf(StartsWith("picture-2.jpg: "), HasSubstr("bad JPEG")));
    EXPECT_EQ(batch.by[2], DecodedBatch::By::nobody);
    EXPECT_TRUE(cuda::check_decoded(set_, batch, images(), queue()).ok());
  }
}

// A file that was exchanged meanwhile must not be decoded over its neighbour's pixels.
TEST_F(JpegDecoder, APictureLargerThanTheIndexSaysIsRefused) {
  add(3, ordinary());
  std::vector<dataload::Record> list(set_.records.begin(), set_.records.end());
  list[1].width = 32;
  set_.records = dataload::Records(list);
  for (auto const& plan : {lanes, batched, engine}) {
    auto const one = decoder(plan);
    run(*one);
    EXPECT_EQ(one->failures(), 1U);
    EXPECT_THAT(one->first_failure(), HasSubstr("it is 96 x 64 where the index says 32 x 64"));
  }
}

TEST_F(JpegDecoder, APictureThatFailsOnTheWayToTheGpuIsNamed) {
  add(4, ordinary());
  auto const one = decoder(lanes);
  for (auto const* call :
       {"nvjpegDecodeJpegHost", "nvjpegDecodeJpegTransferToDevice", "nvjpegDecodeJpegDevice"}) {
    auto const before = one->failures();
    {
      Fail const bad((std::string(call) + ":2:4").c_str());
      run(*one);
    }
    EXPECT_EQ(one->failures(), before + 1) << call;
  }
  EXPECT_THAT(one->first_failure(), HasSubstr("nvjpegDecodeJpegHost failed (4: kind of JPEG not supported)"));
}

// ---- libraries and GPUs that are at fault ----

TEST_F(JpegDecoder, AFailureOfTheGpuIsADeviceError) {
  add(3, ordinary());
  auto const by_lanes = decoder(lanes);
  auto const by_engine = decoder(engine);
  Fail const broken("nvjpegDecodeJpegHost:1:6,nvjpegDecodeBatched:1:6");
  EXPECT_THAT(message_of<DeviceError>([&] { run(*by_lanes); }), HasSubstr("nvjpegDecodeJpegHost failed (6"));
  EXPECT_THAT(message_of<DeviceError>([&] { run(*by_engine); }), HasSubstr("nvjpegDecodeBatched failed (6"));
}

TEST_F(JpegDecoder, MemoryThatCannotBeHadIsOutOfMemory) {
  add(3, ordinary());
  (void)images();
  for (auto const* call :
       {"nvjpegBufferPinnedResize", "nvjpegBufferDeviceResize", "nvjpegDecoderStateCreate"}) {
    Fail const none((std::string(call) + ":2:5").c_str());
    EXPECT_THAT(message_of<OutOfMemory>([&] { decoder(lanes); }), StartsWith(call));
  }
  Fail const full("cudaMalloc:1:2");  // the decoded batch
  EXPECT_THAT(message_of<OutOfMemory>([&] { decoder(lanes); }), HasSubstr("a decoded batch"));
}

TEST_F(JpegDecoder, AnAllocationInsideTheLibraryThatFailsIsOutOfMemory) {
  add(3, ordinary());
  (void)images();
  Fail const full("cudaHostAlloc:1:2");
  EXPECT_THROW(decoder(lanes), OutOfMemory);
}

// ---- what is allocated, and when ----

TEST_F(JpegDecoder, NothingIsAllocatedOnceItIsWarm) {
  add(7, ordinary());
  for (auto const& plan : {lanes, batched, half_engine}) {
    auto const one = decoder(plan);
    one->warm(images(), device());
    muster_standin_calls();
    for (int i = 0; i < 5; ++i) one->done_with(one->run(images(), queue()), queue());
    for (auto const& [function, times] : muster_standin_calls()) {
      EXPECT_THAT((std::vector<std::string>{"cudaStreamWaitEvent", "cudaEventRecord", "cudaEventQuery"}),
                  Contains(function))
          << times;
    }
    EXPECT_EQ(one->late_allocations(), 0U);
  }
}

TEST_F(JpegDecoder, MemoryOfABatchHoldsTheLargestPicturesOfAnyTwoEpochs) {
  for (int const side : {16, 32, 64}) set_.records.push_back({.width = side, .height = side});
  std::size_t const largest = 64 * 64 * 3, middle = 32 * 96, small = 16 * 48;
  EXPECT_EQ(cuda::decoded_capacity(set_, 1), largest);
  EXPECT_EQ(cuda::decoded_capacity(set_, 2), 2 * largest);
  EXPECT_EQ(cuda::decoded_capacity(set_, 3), 2 * largest + middle);
  EXPECT_EQ(cuda::decoded_capacity(set_, 5), 3 * largest + 2 * middle);  // three epochs
  EXPECT_EQ(cuda::decoded_capacity(set_, 9), 4 * largest + 4 * middle + small);
}

// ---- the choice ----

TEST_F(JpegDecoder, TheFastestIsChosenAndAllRatesAreKept) {
  add(8, ordinary());
  {
    Fail const slow("nvjpegDecodeBatched:*:delay=40");
    auto const choice = choose(Decoder::automatic);
    EXPECT_EQ(choice.plan.call, DecoderPlan::Call::none);
    EXPECT_EQ(choice.why, "the fastest of 9 that were tried");
    EXPECT_EQ(choice.rates.size(), 9U);
    EXPECT_EQ(choice.rates.front().name, "race_hybrid_4");
  }
  Fail const slow("nvjpegDecodeJpegDevice:*:delay=10");
  EXPECT_NE(choose(Decoder::automatic).plan.call, DecoderPlan::Call::none);
}

TEST_F(JpegDecoder, WithoutAnEngineTheChoiceIsAmongTheRestAndSaysWhy) {
  add(4, ordinary());
  Environment const none{{"MUSTER_STANDIN_JPEG_ENGINES", "0"}};
  auto const choice = choose(Decoder::automatic);
  EXPECT_NE(choice.plan.call, DecoderPlan::Call::engine);
  EXPECT_THAT(choice.why, AllOf(StartsWith("the fastest of 4"), HasSubstr("no hardware engine")));
  EXPECT_THAT(message_of<Unsupported>([&] { choose(Decoder::split); }), HasSubstr("no hardware engine"));
}

TEST_F(JpegDecoder, OneThatDecodesWronglyOrNotAtAllIsLeftOutAndNoted) {
  add(4, ordinary());
  {
    Fail const wrong("nvjpegDecodeBatched:*:wrong");
    EXPECT_EQ(choose(Decoder::automatic).plan.call, DecoderPlan::Call::none);
  }
  EXPECT_THAT(notes_, Contains(AllOf(StartsWith("left out: JPEG engine (HARDWARE)"),
                                     HasSubstr("not libjpeg-turbo's"))));
  Fail const refused("nvjpegDecodeJpegHost:*:4");
  auto const choice = choose(Decoder::automatic);
  EXPECT_NE(choice.plan.call, DecoderPlan::Call::none);
  EXPECT_THAT(notes_,
              Contains(AllOf(StartsWith("left out: CUDA cores, Huffman"), HasSubstr("cannot decode"))));
}

TEST_F(JpegDecoder, OneThatTheLibraryFailsInIsLeftOutAndNoted) {
  add(4, ordinary());
  Fail const broken("nvjpegDecodeBatchedSupported:*:9");
  EXPECT_EQ(choose(Decoder::automatic).plan.call, DecoderPlan::Call::none);
  EXPECT_THAT(notes_, Contains(AllOf(StartsWith("left out: JPEG engine (HARDWARE) ("),
                                     HasSubstr("nvjpegDecodeBatchedSupported failed (9"))));
}

TEST_F(JpegDecoder, WhereNobodyDecodesTheCaseEnds) {
  add(2, ordinary());
  Fail const refused("nvjpegDecodeJpegHost:*:4,nvjpegDecodeBatched:*:4");
  EXPECT_THAT(message_of<DeviceError>([&] { choose(Decoder::automatic); }),
              StartsWith("no back end of nvJPEG decodes these pictures"));
}

/// Steps that take `beside_slow` seconds each where no batch comes in less than 15 ms, else `beside_quick`.
class SteppedLoad final : public Load {
 public:
  SteppedLoad(double beside_slow, double beside_quick)
      : beside_slow_(beside_slow), beside_quick_(beside_quick) {}
  void step(void* queue) override {
    muster::cuda::wait(static_cast<cudaStream_t>(queue));
    auto const now = std::chrono::steady_clock::now();
    if (steps_++ > 0) least_ = std::min(least_, now - last_);
    last_ = now;
  }
  double finish() override {
    EXPECT_GE(std::exchange(steps_, 0), unsettled + 2);
    auto const least = std::exchange(least_, std::chrono::hours(1));
    return least > std::chrono::milliseconds(15) ? beside_slow_ : beside_quick_;
  }

 private:
  double beside_slow_, beside_quick_;
  int steps_ = 0;
  std::chrono::steady_clock::time_point last_{};
  std::chrono::steady_clock::duration least_ = std::chrono::hours(1);
};

TEST_F(JpegDecoder, BesideAStepTheOneCountsThatStepsAreFastestWith) {
  add(8, ordinary());
  (void)device();
  Fail const slow("nvjpegDecodeBatched:*:delay=20");
  auto& load = context().load;
  load = [&] { return std::make_unique<SteppedLoad>(0.1, 0.2); };
  auto const choice = choose(Decoder::automatic);
  EXPECT_NE(choice.plan.call, DecoderPlan::Call::none) << "though it is slower alone";
  EXPECT_EQ(choice.why,
            "the fastest of 9 that were tried, by the rate of whole steps that waited for their batches");
  EXPECT_DOUBLE_EQ(choice.rates.front().value, 40) << "a batch of 8 every 0.2 s";
  load = [&] { return std::make_unique<SteppedLoad>(0.2, 0.1); };
  EXPECT_EQ(choose(Decoder::automatic).plan.call, DecoderPlan::Call::none);
}

TEST_F(JpegDecoder, WithoutMemoryForAStepDecodersAreTriedAlone) {
  add(4, ordinary());
  (void)device();
  context().load = []() -> std::unique_ptr<Load> { throw OutOfMemory("too little"); };
  EXPECT_EQ(choose(Decoder::automatic).why, "the fastest of 9 that were tried");
  EXPECT_THAT(notes_, Contains("decoders are tried alone, not beside steps (too little)"));
}

TEST_F(JpegDecoder, ItsStreamsComeBeforeTheOthers) {
  add(4, ordinary());
  (void)images();
  muster_standin_calls();
  auto const one = decoder(engine);
  std::uint64_t const lanes_of_threads = static_cast<std::uint64_t>(device().team().size());
  EXPECT_EQ(muster_standin_calls().at("cudaStreamCreateWithPriority"), lanes_of_threads + 2);
}

TEST_F(JpegDecoder, WhatIsAskedForIsNotRaced) {
  add(2, ordinary());
  auto const choice = choose(Decoder::batched);
  EXPECT_EQ(choice.plan, batched);
  EXPECT_EQ(choice.why, "asked for");
  EXPECT_TRUE(choice.rates.empty());
}

}  // namespace
}  // namespace muster::standin
