// Every workload that the plug-in has, at small size and once with each value of each of its choices; and
// wrong answers.
#include <gmock/gmock.h>

#include <algorithm>
#include <cctype>

#include "tests/kernels/train_step_networks.hpp"
#include "tests/standin/support.hpp"

namespace muster::standin {
namespace {

struct Case {
  Workload const* workload;
  Params params;
};

using Sizes = std::map<std::string, std::int64_t>;

// Sizes that nothing divides; and whole ones, for what has to be aligned.
Sizes const odd{{"m", 33},
                {"n", 50},
                {"k", 70},
                {"bytes", 5008},
                {"images", 12},
                {"width", 96},
                {"height", 64},
                {"batch", 5},
                {"count", 5008},
                {"rows", 37},
                {"columns", 264},
                {"tokens", 33},
                {"vocabulary", 1000},
                {"size", 30},
                {"block", 8192},
                {"low", 16},
                {"high", 48},
                {"step", 16},
                {"budget", 5}};
Sizes const whole{{"m", 96}, {"n", 48}, {"k", 80}};

Params with_sizes(Workload const& workload, Params const& params, Sizes const& sizes) {
  Params changed = params;
  for (auto const& spec : workload.params) {
    auto const found = sizes.find(spec.name);
    bool const sized = spec.kind == ParamSpec::Kind::integer || spec.kind == ParamSpec::Kind::bytes;
    if (sized && found != sizes.end()) changed.set(spec.name, found->second);
  }
  if (changed.has("network")) {
    changed.set("network", train::test::network_texts().front());
    changed.set("batch", std::int64_t{0});  // the network's own
  }
  if (changed.has("storage")) changed.set("storage", "any");  // wherever the tests' folder lies
  return changed;
}

std::vector<Case> small_cases() {
  std::vector<Case> cases;
  for (auto const* workload : Registry::instance().all()) {
    // What a workload refuses at any of these sizes is no case of it (a layout that a type lacks).
    auto const add = [&](Params const& params) {
      auto const aligned = with_sizes(*workload, params, whole);
      if (workload->check(params).empty()) {
        cases.push_back({workload, params});
      } else if (workload->check(aligned).empty()) {
        cases.push_back({workload, aligned});
      }
    };
    auto const params = with_sizes(*workload, defaults(workload->params), odd);
    add(params);
    for (auto const& spec : workload->params) {
      // Of a whole network each case takes a second; its other choices are train_step_test.cpp's.
      if (params.has("network") && spec.name != "type" && spec.name != "graph") continue;
      for (auto const& choice : spec.choices) {
        Params varied = params;
        varied.set(spec.name, choice);
        if (!(varied == params)) add(varied);
      }
    }
  }
  return cases;
}

std::string test_name(testing::TestParamInfo<Case> const& info) {
  auto name = case_name(info.param.workload->name, info.param.workload->params, info.param.params);
  std::ranges::replace_if(
      name, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name + "_" + std::to_string(info.index);
}

class EveryWorkload : public StandinTest, public testing::WithParamInterface<Case> {};

TEST_P(EveryWorkload, IsRightBeforeAndAfterLaunches) {
  auto const& [workload, params] = GetParam();
  ASSERT_TRUE(workload->check(params).empty()) << workload->check(params).front();
  if (workload->name == "memory/numa") GTEST_SKIP() << "the host backend's alone";
  ASSERT_NE(backend_->maker(workload->name), nullptr) << "the plug-in has no " << workload->name;
  std::unique_ptr<Instance> instance;
  try {
    instance = make(workload->name, params);
  } catch (Unsupported const& error) {  // a read engine that this machine's kernel lacks
    GTEST_SKIP() << error.what();
  }
  for (int round = 0; round < 2; ++round) {
    auto const verdict = instance->verify();
    EXPECT_TRUE(verdict.ok()) << verdict.method << ": " << verdict.error << " > " << verdict.tolerance << "; "
                              << verdict.detail;
    for (int i = 0; i < 3; ++i) {
      instance->reset();
      instance->launch();
    }
    device().wait();
  }
  if (workload->scope == Scope::each_rank) {  // one rank alone sends nothing
    EXPECT_GT(amount(instance->work(), workload->metric.quantity), 0U);
  }
  if (auto const bound = instance->bound()) {
    EXPECT_GT(bound->value, 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Small, EveryWorkload, testing::ValuesIn(small_cases()), test_name);

class WrongAnswer : public StandinTest {
 protected:
  // Verified once; then with `rules` in force it must fail, and without them pass again.
  void expect_caught(std::string const& workload, std::vector<std::pair<std::string, Value>> const& values,
                     char const* rules) {
    auto const instance = make(workload, params_of(workload, values));
    ASSERT_TRUE(instance->verify().ok());
    {
      Fail const fault(rules);
      instance->launch();
      auto const verdict = instance->verify();
      EXPECT_FALSE(verdict.ok()) << workload;
      EXPECT_FALSE(verdict.detail.empty()) << workload;
    }
    instance->launch();
    EXPECT_TRUE(instance->verify().ok());
  }
};

TEST_F(WrongAnswer, OfCublasIsCaughtInEveryType) {
  for (std::string const type : {"fp64", "fp32", "tf32", "fp16", "bf16"}) {
    expect_caught("gemm", {{"type", type}, {"m", 40}, {"n", 50}, {"k", 60}}, "cublasLtMatmul:*:wrong");
  }
}

TEST_F(WrongAnswer, OfCublasInOneGroupIsCaught) {
  for (std::string const type : {"fp64", "fp32", "fp16", "bf16"}) {
    expect_caught("gemm/grouped", {{"type", type}, {"groups", 3}, {"m", 96}, {"n", 50}, {"k", 60}},
                  "cublasGemmGroupedBatchedEx:*:wrong");
  }
}

TEST_F(WrongAnswer, OfAMemoryKernelThatWritesNothingIsCaught) {
  expect_caught("memory", {{"op", "copy"}, {"type", "fp64"}, {"bytes", 8192}}, "memory_copy_fp64:*:wrong");
  expect_caught("memory", {{"op", "triad"}, {"type", "fp32"}, {"bytes", 8192}}, "memory_triad_fp32:*:wrong");
}

std::vector<std::pair<std::string, Value>> pictures(char const* decoder = nullptr) {
  std::vector<std::pair<std::string, Value>> values{
      {"batch", 5}, {"images", 12}, {"width", 96}, {"height", 64}};
  if (decoder) values.emplace_back("decoder", decoder);
  return values;
}

TEST_F(WrongAnswer, OfNvjpegIsCaught) {
  expect_caught("dataload/decode", pictures("hybrid"), "nvjpegDecodeJpegDevice:*:wrong");
  expect_caught("dataload/decode", pictures("batched"), "nvjpegDecodeBatched:*:wrong");
  expect_caught("dataload/decode", pictures("hardware"), "nvjpegDecodeBatched:*:wrong");
}

TEST_F(WrongAnswer, OfThePreprocessingKernelIsCaught) {
  expect_caught("dataload/preprocess", pictures(), "dataload_preprocess_fp32:*:wrong");
}

TEST_F(WrongAnswer, InThePipelineIsCaught) {
  expect_caught("dataload/pipeline", pictures("hybrid"), "nvjpegDecodeJpegDevice:*:wrong");
}

}  // namespace
}  // namespace muster::standin
