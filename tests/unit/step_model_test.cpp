#include "harness/project/step_model.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "harness/core/error.hpp"
#include "harness/project/extremes.hpp"

namespace muster::project {
namespace {

constexpr double very_fast = 1e30;

/// Nothing is lost to doublings of nodes beyond what parts say.
constexpr Draw parts_alone{.lost = 0};

/// All-reduces at `bandwidth` between nodes and 100 GB/s inside; with half of a pull's e-folds.
AllReduceTime simple(double bandwidth) {
  return [bandwidth](double bytes, int nodes, int gpus, double pull) {
    if (nodes * gpus == 1) return 0.0;
    return 2 * bytes / (nodes > 1 ? bandwidth : std::min(bandwidth, 1e11)) * std::exp(0.5 * pull);
  };
}

Scenario scenario(int gpus = 8) {
  Scenario one;
  one.nodes = 720;
  one.gpus = gpus;
  one.node.nics = 1;
  return one;
}

/// 100 ms of compute; four buckets of 50 MB. No GPU differs from another.
StepPremise premise() {
  StepPremise step;
  step.samples = 64;
  step.forward = 0.03;
  step.backward = 0.06;
  step.optimiser = 0.01;
  for (double const ready : {0.25, 0.5, 0.75, 1.0}) step.buckets.push_back({ready, 50e6});
  step.gpu_spread.assign(8, 1);
  step.step_spread.assign(8, 1);
  step.ranks = 8;
  return step;
}

double sum_of_parts(StepTerms const& terms) {
  return terms.compute + terms.tensor + terms.communication + terms.stragglers + terms.noise + terms.input +
         terms.unexplained + terms.rest;
}

TEST(StepModel, OneGpuTakesWhatWasMeasured) {
  auto const step = premise();
  auto const alone = scenario(1);
  auto const terms = StepModel(step, alone, simple(1e9)).terms(1, parts_alone);
  EXPECT_DOUBLE_EQ(terms.seconds, 0.1);
  EXPECT_EQ(terms.sums, 0);
  EXPECT_EQ(terms.limit, Limit::compute);
}

TEST(StepModel, SumsThatTakeNoTimeCostNone) {
  auto const step = premise();
  auto const cluster = scenario();
  EXPECT_NEAR(StepModel(step, cluster, simple(very_fast)).terms(720, parts_alone).seconds, 0.1, 1e-12);
}

TEST(StepModel, HidesSumsBehindTheBackwardPass) {
  auto const step = premise();
  auto const cluster = scenario();
  // 10 ms each: buckets ready at 45, 60, 75, 90 ms; only the last sum is seen
  auto const terms = StepModel(step, cluster, simple(1e10)).terms(2, parts_alone);
  EXPECT_NEAR(terms.communication, 0.01, 1e-12);
  EXPECT_NEAR(terms.sums, 0.04, 1e-12);
  EXPECT_NEAR(terms.seconds, 0.11, 1e-12);
}

TEST(StepModel, ABucketWaitsForTheOneBefore) {
  auto const step = premise();
  auto const cluster = scenario();
  // 50 ms each: the first starts at 45 ms, the others queue; the last ends at 245 ms
  auto const terms = StepModel(step, cluster, simple(2e9)).terms(2, parts_alone);
  EXPECT_NEAR(terms.seconds, 0.255, 1e-12);
  EXPECT_EQ(terms.limit, Limit::communication);
}

TEST(StepModel, WithoutOverlapSumsFollow) {
  auto step = premise();
  step.overlap = false;
  step.sum_slowdown = 0.5;  // of no matter: nothing runs beside them
  auto const cluster = scenario();
  EXPECT_NEAR(StepModel(step, cluster, simple(1e10)).terms(2, parts_alone).seconds, 0.14, 1e-12);
}

TEST(StepModel, SumsBesideTheBackwardPassSlowIt) {
  auto step = premise();
  step.sum_slowdown = 0.1;
  auto const cluster = scenario();
  EXPECT_NEAR(StepModel(step, cluster, simple(very_fast)).terms(2, parts_alone).compute, 0.106, 1e-12);
  auto const alone = scenario(1);
  EXPECT_NEAR(StepModel(step, alone, simple(1e9)).terms(1, parts_alone).compute, 0.1, 1e-12);
}

TEST(StepModel, FasterNetworksAreNeverSlower) {
  auto const step = premise();
  auto const cluster = scenario();
  double before = very_fast;
  for (double bandwidth = 1e8; bandwidth < 1e13; bandwidth *= 2) {
    double const now = StepModel(step, cluster, simple(bandwidth)).terms(64, parts_alone).seconds;
    EXPECT_LE(now, before);
    EXPECT_GE(now, 0.1);
    before = now;
  }
}

TEST(StepModel, SharedLayersLengthenBothPassesAndAreFewerGradients) {
  auto step = premise();
  step.tensor = TensorSums{4, 1e6, 500};  // 20 us each: 10 ms
  auto const cluster = scenario();
  int gpus = 0;
  auto const times = [&](double bytes, int nodes, int of_each, double pull) {
    if (nodes > 1) gpus = of_each;
    return simple(nodes > 1 ? very_fast : 1e11)(bytes, nodes, of_each, pull);
  };
  auto const terms = StepModel(step, cluster, times).terms(16, parts_alone);
  EXPECT_EQ(gpus, 2);
  EXPECT_NEAR(terms.tensor, 0.01, 1e-12);
  EXPECT_NEAR(terms.seconds, 0.11, 1e-9);
}

TEST(StepModel, AllWaitForTheSlowestGpu) {
  auto step = premise();
  step.gpu_spread = {0.98, 0.99, 1, 1, 1, 1, 1.01, 1.02};
  auto const cluster = scenario();
  Spread const spread(step.gpu_spread, 0, Tail::normal);
  StepModel const model(step, cluster, simple(very_fast));
  EXPECT_NEAR(model.terms(720, parts_alone).stragglers, 0.1 * spread.slowest(5760, 0.5), 1e-12);
  Draw by_node;
  by_node.by_node = true;
  EXPECT_NEAR(model.terms(720, by_node).stragglers, 0.1 * spread.slowest(720, 0.5), 1e-12);
}

TEST(StepModel, AnAssumedSpreadCountsBeyondWhatWasMeasured) {
  auto step = premise();
  step.gpu_spread = {1};
  auto const cluster = scenario();
  StepModel const model(step, cluster, simple(very_fast));
  EXPECT_EQ(model.terms(1, parts_alone).stragglers, 0);
  EXPECT_GT(model.terms(2, parts_alone).stragglers, 0);
}

TEST(StepModel, WhatDiffersFromStepToStepCountsBeyondTheMeasuredRanks) {
  auto step = premise();
  step.step_spread = {0.99, 1, 1, 1, 1.03};
  auto const cluster = scenario();
  StepModel const model(step, cluster, simple(very_fast));
  EXPECT_NEAR(model.terms(1, parts_alone).stragglers, 0, 1e-12);
  // exponential delays: the mean of the largest of 720 is H_720 - 1 widths above that of one
  double const width = 0.015166;  // numpy.std([.99, 1, 1, 1, 1.03], ddof=1)
  EXPECT_NEAR(model.terms(720, parts_alone).stragglers, 0.1 * width * (harmonic(720) - 1),
              0.03 * 0.1 * width * harmonic(720));
}

TEST(StepModel, NodesAreLateAsTheLogarithmOfTheirNumber) {
  auto const step = premise();
  auto cluster = scenario();
  cluster.fabric.noise = {2e-4, "assumed"};
  StepModel const model(step, cluster, simple(very_fast));
  EXPECT_EQ(model.terms(1, parts_alone).noise, 0);
  EXPECT_NEAR(model.terms(512, parts_alone).noise, 2e-4 * (harmonic(512) - 1), 1e-12);
  Draw bad;
  bad.noise = 1;
  EXPECT_GT(model.terms(512, bad).noise, model.terms(512, parts_alone).noise);
}

TEST(StepModel, DoublingsBeyondTheMeasuredRanksCost) {
  auto step = premise();
  step.nodes = 2, step.ranks = 16;
  step.buckets.clear();
  auto const cluster = scenario();
  StepModel const model(step, cluster, simple(very_fast));
  Draw draw;
  draw.lost = 0.01;
  EXPECT_NEAR(model.terms(16, draw).seconds, 0.1 * std::exp(0.03), 1e-12);
  EXPECT_NEAR(model.terms(16, draw).unexplained, model.terms(16, draw).seconds - 0.1, 1e-12);
  EXPECT_EQ(model.terms(16, draw).noise, 0) << "what the model does not know is no other's traffic";
  EXPECT_DOUBLE_EQ(model.terms(1, draw).seconds, 0.1);
  EXPECT_DOUBLE_EQ(Draw{}.lost, ModelError{}.lost);
  step.nodes = step.ranks = 1;  // eight GPUs of its node are three doublings
  EXPECT_NEAR(StepModel(step, cluster, simple(very_fast)).terms(1, draw).unexplained, 0.1 * std::expm1(0.03),
              1e-3);
}

TEST(StepModel, WaitsForStorageThatIsTooSlow) {
  auto step = premise();
  step.input_bytes = 1e5;
  auto cluster = scenario();
  cluster.storage.emplace();
  cluster.storage->bandwidth = {1e12, "test"};
  StepModel const model(step, cluster, simple(very_fast));
  // 51.2 MB a node and step: 512 MB/s in 0.1 s, 720 nodes: 369 GB/s
  auto const fast = model.terms(720, parts_alone);
  EXPECT_EQ(fast.input, 0);
  EXPECT_NEAR(fast.storage_demand, 720 * 512e6, 1);
  cluster.storage->bandwidth.value = 1e11;
  auto const slow = model.terms(720, parts_alone);
  EXPECT_NEAR(slow.seconds, 720 * 51.2e6 / 1e11, 1e-12);
  EXPECT_EQ(slow.limit, Limit::storage);
  EXPECT_NEAR(slow.storage_demand, fast.storage_demand, 1);
}

TEST(StepModel, OfOneRankLaunchesSayNothingOfOtherGpus) {
  auto step = premise();
  step.ranks = 1;
  auto const cluster = scenario();
  EXPECT_GT(StepModel(step, cluster, simple(very_fast)).terms(2, parts_alone).stragglers, 0);
}

TEST(StepModel, WhatOneNodeMeasuredGoesOn) {
  auto step = premise();
  step.measured = {0.118, 0.12, 0.5};
  auto const cluster = scenario();
  auto const slow_between = [](double bytes, int nodes, int, double) {
    return bytes / (nodes > 1 ? 5e9 : 5e10);
  };
  StepModel const model(step, cluster, slow_between);  // 1 ms of sums is seen on one node, 10 ms on two
  EXPECT_NEAR(model.terms(1, parts_alone).seconds, 0.12, 1e-12);
  EXPECT_NEAR(model.terms(1, parts_alone).rest, 0.019, 1e-12);
  EXPECT_NEAR(model.terms(2, parts_alone).rest, 0.019, 1e-12);
  EXPECT_NEAR(model.terms(2, parts_alone).seconds, 0.129, 1e-12);
}

TEST(StepModel, WhatOneNodeDidFasterThanItsPartsIsLessCompute) {
  auto step = premise();
  step.measured = {0.096};
  auto const cluster = scenario();
  auto const one = StepModel(step, cluster, simple(1e10)).terms(1, parts_alone);
  EXPECT_NEAR(one.seconds, 0.096, 1e-12);
  EXPECT_EQ(one.rest, 0);
  EXPECT_NEAR(sum_of_parts(one), one.seconds, 1e-12);
}

TEST(StepModel, OfManyMeasuredNodesIsWhatWasMeasured) {
  auto step = premise();
  step.measured = {0.5};
  step.nodes = 2, step.ranks = 16;
  auto const cluster = scenario();
  StepModel const model(step, cluster, simple(1e10));  // 10 ms of its sums are seen
  EXPECT_NEAR(model.terms(2, parts_alone).seconds, 0.5, 1e-12);
  EXPECT_NEAR(model.terms(2, parts_alone).rest, 0.39, 1e-12);
  EXPECT_NEAR(model.terms(1, parts_alone).rest, 0.39, 1e-12);
}

/// Of a step whose mean alone is known, sums and all.
TEST(StepModel, WhatManyNodesMeasuredIsNotAddedTwice) {
  auto step = premise();
  step.overlap = false;
  step.measured = {0.1};
  step.nodes = 2, step.ranks = 16;
  auto const cluster = scenario();
  auto const two = StepModel(step, cluster, simple(1e10)).terms(2, parts_alone);  // 40 ms of sums
  EXPECT_NEAR(two.seconds, 0.1, 1e-12);
  EXPECT_NEAR(two.compute, 0.06, 1e-12);
  EXPECT_NEAR(two.communication, 0.04, 1e-12);
}

TEST(StepModel, AStepShorterThanItsSumsIsRefused) {
  auto step = premise();
  step.measured = {0.01};
  step.nodes = 2, step.ranks = 16;
  auto const cluster = scenario();
  EXPECT_THROW(StepModel(step, cluster, simple(1e10)), Error);
}

Draw all(double pull) {
  Draw draw;
  draw.compute = draw.inside = draw.between = draw.noise = draw.storage = pull;
  draw.gpu_spread = draw.step_spread = pull;
  draw.gpu_tail = 0.5 + pull / 5;
  return draw;
}

TEST(StepModel, PartsAddUpWhateverIsDrawn) {
  auto step = premise();
  step.gpu_spread = {0.98, 1, 1.02};
  step.step_spread = {0.98, 1, 1.05};
  step.sum_slowdown = 0.05;
  step.input_bytes = 1e6;
  step.tensor = TensorSums{2, 1e6, 100};
  auto cluster = scenario();
  cluster.storage.emplace();
  cluster.storage->bandwidth = {1e12, "test"};
  cluster.fabric.noise = {1e-4, "test"};
  StepModel const model(step, cluster, simple(5e9));
  for (double const pull : {-2.0, 0.0, 2.0}) {
    for (int const nodes : {1, 3, 64, 720}) {
      auto const terms = model.terms(nodes, all(pull));
      EXPECT_NEAR(sum_of_parts(terms), terms.seconds, 1e-12);
      EXPECT_GT(terms.seconds, 0);
    }
  }
}

TEST(StepModel, EveryPullMakesItsOwnPartSlower) {
  auto step = premise();
  step.gpu_spread = {0.98, 1, 1.02};
  step.step_spread = {0.98, 1, 1.05};
  auto cluster = scenario();
  cluster.fabric.noise = {1e-4, "test"};
  StepModel const model(step, cluster, simple(5e9));
  double const middle = model.terms(64, parts_alone).seconds;
  for (double Draw::*const pull :
       {&Draw::compute, &Draw::between, &Draw::noise, &Draw::gpu_spread, &Draw::step_spread}) {
    Draw bad;
    bad.*pull = 1;
    EXPECT_GT(model.terms(64, bad).seconds, middle);
  }
  Draw unlucky;
  unlucky.gpu_tail = 0.9;
  EXPECT_GT(model.terms(64, unlucky).seconds, middle);
}

}  // namespace
}  // namespace muster::project
