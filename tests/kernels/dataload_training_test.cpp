// dataload/training and dataload/records: DLIO's formulas by numbers worked out by hand, the cases whole, and
// faults planted in each.
#include <gmock/gmock.h>

#include <algorithm>
#include <cstring>

#include "kernels/dataload/options.hpp"
#include "kernels/dataload/synthetic_set.hpp"
#include "kernels/dataload/training_instance.hpp"
#include "tests/kernels/dataset_support.hpp"

namespace muster::dataload::test {
namespace {

using testing::Contains;
using testing::DoubleNear;
using testing::HasSubstr;
using testing::Key;
using testing::Not;
using testing::Pair;
using testing::StartsWith;

/// Four steps of 8 samples; 0.1 s were waits for other ranks. The first takes 1.5 s of 3.6 s.
StepBlock block() { return {{{1.0, 0.5}, {0.1, 0.5}, {0.2, 0.5}, {0.3, 0.4}}, 3.6, 8}; }

TEST(DlioMetrics, TheUtilisationLeavesTheFirstStepOut) {
  EXPECT_THAT(accelerator_utilisation(block()), DoubleNear(1.4 / 2.1, 1e-12));
}

TEST(DlioMetrics, BothRulesOfSamplesPerSecond) {
  EXPECT_THAT(samples_per_second_v1(block()), DoubleNear(4 * 8 / 3.6, 1e-12));
  EXPECT_THAT(samples_per_second_v2(block()), DoubleNear(2 * 8 / 2.1, 1e-12));
}

TEST(DlioMetrics, TooFewStepsGiveNothing) {
  EXPECT_EQ(accelerator_utilisation({}), 0);
  EXPECT_EQ(accelerator_utilisation({{{1, 1}}, 2, 8}), 0);
  EXPECT_EQ(samples_per_second_v1({}), 0);
  EXPECT_EQ(samples_per_second_v2({{{1, 1}, {1, 1}}, 4, 8}), 0);
}

TEST(DlioMetrics, MegabytesAreBinaryAndNominal) {
  // resnet50 on one A100 at full speed: 400 samples in 0.435 s of 114660.07 B are 105.4 MB/s, 100.5 MiB/s.
  EXPECT_THAT(nominal_mib_per_second(400 / 0.435, 114660.07), DoubleNear(100.55, 0.01));
}

TEST(TrainingModels, AreThoseOfMlperfStorage) {
  auto const unet = training_model("unet3d", "a100");
  ASSERT_TRUE(unet);
  EXPECT_THAT(unet->batch / unet->seconds, DoubleNear(11.01, 0.01));
  EXPECT_THAT(training_model("cosmoflow", "a100")->utilisation, 0.7);
  EXPECT_FALSE(training_model("resnet50", "b200"));
  for (auto const& model : training_models) {
    EXPECT_GT(model.batch, 0) << model.model;
    EXPECT_GT(model.seconds, 0) << model.model;
    EXPECT_GT(model.record_bytes, 0) << model.model;
  }
}

/// An input whose batches take `load` seconds, of 4 records.
class SlowInput final : public TrainingInput {
 public:
  explicit SlowInput(double load) : load_(load) {}
  void next() override { std::this_thread::sleep_for(std::chrono::duration<double>(load_)); }
  void resume() override { ++resumed; }
  void restart() override {}
  int batch() const override { return 4; }
  Verdict verify() override { return Verdict::judge("nothing", 0, 0); }
  PipelineSummary summary() override {
    PipelineSummary summary;
    summary.stages = {{"read", Resource::storage, 1e6, 4 / load_}};
    summary.mean_record_bytes = 1000;
    return summary;
  }
  std::vector<std::pair<std::string, std::string>> facts() override {
    return {{"bottleneck", "of the input"}};
  }

  int resumed = 0;

 private:
  double load_;
};

class Training : public testing::Test {
 protected:
  Training() { solo.context.cache = cache.path(); }
  fs::path shard() const { return synthetic_folder(cache.path(), {24, {96, 64}}) / "shard-0000.tar"; }

  static double figure(Instance& instance, std::string const& name) {
    auto const figures = instance.figures();
    auto const found = std::ranges::find(figures, name, &Figure::name);
    return found == figures.end() ? -1 : found->value;
  }

  TestFolder cache;
  SoloWithNotes solo;
};

Params quick_steps(std::vector<std::pair<std::string, Value>> more = {}) {
  more.emplace_back("seconds", 0.003);
  more.emplace_back("batch", std::int64_t{8});
  return small("dataload/training", std::move(more));
}

TEST_F(Training, CountsTheStepsSinceThePauseAndTheWaitForOtherRanks) {
  auto input = std::make_unique<SlowInput>(2e-3);
  auto& slow = *input;
  TrainingInstance training({.model = {"resnet50", "a100", 4, 1e-3, 1000, 0.9}}, sleep_step(1e-3),
                            std::move(input), solo.context);
  for (int i = 0; i < 3; ++i) training.launch();
  EXPECT_TRUE(training.verify().ok());
  for (int i = 0; i < 5; ++i) {
    training.reset();
    std::this_thread::sleep_for(std::chrono::milliseconds(3));  // as in a barrier
    training.launch();
  }
  EXPECT_EQ(slow.resumed, 2);
  auto const& counted = training.block();
  ASSERT_EQ(counted.steps.size(), 5u);
  EXPECT_EQ(counted.batch, 4);
  double in_steps = 0;
  for (auto const& step : counted.steps) {
    EXPECT_GE(step.load, 2e-3);
    EXPECT_GE(step.compute, 1e-3);
    in_steps += step.load + step.compute;
  }
  EXPECT_GE(counted.seconds, in_steps + 5 * 3e-3) << "waits for other ranks are elapsed time";
  EXPECT_EQ(figure(training, "accelerator_utilisation"), accelerator_utilisation(counted));
  EXPECT_LT(figure(training, "accelerator_utilisation"), 1.0 / 3) << "1 ms of at least 6 ms";
  EXPECT_EQ(figure(training, "meets_expectation"), 0);
  EXPECT_EQ(figure(training, "steps"), 5);
  EXPECT_EQ(training.work().items, 4u);
  EXPECT_EQ(training.bound()->value, 4000);
}

TEST_F(Training, NamesTheConsumerOrTheInputAsTheBottleneck) {
  auto const bottleneck = [&](double load, double compute) {
    TrainingInstance training({.model = {"resnet50", "a100", 4, compute, 1000, 0.9}}, sleep_step(compute),
                              std::make_unique<SlowInput>(load), solo.context);
    for (int i = 0; i < 4; ++i) training.launch();
    return training.facts();
  };
  EXPECT_THAT(bottleneck(1e-4, 2e-2), Contains(Pair("bottleneck", "consumer")));
  auto const input = bottleneck(2e-2, 1e-4);
  EXPECT_THAT(input, Contains(Pair("bottleneck", "read")));
  EXPECT_THAT(input, Not(Contains(Pair("bottleneck", "of the input"))));
}

TEST_F(Training, SaysWhenRecordsAreNotTheModels) {
  TrainingInstance training({.model = {"unet3d", "a100", 4, 1e-3, 146600628, 0.9}}, sleep_step(1e-3),
                            std::make_unique<SlowInput>(1e-4), solo.context);
  for (int i = 0; i < 3; ++i) training.launch();
  training.figures();
  EXPECT_THAT(solo.notes, Contains(HasSubstr("unet3d's have 146600628")));
}

TEST_F(Training, RunsWholeWithEveryStepAndInput) {
  for (auto const* step : {"sleep", "gemm"}) {
    for (auto const* decode : {"none", "jpeg"}) {
      auto const instance =
          make_case("dataload/training", quick_steps({{"step", step}, {"decode", decode}}), solo.context);
      EXPECT_TRUE(instance->verify().ok());
      for (int i = 0; i < 4; ++i) {
        instance->reset();
        instance->launch();
      }
      auto const verdict = instance->verify();
      EXPECT_TRUE(verdict.ok()) << step << decode << verdict.detail;
      ASSERT_TRUE(instance->bound());
      EXPECT_GT(figure(*instance, "accelerator_utilisation"), 0);
      EXPECT_GT(figure(*instance, "read_alone"), 0);
      EXPECT_GT(figure(*instance, "consumer_inside"), 0);
      EXPECT_EQ(figure(*instance, "decode_inside") > 0, std::string(decode) == "jpeg");
      EXPECT_THAT(instance->facts(), Contains(Pair("step", StartsWith(step))));
      EXPECT_THAT(instance->facts(), Contains(Key("bottleneck")));
    }
  }
}

TEST_F(Training, AModelWithoutAStepOnThatAcceleratorIsRefusedUnlessGiven) {
  auto const& check = Registry::instance().find("dataload/training")->check;
  auto params = small("dataload/training", {{"model", "resnet50"}, {"accelerator", "b200"}});
  EXPECT_THAT(check(params), Contains(HasSubstr("no step of resnet50 on b200")));
  EXPECT_THROW(make_case("dataload/training", params, solo.context), BadInput);
  params.set("seconds", 0.001);
  params.set("batch", std::int64_t{4});
  EXPECT_TRUE(check(params).empty());
  make_case("dataload/training", params, solo.context)->launch();
}

TEST_F(Training, AFlippedByteFailsRecordsAndTraining) {
  make_case("dataload/decode", small("dataload/decode"), solo.context);  // the set is made
  auto const set = load_synthetic(shard().parent_path());
  for (auto const& record : set->records) flip_byte(shard(), record.offset + record.length / 2);
  auto const records = make_case("dataload/records", small("dataload/records"), solo.context)->verify();
  EXPECT_FALSE(records.ok());
  EXPECT_THAT(records.detail, HasSubstr("shard-0000.tar"));
  EXPECT_FALSE(make_case("dataload/training", quick_steps(), solo.context)->verify().ok());
  EXPECT_FALSE(
      make_case("dataload/training", quick_steps({{"decode", "jpeg"}}), solo.context)->verify().ok());
}

TEST_F(Training, ACheckOfAllFindsTheOneSpoiltRecordOfAnEpoch) {
  make_case("dataload/decode", small("dataload/decode"), solo.context);  // the set is made
  auto const set = load_synthetic(shard().parent_path());
  flip_byte(shard(), set->records[7].offset + 5);
  auto const params = small("dataload/records", {{"check", "all"}, {"batch", std::int64_t{4}}});
  auto const records = make_case("dataload/records", params, solo.context);
  for (int i = 0; i < 12; ++i) records->launch();  // two epochs
  auto const verdict = records->verify();
  EXPECT_FALSE(verdict.ok());
  EXPECT_THAT(verdict.detail, HasSubstr("shard-0000.tar"));
}

TEST_F(Training, RecordsNeedNoPictures) {
  auto request = small_dataset(cache / "d");
  make(request);
  solo.context.data = cache / "d";
  for (auto const* workload : {"dataload/records", "dataload/training"}) {
    auto const params = workload == std::string("dataload/training") ? quick_steps() : small(workload);
    auto const instance = make_case(workload, params, solo.context);
    for (int i = 0; i < 6; ++i) {
      instance->reset();
      instance->launch();
    }
    auto const verdict = instance->verify();
    EXPECT_TRUE(verdict.ok()) << verdict.detail;
    EXPECT_GT(figure(*instance, "storage_bandwidth"), 0);
    EXPECT_EQ(figure(*instance, "article_frames"), -1) << "there are no pixels";
    EXPECT_THAT(instance->facts(), Contains(Pair("data", HasSubstr("unet3d"))));
  }
}

TEST_F(Training, ABatchIsAsLargeAsFitsUnlessGiven) {
  auto const pictures =
      make_case("dataload/records", small("dataload/records", {{"batch", std::int64_t{0}}}), solo.context);
  EXPECT_EQ(pictures->work().items, 64u);
  auto request = small_dataset(cache / "d");
  request.records = 3;
  request.record_bytes = 100'000'000;
  make(request);
  solo.context.data = cache / "d";
  auto const large =
      make_case("dataload/records", small("dataload/records", {{"batch", std::int64_t{0}}}), solo.context);
  EXPECT_GE(large->work().items, 1u);
  EXPECT_LE(large->work().items, 3u);
}

TEST_F(Training, RecordsFarLargerThanTheModelsAreNotItsUnlessABatchIsGiven) {
  auto request = small_dataset(cache / "d");
  request.records = 4;
  request.record_bytes = 1'000'000;
  make(request);
  solo.context.data = cache / "d";
  auto params = small("dataload/training", {{"batch", std::int64_t{0}}, {"seconds", 0.001}});
  EXPECT_THAT(message_of<Unsupported>([&] { make_case("dataload/training", params, solo.context); }),
              testing::AllOf(HasSubstr("resnet50 have 114660"), HasSubstr("give batch")));
  params.set("batch", std::int64_t{2});
  make_case("dataload/training", params, solo.context)->launch();
}

/// Memory of a device that is the host's; spoils what is copied to it if asked.
class HostDelivery final : public Delivery {
 public:
  HostDelivery(std::size_t buffers, std::size_t bytes, bool spoils)
      : memory_(buffers, std::vector<std::byte>(bytes)), spoils_(spoils) {}
  void copy(std::size_t buffer, std::span<std::byte const> bytes) override {
    std::memcpy(memory_[buffer].data(), bytes.data(), bytes.size());
    if (spoils_) memory_[buffer][bytes.size() - 1] ^= std::byte{1};
  }
  std::vector<std::byte> fetch(std::size_t buffer, std::size_t bytes) override {
    return {memory_[buffer].begin(), memory_[buffer].begin() + static_cast<std::ptrdiff_t>(bytes)};
  }

 private:
  std::vector<std::vector<std::byte>> memory_;
  bool spoils_;
};

RecordMemory with_delivery(bool spoils) {
  return {allocate_pages, [spoils](std::size_t buffers, std::size_t bytes) {
            return std::make_unique<HostDelivery>(buffers, bytes, spoils);
          }};
}

TEST_F(Training, RecordsAreCopiedToADeviceAheadOfTheirUse) {
  auto const records = make_records_case(small("dataload/records"), solo.context, with_delivery(false));
  for (int i = 0; i < 7; ++i) {
    records->reset();
    records->launch();
  }
  auto const verdict = records->verify();
  EXPECT_TRUE(verdict.ok()) << verdict.detail;
  EXPECT_GT(figure(*records, "copy_alone"), 0);
  for (int i = 0; i < 3; ++i) records->launch();
  EXPECT_TRUE(records->verify().ok()) << "batches are copied again once all has been measured alone";
  EXPECT_GT(figure(*records, "copy_inside"), 0);
  EXPECT_GE(figure(*records, "prepared_occupancy"), 0);
}

TEST_F(Training, ByteThatChangesOnTheWayToTheDeviceFailsTheRecords) {
  auto const records = make_records_case(small("dataload/records"), solo.context, with_delivery(true));
  records->launch();
  auto const verdict = records->verify();
  EXPECT_FALSE(verdict.ok());
  EXPECT_EQ(verdict.method, "XXH3 of the bytes on the device");
}

/// A device whose copy fails.
class BrokenDelivery final : public Delivery {
 public:
  void copy(std::size_t, std::span<std::byte const>) override { throw DeviceError("the link is down"); }
  std::vector<std::byte> fetch(std::size_t, std::size_t) override { return {}; }
};

TEST_F(Training, ACopyThatFailsComesOutOfTheLaunch) {
  RecordMemory const broken{allocate_pages, [](auto...) { return std::make_unique<BrokenDelivery>(); }};
  auto const records = make_records_case(small("dataload/records"), solo.context, broken);
  EXPECT_THROW(records->launch(), DeviceError);
}

TEST_F(Training, AReadThatFailsComesOutOfTheLaunch) {
  make_case("dataload/decode", small("dataload/decode"), solo.context);  // the set is made
  auto const set = load_synthetic(shard().parent_path());
  for (bool const delivered : {false, true}) {
    RecordSet shrunk = *set;
    fs::resize_file(shard(), set->records[12].offset);
    Options const options{.batch = 24, .pictures_only = false};
    RecordStream stream(shrunk, options, 1, allocate_pages,
                        delivered ? with_delivery(false).make_delivery : MakeDelivery{}, 0);
    EXPECT_THROW(stream.next(), DeviceError);
  }
}

TEST_F(Training, BatchesThatDoNotFitAreRefusedWithTheRemedy) {
  RecordMemory const little{.limit = 10'000};
  try {
    make_records_case(small("dataload/records"), solo.context, little);
    FAIL() << "accepted";
  } catch (OutOfMemory const& error) {
    EXPECT_THAT(error.what(), testing::AllOf(HasSubstr("batches of 8 records"), HasSubstr("smaller batch")));
  }
}

TEST_F(Training, AStepOfProductsIsCheckedAndSaysWhatItIs) {
  auto const step = gemm_step(0.01, solo.context);
  EXPECT_THAT(step->words(), StartsWith("gemm: products fp32 of "));
  EXPECT_GT(step->seconds(), 0);
  step->run();
  EXPECT_TRUE(step->verify().ok());
}

}  // namespace
}  // namespace muster::dataload::test
