// Every shipped suite, planned for machines from a laptop to a GPU node.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include "harness/core/error.hpp"
#include "harness/plan/planner.hpp"
#include "kernels/train_step/step_plan.hpp"

namespace muster {
namespace {

std::filesystem::path const suites = std::filesystem::path(MUSTER_CONFIGS) / "suites";

Machine const laptop{"host", 1, 2}, big_host{"host", 1, 128}, one_gpu{"cuda", 1, 16},
    eight_gpus{"cuda", 8, 128};

std::filesystem::path const models = std::filesystem::path(MUSTER_CONFIGS) / "models";

Plan plan_of(std::string const& suite, Machine const& machine, PlanOptions options = {}) {
  options.models = models;
  options.suites = suites;
  return make_plan(find_suite(suite, suites), Registry::instance(), machine, options);
}

class ShippedSuite : public ::testing::TestWithParam<std::tuple<std::string, Machine>> {};

std::string machine_name(Machine const& machine) {
  return machine.backend + std::to_string(machine.backend == "host" ? machine.cores : machine.devices);
}

TEST_P(ShippedSuite, Plans) {
  auto const& [suite, machine] = GetParam();
  auto const plan = plan_of(suite, machine);
  EXPECT_EQ(plan.suite, suite) << "the name in the file is the file's";
  EXPECT_FALSE(plan.cases.empty());
  EXPECT_GE(plan.launches, 1);
  bool const may_share =
      suite.starts_with("train") && machine.backend == "host";  // four ranks, says its file
  EXPECT_FALSE(plan.oversubscribe && !may_share) << "ranks share";
  std::set<std::string> names;
  for (auto const& planned : plan.cases) {
    EXPECT_TRUE(names.insert(planned.name).second) << planned.name;
    EXPECT_EQ(planned.backend, machine.backend);
    EXPECT_GT(planned.sampling_seconds, 0);
    EXPECT_GT(planned.deadline_seconds, planned.sampling_seconds);
    EXPECT_EQ(planned.params.all().size(), Registry::instance().find(planned.workload)->params.size());
  }
}

/// Those that claim to be complete; some workloads are of one backend only.
TEST(ShippedSuites, ForAcceptanceRunEveryWorkload) {
  std::set<std::string> known;
  for (auto const* workload : Registry::instance().all()) known.insert(workload->name);
  for (auto const* suite : {"smoke", "node"}) {
    std::set<std::string> used;
    for (auto const& machine : {laptop, one_gpu}) {
      for (auto const& planned : plan_of(suite, machine).cases) used.insert(planned.workload);
    }
    EXPECT_EQ(used, known) << suite;
  }
}

TEST(QuickSuite, HasEveryFamily) {
  for (auto const& machine : {laptop, one_gpu}) {
    std::set<std::string> families;
    for (auto const& planned : plan_of("quick", machine).cases)
      families.insert(planned.workload.substr(0, planned.workload.find('/')));
    EXPECT_THAT(families, ::testing::IsSupersetOf({"gemm", "memory", "collective", "dataload"}));
  }
}

TEST(ComputeSuite, QualifiesAGpuInUnderThreeMinutes) {
  EXPECT_LT(estimated_seconds(plan_of("compute", one_gpu)), 180);
}

/// Every layer of every shipped model is a matrix product that the gemm workload takes.
TEST(ModelsSuite, HoldsEveryModelThatComesAlong) {
  std::set<std::string> used;
  auto const plan = plan_of("models", one_gpu);
  for (auto const& planned : plan.cases) {
    ASSERT_FALSE(planned.labels.empty()) << planned.name;
    for (auto const& label : planned.labels) used.insert(label.substr(0, label.find('/')));
  }
  auto const names = suite_names(models);
  EXPECT_EQ(used, std::set<std::string>(names.begin(), names.end()));
}

TEST_P(ShippedSuite, GivesEveryCaseTheRanksItNeeds) {
  auto const& [suite, machine] = GetParam();
  for (auto const& planned : plan_of(suite, machine).cases) {
    bool const lonely =
        machine.backend == "cuda" && machine.devices == 1;  // then collectives end as unsupported
    if (!lonely) {
      EXPECT_GE(planned.ranks, Registry::instance().find(planned.workload)->needs.min_ranks) << planned.name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Configs, ShippedSuite,
                         ::testing::Combine(::testing::ValuesIn(suite_names(suites)),
                                            ::testing::Values(laptop, big_host, one_gpu, eight_gpus)),
                         [](auto const& made) {
                           auto name = std::get<0>(made.param) + "_" + machine_name(std::get<1>(made.param));
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

TEST(ShippedSuites, AreThoseThatTheManualNames) {
  EXPECT_THAT(suite_names(suites),
              ::testing::IsSupersetOf({"compute", "input", "models", "node", "quick", "smoke"}));
  for (auto const& name : suite_names(suites)) {
    auto const summary = suite_summary(find_suite(name, suites));
    EXPECT_FALSE(summary.empty()) << name;
    EXPECT_THAT(summary, ::testing::Not(::testing::StartsWith("not usable")));
  }
}

TEST(QuickSuite, MeasuresForLessThanThreeMinutes) {
  for (auto const& machine : {laptop, one_gpu}) EXPECT_LT(estimated_seconds(plan_of("quick", machine)), 180);
}

/// Of an A100 or H100 with 80 GB nearly 80 GiB are memory; the driver, cuBLAS and NCCL take some.
constexpr std::uint64_t largest_gpu = std::uint64_t{77} << 30;

bool runs_network(PlannedCase const& planned) { return planned.params.has("network"); }

TEST(TrainSuites, FitAGpuOf80Gb) {
  for (auto const* suite : {"train", "train-sweeps", "train-scaling", "inference", "smoke", "node"}) {
    for (auto const& planned : plan_of(suite, one_gpu).cases) {
      if (!runs_network(planned)) continue;
      auto const plan =
          train::plan_step(train::network_of(planned.params), train::step_options(planned.params));
      EXPECT_LE(train::memory_of(plan).sum(), largest_gpu) << suite << ' ' << planned.name;
    }
  }
}

/// So that a step takes a fraction of a second on two cores: a core multiplies some 10 GFLOP/s in such
/// shapes.
TEST(TrainSuites, AreSmallOnTheHost) {
  for (auto const* suite : {"train", "train-sweeps", "train-scaling", "inference", "smoke", "node"}) {
    for (auto const& planned : plan_of(suite, laptop).cases) {
      if (!runs_network(planned)) continue;
      auto const plan =
          train::plan_step(train::network_of(planned.params), train::step_options(planned.params));
      auto const backward = plan.options.inference ? 0 : plan.backward_flops();
      EXPECT_LE(plan.forward_flops() + backward, 3'000'000'000U) << suite << ' ' << planned.name;
      EXPECT_LE(train::memory_of(plan).sum(), std::uint64_t{1} << 30) << suite << ' ' << planned.name;
    }
  }
}

/// ResNet-50 and the camera network, with two and four ranks.
TEST(TrainSuites, RunOnTheHostWithTwoAndFourRanks) {
  std::set<std::pair<std::string, int>> run;
  for (auto const& planned : plan_of("train", laptop).cases)
    run.emplace(planned.params.text("model"), planned.ranks);
  EXPECT_THAT(run, ::testing::IsSupersetOf({std::pair<std::string, int>{"resnet-50", 2},
                                            {"resnet-50", 4},
                                            {"camera-video", 2},
                                            {"camera-video", 4}}));
}

TEST(InputSuite, TakesAFewMinutesAndOnlyAsksOfTheInput) {
  for (auto const& machine : {laptop, one_gpu}) {
    auto const plan = plan_of("input", machine);
    EXPECT_LT(estimated_seconds(plan), 300);
    for (auto const& planned : plan.cases) EXPECT_THAT(planned.workload, ::testing::StartsWith("dataload/"));
  }
}

TEST(SmokeSuite, TakesSeconds) {
  for (auto const& machine : {laptop, one_gpu}) EXPECT_LT(estimated_seconds(plan_of("smoke", machine)), 50);
}

TEST(SmokeSuite, RunsItsCollectivesOnOneSharedGpuWhenAsked) {
  PlanOptions options;
  options.ranks = 2;
  options.oversubscribe = true;
  options.filter = "^collective/";
  auto const plan = plan_of("smoke", one_gpu, options);
  for (auto const& planned : plan.cases) EXPECT_EQ(planned.ranks, 2);
  EXPECT_TRUE(plan.oversubscribe);
}

std::string contents(std::filesystem::path const& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// A suite of the test's own, on disk for as long as it lives.
struct TemporarySuite {
  explicit TemporarySuite(std::string const& text)
      : file(std::filesystem::temp_directory_path() /
             ("muster-configs-" + std::to_string(getpid()) + ".toml")) {
    std::ofstream(file, std::ios::binary) << text;
  }
  ~TemporarySuite() { std::filesystem::remove(file); }
  TemporarySuite(TemporarySuite const&) = delete;
  TemporarySuite& operator=(TemporarySuite const&) = delete;
  std::filesystem::path file;
};

TEST(TrainSuites, ABatchThatDoesNotDivideIsAFaultOfItsLine) {
  TemporarySuite const suite(
      "[[case]]\nworkload = \"train_step\"\nmodel = \"tall.toml\"\nparams.batch = 3\n");
  std::ofstream(suite.file.parent_path() / "tall.toml")
      << "samples = 4\n[[layer]]\nname = 'a'\nrows = 2\noutputs = 2\ninputs = 2\n";
  try {
    make_plan(suite.file, Registry::instance(), laptop, {});
    FAIL() << "3 of 4 samples, of 2 rows";
  } catch (Error const& error) {
    EXPECT_THAT(error.what(), ::testing::AllOf(::testing::HasSubstr(".toml:4: train_step/tall/"),
                                               ::testing::HasSubstr("batch = 3 does not divide")));
  }
  std::filesystem::remove(suite.file.parent_path() / "tall.toml");
}

TEST(Manual, ShowsASuiteThatPlans) {
  auto const text = contents(std::filesystem::path(MUSTER_CONFIGS) / "README.md");
  std::string const opening = "```toml\n";
  auto const from = text.find(opening);
  ASSERT_NE(from, std::string::npos);
  auto const first = from + opening.size();
  TemporarySuite const suite(text.substr(first, text.find("```", first) - first));
  EXPECT_EQ(make_plan(suite.file, Registry::instance(), eight_gpus, {}).cases.size(), 4U + 3U + 3U);
}

TEST(ShippedSuites, AreHeldAgainstTheRealWorkloads) {  // a slip planted in a copy is found
  auto text = contents(suites / "quick.toml");
  auto const at = text.find("\"gemm\"");
  ASSERT_NE(at, std::string::npos);
  TemporarySuite const suite(text.replace(at, 6, "\"gmem\""));
  try {
    make_plan(suite.file, Registry::instance(), laptop, {});
    FAIL() << "an unknown workload went through";
  } catch (Error const& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("unknown workload 'gmem' (did you mean 'gemm'?"));
  }
}

TEST(EveryWorkload, HasDefaultsThatItAccepts) {
  ASSERT_FALSE(Registry::instance().all().empty()) << "the linker dropped the registrations";
  for (auto const* workload : Registry::instance().all()) {
    for (auto const& spec : workload->params) EXPECT_EQ(fault(spec, spec.fallback), "") << workload->name;
    EXPECT_THAT(workload->check(defaults(workload->params)), ::testing::IsEmpty()) << workload->name;
  }
}

TEST(WorkloadsOfWholePacks, RefuseASizeThatTheirKernelsCannotCut) {
  struct Sized {
    char const *workload, *size;
    std::int64_t of;
  };
  for (auto const& [name, size, of] : {Sized{"memory", "bytes", 16},
                                       {"memory/transfer", "bytes", 16},
                                       {"memory/peer", "bytes", 16},
                                       {"memory/numa", "bytes", 16},
                                       {"training/adamw", "count", 8},
                                       {"training/layer_norm", "columns", 8},
                                       {"training/cross_entropy", "vocabulary", 8}}) {
    auto const* workload = Registry::instance().find(name);
    auto params = defaults(workload->params);
    params.set(size, std::int64_t{4096});
    EXPECT_THAT(workload->check(params), ::testing::IsEmpty()) << name;
    params.set(size, std::int64_t{4097});
    auto const number = std::to_string(of);
    EXPECT_THAT(workload->check(params), ::testing::ElementsAre(::testing::AllOf(
                                             ::testing::StartsWith("parameter '" + std::string(size) +
                                                                   "' = 4097 is not a multiple of " + number),
                                             ::testing::EndsWith("use a multiple of " + number))))
        << name;
  }
}

TEST(EveryWorkload, IsDescribed) {
  for (auto const* workload : Registry::instance().all()) {
    EXPECT_FALSE(workload->summary.empty()) << workload->name;
    EXPECT_THAT(workload->docs, ::testing::HasSubstr("/ seconds"))
        << workload->name << " does not give its formula";
    EXPECT_FALSE(workload->metric.unit.empty()) << workload->name;
    for (auto const& spec : workload->params)
      EXPECT_FALSE(spec.help.empty()) << workload->name << ' ' << spec.name;
  }
}

TEST(EveryWorkload, HasNamesThatNeedNoQuotesInAShell) {
  for (auto const* workload : Registry::instance().all()) {
    auto const name = case_name(workload->name, workload->params, defaults(workload->params));
    bool const plain = std::ranges::all_of(name, [](unsigned char c) {
      return std::isalnum(c) ||
             std::string_view("/:._-").find(static_cast<char>(c)) != std::string_view::npos;
    });
    EXPECT_TRUE(plain) << name;
  }
}

}  // namespace
}  // namespace muster
