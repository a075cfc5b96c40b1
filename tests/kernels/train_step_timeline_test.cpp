// What is kept of many steps, and what is seen in their times: slices, drift, stalls, ranks that hold others
// up.
#include "kernels/train_step/timeline.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "kernels/contract/random.hpp"
#include "kernels/train_step/finding.hpp"
#include "tests/kernels/train_step_networks.hpp"

namespace muster::train::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// Scatter of `width` about 0, the same in every run.
double scatter(std::uint64_t index, double width) {
  auto const bits = random_word(77, index);
  return width * (static_cast<double>(bits >> 11) * 0x1p-53 - 0.5);
}

/// Steps of 10 ms and a scatter of 2 %, back to back; `more` seconds longer by their begin.
std::vector<SlowestStep> steps(std::size_t count, std::function<double(double begin)> const& more) {
  std::vector<SlowestStep> all;
  double at = 0;
  for (std::size_t i = 0; i < count; ++i) {
    double const step = 10e-3 * (1 + scatter(i, 0.02)) + more(at);
    all.push_back({at, step, step});
    at += step;
  }
  return all;
}

TEST(Timeline, SlicesAreOfEqualLengthAndHoldEveryStep) {
  auto const all = steps(1000, [](double) { return 0.0; });
  auto const slices = slices_of(all);
  ASSERT_EQ(slices.size(), 20u);
  std::size_t sum = 0;
  for (auto const& slice : slices) {
    sum += slice.steps;
    EXPECT_NEAR(slice.median, 10e-3, 1e-4);
    EXPECT_GE(slice.longest, slice.median);
  }
  EXPECT_EQ(sum, 1000u);
  EXPECT_NEAR(slices[1].begin - slices[0].begin, 0.5, 0.01);
  auto const matrix = timeline_matrix(slices, 10);
  EXPECT_EQ(matrix.rows[1], "5 %");
  EXPECT_EQ(matrix.values.size(), 60u);
}

TEST(Timeline, FewStepsHaveFewSlicesAndOneLongStepLeavesNoEmptyOnes) {
  EXPECT_EQ(slices_of(steps(9, [](double) { return 0.0; })).size(), 2u);
  EXPECT_EQ(slices_of(steps(1, [](double) { return 0.0; })).size(), 1u);
  EXPECT_TRUE(slices_of({}).empty());
  auto const stalled = slices_of(steps(100, [](double at) { return at > 0.3 && at < 0.32 ? 5.0 : 0; }));
  EXPECT_LT(stalled.size(), 20u);
  for (auto const& slice : stalled) EXPECT_GT(slice.steps, 0u);
}

TEST(Timeline, SteadyStepsDoNotDrift) {
  EXPECT_FALSE(find_drift(slices_of(steps(2000, [](double) { return 0.0; }))));
  EXPECT_FALSE(find_drift({}));
}

TEST(Timeline, ThrottlingIsADriftSlowOrAtOnce) {
  auto const slow = find_drift(slices_of(steps(2000, [](double at) { return 2e-3 * at / 20; })));
  ASSERT_TRUE(slow);
  EXPECT_NEAR(slow->change(), 0.15, 0.03);
  auto const once = find_drift(slices_of(steps(2000, [](double at) { return at > 8 ? 1e-3 : 0; })));
  ASSERT_TRUE(once);
  EXPECT_NEAR(once->change(), 0.1, 0.02);
  EXPECT_THAT(words(once, 20), StartsWith("steps take 9.99 ms in the first quarter of 20 s and 11 ms"));
  EXPECT_THAT(words(once, 20), HasSubstr("10 % longer"));
}

TEST(Timeline, ADriftBelowTwoPercentIsNone) {
  EXPECT_FALSE(find_drift(slices_of(steps(2000, [](double at) { return 1e-4 * at / 20; }))));
}

TEST(Timeline, AStallInTheMiddleIsNoDrift) {
  EXPECT_FALSE(find_drift(slices_of(steps(2000, [](double at) { return at > 9 && at < 11 ? 5e-3 : 0; }))));
}

TEST(Timeline, SteadyStepsDoNotStall) {
  EXPECT_FALSE(find_stalls(steps(2000, [](double) { return 0.0; })));
  EXPECT_FALSE(find_stalls({}));
}

TEST(Timeline, PeriodicStallsAreTimedEvenWhereOneIsMissed) {
  double last = 0;
  auto const stall = [&](double at) {
    bool const due =
        std::floor(at / 3) > std::floor(last / 3) && std::floor(at / 3) != 4;  // the fourth is missed
    last = at;
    return due ? 0.1 : 0.0;
  };
  auto const stalls = find_stalls(steps(4000, stall));
  ASSERT_TRUE(stalls);
  EXPECT_NEAR(stalls->period, 3, 0.05);
  EXPECT_NEAR(stalls->each, 0.1, 0.002);
  EXPECT_EQ(stalls->count, 12u);
  EXPECT_NEAR(stalls->share, 1.2 / 41.2, 1e-3);
  EXPECT_THAT(words(stalls), StartsWith("every 3"));
}

TEST(Timeline, StallsByChanceHaveNoPeriod) {
  int periodic = 0;
  for (std::uint64_t run = 0; run < 40; ++run) {
    auto const stalls = find_stalls(steps(4000, [&, i = std::uint64_t{0}](double) mutable {
      return random_word(1000 + run, i++) % 300 == 0 ? 0.05 : 0.0;  // about 13 of them
    }));
    ASSERT_TRUE(stalls);
    periodic += stalls->period > 0;
  }
  EXPECT_LE(periodic, 1);
}

TEST(Timeline, AStallOverSeveralStepsIsOne) {
  auto const stalls = find_stalls(steps(1000, [](double at) { return at > 5 && at < 5.1 ? 0.02 : 0; }));
  ASSERT_TRUE(stalls);
  EXPECT_EQ(stalls->count, 1u);
  EXPECT_EQ(stalls->period, 0);
  EXPECT_THAT(words(stalls), HasSubstr("at no fixed distance"));
}

// ---- what is kept ----

/// The times of a step's marks: it begins at `begin` and takes `seconds`, half of them forward.
std::vector<double> marked(StepMarks const& marks, double begin, double seconds) {
  std::vector<double> times(static_cast<std::size_t>(marks.count()), -1.0);
  auto const set = [&](int mark, double at) { times[static_cast<std::size_t>(mark)] = at; };
  set(marks.begin(0), begin);
  set(marks.batch_taken(0), begin);
  set(marks.forward_end(0), begin + seconds / 2);
  set(marks.backward_end(0), begin + seconds);
  for (int bucket = 0; bucket < marks.bucket_count(); ++bucket) {
    set(marks.reduce_begin(bucket), begin + seconds);
    set(marks.reduce_end(bucket), begin + seconds + 1e-3 * (bucket + 1));
  }
  set(marks.end(), begin + seconds);
  return times;
}

TEST(StepRecord, KeepsAllStepsWhileThereIsRoomAndTheLongestAlways) {
  auto const plan = plan_step(every_kind(), small_buckets());
  StepMarks const marks(plan);
  StepRecord record(marks, 8);
  for (int i = 0; i < 100; ++i) {
    record.add(marked(marks, i, i == 61 ? 0.9 : 0.5));
    EXPECT_LE(record.steps().size(), 8u);
    EXPECT_EQ(record.steps().size(), (record.count() + record.stride() - 1) / record.stride());
  }
  EXPECT_EQ(record.stride(), 16u);
  ASSERT_EQ(record.steps().size(), 7u);
  for (std::size_t i = 0; i < 7; ++i) {
    EXPECT_EQ(record.steps()[i].begin, 16.0 * static_cast<double>(i));
    EXPECT_NEAR(record.steps()[i].step, 0.5, 1e-12);
    EXPECT_NEAR(record.steps()[i].longest, i == 3 ? 0.9 : 0.5, 1e-12) << "61 is from 48 to 63";
  }
  EXPECT_NEAR(record.longest(), 0.9, 1e-12);
  EXPECT_NEAR(record.mean().step, 0.504, 1e-12);
  EXPECT_NEAR(record.mean().forward, 0.252, 1e-12);
}

TEST(StepRecord, SumsAreKeptBucketByBucketOfFewerSteps) {
  auto const plan = plan_step(every_kind(), small_buckets());
  StepMarks const marks(plan);
  auto const buckets = static_cast<std::size_t>(marks.bucket_count());
  ASSERT_GT(buckets, 1u);
  StepRecord record(marks);
  for (int i = 0; i < 3000; ++i) record.add(marked(marks, i, 0.5));
  ASSERT_EQ(record.reduces().size() % buckets, 0u);
  EXPECT_LE(record.reduces().size() / buckets, 1024u);
  EXPECT_GE(record.reduces().size() / buckets, 512u);
  for (std::size_t i = 0; i < record.reduces().size(); ++i)
    EXPECT_NEAR(record.reduces()[i], 1e-3 * static_cast<double>(i % buckets + 1), 1e-9);
  record.clear();
  EXPECT_EQ(record.count(), 0u);
  EXPECT_TRUE(record.steps().empty());
  EXPECT_EQ(record.mean().step, 0);
}

// ---- who holds whom up ----

RankMeans rank(double compute, double held, double input = 0) {
  return {.step = 0.1, .compute = compute, .input = input, .held = held};
}

TEST(Holdup, IsTheOneThatTheOthersWaitForMostOfTheTimeThatTheyWait) {
  auto const found = find_holdup(std::vector{rank(0.08, 0.001), rank(0.09, 0.01), rank(0.08, 0.002)});
  EXPECT_EQ(found.rank, 1);
  EXPECT_NEAR(found.share, 0.1, 1e-12);
  EXPECT_EQ(found.cause, "compute");
}

TEST(Holdup, NamesTheInputWhereThatIsWhatTakesLonger) {
  EXPECT_EQ(find_holdup(std::vector{rank(0.08, 0), rank(0.08, 0.02, 0.02)}).cause, "input");
}

TEST(Holdup, IsNobodyWhereTheyTakeTurnsOrHardlyWaitOrAreAlone) {
  EXPECT_EQ(find_holdup(std::vector{rank(0.08, 0.01), rank(0.08, 0.008), rank(0.08, 0.008)}).rank, -1);
  EXPECT_EQ(find_holdup(std::vector{rank(0.08, 0.011), rank(0.08, 0.009)}).rank, -1) << "two take turns";
  EXPECT_EQ(find_holdup(std::vector{rank(0.08, 0), rank(0.08, 0.001)}).rank, -1);
  EXPECT_EQ(find_holdup(std::vector{rank(0.08, 0.05)}).rank, -1);
}

// ---- the finding ----

struct Row {
  StepShares shares;
  char const* finding;
};

TEST(Finding, IsTheLargestLoss) {
  std::vector<Row> const table{
      {{.input = 0.39, .communication = 0.1, .compute = 0.5, .input_by = "storage", .input_alone = 0.6},
       "input-bound: storage delivers 61 % of demand"},
      {{.input = 0.39, .compute = 0.6, .input_by = "decoding", .input_alone = 1.3},
       "input-bound: decoding delivers 61 % of demand, alone it would deliver 130 %"},
      {{.input = 0.2, .compute = 0.8}, "input-bound: the input delivers 80 % of demand"},
      {{.input = 0.04, .communication = 0.34, .compute = 0.6, .communication_hidden = 0.25},
       "communication-bound: 34 % of the step waits for gradients, 25 % of their sums is hidden"},
      {{.communication = 0.34, .compute = 0.6, .overlap = false},
       "communication-bound: 34 % of the step waits for gradients, none of their sums may be hidden"},
      {{.communication = 0.1, .tensor = 0.2, .compute = 0.7},
       "communication-bound: 20 % of the step is sums among the ranks that share layers"},
      {{.checkpoint = 0.12, .compute = 0.8},
       "checkpoint-bound: 12 % of the step is taking and writing the state"},
      {{.communication = 0.049, .compute = 0.95}, "compute-bound: 95 % of the step computes"},
      {{.compute = 0.97, .peak = 0.41, .compute_slowdown = 0.12},
       "compute-bound: 97 % of the step computes, at 41 % of the device's peak, 12 % slower than alone"},
      {{.communication = 0.1, .compute = 0.6, .holdup = {3, 0.22, "compute"}},
       "rank 3 holds the others up: they wait 22 % of the step for it (it computes longer)"},
      {{.input = 0.3, .compute = 0.6, .holdup = {3, 0.22, ""}},
       "input-bound: the input delivers 70 % of demand"},
  };
  for (auto const& row : table) EXPECT_EQ(finding_of(row.shares), row.finding);
}

}  // namespace
}  // namespace muster::train::test
