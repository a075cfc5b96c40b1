// Whatever a workload does, its case ends in one of the documented statuses, and only a verified one has
// figures.
#include "harness/run/case_runner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <new>

#include "harness/group/group.hpp"
#include "tests/unit/fakes.hpp"

namespace muster {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

Script* current_script = nullptr;
FakeDevice* current_device = nullptr;

std::unique_ptr<Instance> make_fake(Params const&, Context&) {
  return std::make_unique<FakeInstance>(*current_script, *current_device);
}

class CaseRunnerTest : public testing::Test {
 protected:
  CaseRunnerTest() {
    current_script = &script_;
    current_device = &device_;
    planned_.name = "fake/case";
    planned_.sampling_seconds = 0.5;
    workload_.metric = {"flop_rate", "FLOP/s", Quantity::flops, Better::higher};
  }

  RankRecord run() {
    Context context{device_, *group_};
    CaseRunner runner(planned_, workload_, &make_fake, context,
                      [&](std::string const& phase) { phases_.push_back(phase); });
    return runner.run();
  }

  Script script_;
  FakeDevice device_;
  std::unique_ptr<Group> group_ = solo_group();
  PlannedCase planned_;
  Workload workload_;
  std::vector<std::string> phases_;
};

TEST_F(CaseRunnerTest, AGoodCaseIsVerifiedBeforeAndAfterSampling) {
  auto const record = run();
  EXPECT_EQ(record.status, CaseStatus::ok);
  EXPECT_THAT(phases_, ElementsAre("set up", "verify", "sample", "verify again"));
  EXPECT_EQ(script_.verifications, 2);
  EXPECT_EQ(record.ops_per_sample, 1u);
  EXPECT_EQ(record.sample_seconds.size(), 20u);  // 0.5 s of 10 ms each, less what equal times make needless
  EXPECT_EQ(record.conditions.stopped_by, "precision");
  EXPECT_THAT(record.sample_seconds, Each(testing::DoubleNear(0.01, 1e-9)));
  EXPECT_EQ(record.work.flops, 200u);
  EXPECT_EQ(record.bound->name, "limit");
  EXPECT_EQ(record.figures.at(0).name, "extra");
  EXPECT_EQ(record.matrices.at(0).values.at(0), 7);
  EXPECT_EQ(script_.alive, 0);
}

TEST_F(CaseRunnerTest, SamplesThatScatterTakeTheWholeBudget) {
  script_.on_launch = [&](int launch) { device_.advance(launch % 2 == 0 ? 5e-3 : -5e-3); };
  auto const record = run();
  EXPECT_EQ(record.sample_seconds.size(), 40u);  // the pilot saw 15 ms, of which 33 fit; taken in tens
  EXPECT_EQ(record.conditions.stopped_by, "time");
}

TEST_F(CaseRunnerTest, KeepsTheAnswersFingerprint) {
  script_.fingerprint = [](int) { return Fingerprint{42, "fake"}; };
  auto const record = run();
  EXPECT_EQ(record.status, CaseStatus::ok);
  EXPECT_EQ(record.fingerprint.value().value, 42u);
}

TEST_F(CaseRunnerTest, BitsThatChangeFromOneCheckToTheNextAreAWrongAnswer) {
  script_.fingerprint = [](int check) { return Fingerprint{check == 1 ? 42u : 43u, "fake"}; };
  auto const record = run();
  EXPECT_EQ(record.status, CaseStatus::wrong);
  EXPECT_THAT(record.message, testing::HasSubstr("bits differ between two checks"));
  EXPECT_TRUE(record.sample_seconds.empty());
}

TEST_F(CaseRunnerTest, ShortLaunchesAreTimedTogether) {
  script_.seconds = 1e-5;
  auto const record = run();
  EXPECT_EQ(record.ops_per_sample, 200u);
  EXPECT_THAT(record.sample_seconds, Each(testing::DoubleNear(2e-3, 1e-9)));
}

TEST_F(CaseRunnerTest, AWrongAnswerBeforeSamplingIsNeverTimed) {
  script_.on_verify = [](int) { return Verdict::judge("fake", 2, 1, "element 7: got 2, expected 0"); };
  auto const record = run();
  EXPECT_EQ(record.status, CaseStatus::wrong);
  EXPECT_EQ(record.phase, "verify");
  EXPECT_THAT(record.message, HasSubstr("element 7"));
  EXPECT_TRUE(record.sample_seconds.empty());
  EXPECT_EQ(script_.launches, 0);
}

TEST_F(CaseRunnerTest, AWrongAnswerAfterSamplingTakesTheFiguresAway) {
  script_.on_verify = [](int n) { return Verdict::judge("fake", n == 2 ? 2 : 0, 1, "late"); };
  auto const record = run();
  EXPECT_EQ(record.status, CaseStatus::wrong);
  EXPECT_EQ(record.phase, "verify again");
  EXPECT_TRUE(record.sample_seconds.empty());
}

TEST_F(CaseRunnerTest, NotANumberNeverPasses) {
  script_.on_verify = [](int) { return Verdict::judge("fake", std::nan(""), 1); };
  EXPECT_EQ(run().status, CaseStatus::wrong);
}

TEST_F(CaseRunnerTest, EveryKindOfErrorHasItsStatus) {
  std::vector<std::pair<std::function<void()>, CaseStatus>> const table{
      {[] { throw Unsupported("no fp8"); }, CaseStatus::unsupported},
      {[] { throw OutOfMemory("needs 3 GiB"); }, CaseStatus::out_of_memory},
      {[] { throw BadInput("empty folder"); }, CaseStatus::bad_input},
      {[] { throw DeviceError("CUDA error 700"); }, CaseStatus::device_error},
      {[] { throw std::bad_alloc(); }, CaseStatus::out_of_memory},
      {[] { throw std::logic_error("our own defect"); }, CaseStatus::internal},
  };
  for (auto const& [fault, status] : table) {
    script_ = {};
    script_.on_make = fault;
    auto const record = run();
    EXPECT_EQ(record.status, status);
    EXPECT_EQ(record.phase, "set up");
    EXPECT_FALSE(record.message.empty());
    EXPECT_EQ(script_.alive, 0);
  }
}

TEST_F(CaseRunnerTest, AnErrorInTheMiddleOfSamplingIsTheCasesOwn) {
  script_.on_launch = [](int n) {
    if (n == 20) throw DeviceError("CUDA error 719");
  };
  auto const record = run();
  EXPECT_EQ(record.status, CaseStatus::device_error);
  EXPECT_EQ(record.phase, "sample");
  EXPECT_TRUE(record.sample_seconds.empty());
  EXPECT_EQ(script_.alive, 0);
}

TEST_F(CaseRunnerTest, AnErrorInThePilotIsTheCasesOwn) {
  script_.on_launch = [](int) { throw DeviceError("first launch"); };
  EXPECT_EQ(run().status, CaseStatus::device_error);
}

TEST_F(CaseRunnerTest, GroupScopeKeepsTheSlowestRanksTimes) {
  workload_.scope = Scope::group;
  auto const record = run();
  EXPECT_EQ(record.group_seconds, record.sample_seconds);  // one rank: it is the slowest
}

TEST_F(CaseRunnerTest, ResetComesBeforeEverySample) {
  auto const record = run();
  EXPECT_GE(script_.resets, static_cast<int>(record.sample_seconds.size()));
}

}  // namespace
}  // namespace muster
