// Documents as premises of a projection: what is taken from which case, and what is refused.
#include "harness/project/premises_of.hpp"

#include <gmock/gmock.h>

#include <numeric>

#include "harness/core/error.hpp"
#include "harness/project/case_premises.hpp"
#include "harness/project/gradient_buckets.hpp"
#include "kernels/contract/network.hpp"
#include "tests/unit/step_fixture.hpp"

namespace muster::project {
namespace {

using ::testing::AllOf;
using ::testing::DoubleNear;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Three layers, the middle one of activations alone, and an embedding.
train::Network small_network() {
  train::Network network;
  network.name = "small";
  network.samples = 4;
  network.other_parameters = 1000;
  network.blocks = {{"block",
                     1,
                     {{.name = "first", .rows = 8, .outputs = 100, .inputs = 10},
                      {.name = "attention", .rows = 8, .outputs = 100, .inputs = 100, .weights = false},
                      {.name = "last", .rows = 8, .outputs = 10, .inputs = 100}}}};
  return network;
}

Params step_params(train::Network const& network, std::int64_t bucket) {
  Params params;
  params.set("model", network.name);
  params.set("type", std::string("bf16"));
  params.set("batch", std::int64_t{4});
  params.set("bucket", bucket);
  params.set("overlap", std::string("overlap"));
  params.set("network", train::to_text(network));
  return params;
}

CaseResult step_case() {
  auto result = training_case();
  result.params = step_params(small_network(), 2000);
  result.figures.insert(result.figures.end(), {{"backward_alone", 0.038, "s"},
                                               {"optimiser_alone", 0.008, "s"},
                                               {"compute_slowdown_by_sums", 0.03, ""},
                                               {"flops_per_sample", 3e9, "FLOP"},
                                               {"batch", 4, "samples"},
                                               {"parameters", 3000, ""}});
  result.launches[0].seconds_per_op = 0.1;
  return result;
}

CaseResult sum_case(std::int64_t bytes, int ranks, double seconds) {
  CaseResult result;
  result.name = "collective/all_reduce/bytes:" + std::to_string(bytes);
  result.workload = "collective/all_reduce";
  result.params.set("bytes", bytes);
  result.status = CaseStatus::ok;
  result.ranks = ranks;
  result.launches.resize(1);
  result.launches[0].seconds_per_op = seconds;
  return result;
}

Document document_of(std::vector<CaseResult> cases) {
  Document document;
  document.run.status = RunStatus::complete;
  document.run.backend = "cuda";
  auto& node = document.nodes.emplace_back();
  node.name = "n1";
  node.gpus.resize(2);
  for (auto& gpu : node.gpus) gpu.name = "NVIDIA A100-SXM4-80GB";
  document.cases = std::move(cases);
  return document;
}

std::string refusal(std::vector<Source> const& sources) {
  try {
    premises_of(sources);
  } catch (Error const& error) {
    EXPECT_EQ(error.exit_code, ExitCode::usage);
    return error.what();
  }
  return "none";
}

TEST(GradientBuckets, AreReadyWhenTheirLastLayerIsDone) {
  auto const buckets = gradient_buckets(step_params(small_network(), 2000));
  // Backward, in units of 2 x rows: last 2 x 1,000, attention 2 x 10,000, first 2 x 1,000; 2,000 B each, then
  // 2,000 B of embedding.
  ASSERT_THAT(buckets, SizeIs(3));
  EXPECT_DOUBLE_EQ(buckets[0].ready, 1.0 / 12);
  EXPECT_DOUBLE_EQ(buckets[1].ready, 1);
  EXPECT_DOUBLE_EQ(buckets[2].ready, 1);
  for (auto const& bucket : buckets) EXPECT_EQ(bucket.bytes, 2000);
}

TEST(GradientBuckets, ALargeOneTakesAll) {
  auto const buckets = gradient_buckets(step_params(small_network(), 1 << 20));
  ASSERT_THAT(buckets, SizeIs(1));
  EXPECT_EQ(buckets[0].bytes, 6000);
  EXPECT_EQ(buckets[0].ready, 1);
}

TEST(GradientBuckets, ShrunkLayersHaveFewerParameters) {
  auto params = step_params(small_network(), 1 << 20);
  params.set("shrink", std::int64_t{10});
  EXPECT_EQ(gradient_buckets(params).front().bytes, 2 * (10 * 1 + 1 * 10 + 10));
}

TEST(GradientBuckets, EvenOnesAddUp) {
  auto const buckets = even_buckets(100, 4);
  EXPECT_THAT(buckets, SizeIs(4));
  EXPECT_DOUBLE_EQ(std::accumulate(buckets.begin(), buckets.end(), 0.0,
                                   [](double s, Bucket const& b) { return s + b.bytes; }),
                   100);
  EXPECT_DOUBLE_EQ(buckets.front().ready, 0.25);
}

TEST(TensorSums, AreThoseOfTheLayersThatSum) {
  auto network = small_network();
  EXPECT_FALSE(tensor_sums(step_params(network, 1)));
  network.tensor_parallel = 2;
  network.blocks[0].layers[0].sum_outputs = true;
  network.blocks[0].layers[2].sum_gradients = true;
  auto const sums = tensor_sums(step_params(network, 1));
  ASSERT_TRUE(sums);
  EXPECT_EQ(sums->ranks, 2);
  EXPECT_EQ(sums->count, 2);
  EXPECT_DOUBLE_EQ(sums->bytes, 8 * 100 * 2);  // both of 8 rows x 100 numbers of 2 bytes
}

TEST(Premises, AStepIsWhatWasTimedWithNothingBesideIt) {
  auto const document = document_of({step_case()});
  std::vector<Source> const sources{{"run", "run/result.json", "ab", document}};
  auto const premises = premises_of(sources);
  ASSERT_THAT(premises.steps, SizeIs(1));
  auto const& step = premises.steps[0];
  EXPECT_EQ(step.forward, 0.019);
  EXPECT_EQ(step.backward, 0.038);
  EXPECT_EQ(step.optimiser, 0.008);
  EXPECT_EQ(step.sum_slowdown, 0.03);
  EXPECT_EQ(step.samples, 4);
  EXPECT_EQ(step.ranks, 2);
  EXPECT_EQ(step.nodes, 1);
  EXPECT_DOUBLE_EQ(step.input_bytes, 9e6 * 2 / 160);  // a rank's B/s x ranks / samples/s of all
  EXPECT_DOUBLE_EQ(step.tokens, 512);
  EXPECT_THAT(step.gpu_spread,
              ElementsAre(DoubleNear(0.06 / 0.0625, 1e-12), DoubleNear(0.065 / 0.0625, 1e-12)));
  EXPECT_EQ(*step.checkpoint_bytes, 36000);
  EXPECT_THAT(step.measured, ElementsAre(0.1));
  EXPECT_EQ(premises.gpu, "NVIDIA A100-SXM4-80GB");
  EXPECT_THAT(premises.missing, SizeIs(4)) << "sums inside and between nodes, storage, products";
}

TEST(Premises, StepsLieApartAsTheirOrderStatisticsDo) {
  auto result = step_case();
  auto& rate = result.launches[0].metric;
  rate.samples = 100, rate.min = 80, rate.p05 = 90, rate.median = 100, rate.p95 = 105, rate.max = 110;
  auto const step = step_premise(result, document_of({}));
  ASSERT_TRUE(step);
  EXPECT_TRUE(std::ranges::is_sorted(step->step_spread));
  EXPECT_THAT(step->step_spread, Each(AllOf(testing::Ge(100.0 / 110), testing::Le(100.0 / 80))));
  EXPECT_GT(step->step_spread.back(), 100.0 / 90);
}

TEST(Premises, RanksThatShareLayersShareABatchAndABatchHoldsAllThatIsAccumulated) {
  auto network = small_network();
  network.tensor_parallel = 2;
  network.blocks[0].layers[0].sum_outputs = true;
  auto result = step_case();
  result.params = step_params(network, 2000);
  result.params.set("accumulate", std::int64_t{2});
  auto const step = step_premise(result, document_of({}));
  ASSERT_TRUE(step && step->tensor);
  EXPECT_EQ(step->samples, 2);  // of 4 in the figure
}

TEST(Premises, OneLateStepOfManyIsOneOfMany) {
  auto result = step_case();
  auto& rate = result.launches[0].metric;
  rate.samples = 2'000, rate.min = 50, rate.p05 = 99, rate.median = 100, rate.p95 = 101, rate.max = 102;
  auto const step = step_premise(result, document_of({}));
  ASSERT_TRUE(step);
  EXPECT_LT(step->step_spread.back(), 1.4);  // a straight line to the slowest would end at 1.75
}

TEST(Premises, OfOneModelAndBatchTheUsualCaseStands) {
  auto recorded = step_case();
  recorded.params.set("graph", std::string("graph"));
  recorded.name += "/graph";
  auto const document = document_of({recorded, step_case()});
  std::vector<Source> const sources{{"run", "f", "ab", document}};
  auto const premises = premises_of(sources);
  ASSERT_THAT(premises.steps, SizeIs(1));
  EXPECT_EQ(premises.steps[0].name, step_case().name);
}

TEST(Premises, SumsOfAllRanksCount) {
  auto isolated = sum_case(1 << 20, 2, 1e-3);
  isolated.params.set("timing", std::string("isolated"));
  auto rail = sum_case(1 << 20, 2, 1e-3);
  rail.params.set("group", std::string("same_gpu"));
  auto const document =
      document_of({step_case(), sum_case(1 << 20, 2, 1e-3), isolated, rail, sum_case(1, 1, 1)});
  std::vector<Source> const sources{{"run", "f", "ab", document}};
  auto const premises = premises_of(sources);
  ASSERT_THAT(premises.collectives, SizeIs(1));
  EXPECT_EQ(premises.collectives[0].gpus, 2);
  EXPECT_EQ(premises.collectives[0].seconds, 1e-3);
}

TEST(Premises, WhatIsLessThanCleanIsStamped) {
  auto tainted = step_case();
  tainted.tainted = {"ECC"};
  tainted.warnings = {"throttled: sw_power_cap (rank 0 on n1)"};
  auto document = document_of({tainted});
  document.run.status = RunStatus::partial;
  document.run.oversubscribed = true;
  document.run.backend = "host";
  std::vector<Source> const sources{{"run", "f", "ab", document}};
  EXPECT_THAT(premises_of(sources).origins[0].stamps,
              ElementsAre("partial", "oversubscribed", "host backend", "throttled", "tainted"));
}

TEST(Premises, AllFaultsAtOnce) {
  auto failed = step_case();
  failed.status = CaseStatus::out_of_memory;
  failed.message = "does not fit";
  auto const first = document_of({failed});
  auto second = document_of({});
  second.nodes[0].gpus[0].name = second.nodes[0].gpus[1].name = "NVIDIA H100 80GB HBM3";
  std::vector<Source> const sources{{"a", "f", "ab", first}, {"b", "g", "ab", second}};
  EXPECT_THAT(refusal(sources), AllOf(HasSubstr("a and b are one document"),
                                      HasSubstr("GPUs of several models"), HasSubstr("no training step"),
                                      HasSubstr("does not fit"), HasSubstr("run the suite train")));
}

std::string refusal_with_gpu(std::vector<Source> const& sources, std::string const& gpu) {
  try {
    premises_of(sources, gpu);
  } catch (Error const& error) {
    return error.what();
  }
  return "none";
}

TEST(Premises, ADocumentThatNamesNoGpuNeedsAName) {
  auto foreign = document_of({step_case()});
  foreign.nodes.clear();
  auto const ours = document_of({step_case()});
  std::vector<Source> const one{{"theirs", "f", "ab", foreign}},
      both{{"theirs", "f", "ab", foreign}, {"ours", "g", "cd", ours}};
  EXPECT_THAT(refusal(one), AllOf(HasSubstr("theirs does not name its GPU"), HasSubstr("--gpu NAME")));
  EXPECT_EQ(premises_of(one, "A100-SXM4-80GB").gpu, "A100-SXM4-80GB");
  EXPECT_THAT(refusal(both), HasSubstr("theirs does not name its GPU"));
  EXPECT_EQ(premises_of(both, "A100-SXM4-80GB").gpu, "NVIDIA A100-SXM4-80GB");
  EXPECT_THAT(refusal_with_gpu(both, "H200"), HasSubstr("GPUs of several models: H200, NVIDIA A100"));
  EXPECT_THAT(refusal_with_gpu({{"ours", "g", "cd", ours}}, "H200"),
              HasSubstr("--gpu H200 has nothing to name"));
}

TEST(Premises, CasesThatAreNotOkSayNothing) {
  auto wrong = sum_case(1 << 20, 2, 1e-3);
  wrong.status = CaseStatus::wrong;
  auto const document = document_of({step_case(), wrong});
  std::vector<Source> const sources{{"run", "f", "ab", document}};
  EXPECT_THAT(premises_of(sources).collectives, IsEmpty());
}

}  // namespace
}  // namespace muster::project
