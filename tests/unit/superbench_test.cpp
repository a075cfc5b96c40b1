// Baselines of SuperBench as results.
#include <gmock/gmock.h>

#include "harness/core/error.hpp"
#include "harness/project/premises_of.hpp"
#include "harness/record/load.hpp"

namespace muster {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

CaseResult const& find(Document const& document, std::string const& name) {
  auto const found = std::ranges::find(document.cases, name, &CaseResult::name);
  if (found == document.cases.end()) throw std::runtime_error("no case " + name);
  return *found;
}

TEST(SuperBench, TakesWhatHasACaseOfOurs) {
  auto const result = result_from_text(R"({"gemm-flops/bf16_tc_flops": 261000.5, "gemm-flops/return_code": 0,
    "nccl-bw/allreduce_1048576_time": 75.0, "nccl-bw/allreduce_1048576_busbw": 24.5, "mem-bw/d2d_bw": 1371,
    "bert_models/pytorch-bert-large/fp16_train_step_time": 200.0,
    "bert_models/pytorch-bert-large/fp16_train_throughput": 160.0, "kernel-launch/event_time": 0.005})",
                                       "baseline");
  EXPECT_EQ(result.kind, ResultKind::superbench);
  auto const& document = result.document;
  EXPECT_THAT(document.cases, SizeIs(4));
  EXPECT_DOUBLE_EQ(find(document, "gemm/bf16").launches[0].metric.median, 261000.5e9);
  EXPECT_DOUBLE_EQ(find(document, "memory/copy").launches[0].metric.median, 1371e9);
  auto const& sum = find(document, "collective/all_reduce/float32/bytes:1048576");
  EXPECT_EQ(sum.ranks, 8);
  EXPECT_DOUBLE_EQ(sum.launches[0].seconds_per_op, 75e-6);
  EXPECT_DOUBLE_EQ(find(document, "train_step/bert-large/fp16/batch:32").launches[0].metric.median, 1280);
}

TEST(SuperBench, AValueThatIsNoNumberIsRefusedByName) {
  try {
    result_from_text(R"({"gemm-flops/bf16_tc_flops": [1]})", "baseline");
    FAIL();
  } catch (Error const& error) {
    EXPECT_EQ(error.exit_code, ExitCode::usage);
    EXPECT_THAT(error.what(), HasSubstr("bf16_tc_flops"));
  }
}

TEST(SuperBench, TheShippedBaselineGivesPremises) {
  auto const result = load_result(std::string(MUSTER_SOURCE_FOLDER) +
                                  "/results/published/azure_nd_a100_v4_baseline_729_nodes.json");
  std::vector<project::Source> const sources{{result.label, "", result.sha256, result.document, true}};
  auto const premises = project::premises_of(sources);
  EXPECT_EQ(premises.gpus, 8);
  EXPECT_EQ(premises.origins[0].kind, "published");
  EXPECT_THAT(premises.steps, SizeIs(13));
  EXPECT_THAT(premises.collectives, SizeIs(31)) << "8 B to 8 GiB";
  auto const resnet = std::ranges::find(premises.steps, "resnet-50", &project::StepPremise::model);
  ASSERT_NE(resnet, premises.steps.end());
  EXPECT_NEAR(resnet->samples / (resnet->forward + resnet->backward), 1031, 3);
}

}  // namespace
}  // namespace muster
