// gemm/grouped and gemm/search on the host backend, and how rows are spread.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "kernels/gemm/gemm_search.hpp"
#include "kernels/gemm/grouped_problem.hpp"
#include "tests/kernels/support.hpp"

namespace muster {
namespace {

TEST(UnevenSplit, SumsUpInEightsAndLeavesNoGroupEmpty) {
  for (std::int64_t groups : {1, 2, 7, 8, 64}) {
    for (std::int64_t total : {8 * groups, 8 * groups + 8, std::int64_t{4096}, std::int64_t{100000}}) {
      auto const rows = uneven_split(total, groups);
      ASSERT_EQ(rows.size(), static_cast<std::size_t>(groups));
      EXPECT_EQ(std::accumulate(rows.begin(), rows.end(), std::int64_t{0}), total);
      EXPECT_TRUE(std::ranges::all_of(rows, [](std::int64_t each) { return each >= 8 && each % 8 == 0; }));
    }
  }
}

// Literals, since figures are only comparable while the split stays what it is.
TEST(UnevenSplit, IsTheSameAlways) {
  EXPECT_EQ(uneven_split(4096, 8), (std::vector<std::int64_t>{552, 480, 440, 672, 512, 280, 520, 640}));
  EXPECT_EQ(uneven_split(24, 3), (std::vector<std::int64_t>{8, 8, 8}));
}

Params grouped(std::string type, std::int64_t groups, std::int64_t m, std::int64_t n, std::int64_t k) {
  return test::params_of("gemm/grouped",
                         {{"type", std::move(type)}, {"groups", groups}, {"m", m}, {"n", n}, {"k", k}});
}

TEST(GemmGrouped, VerifiesEveryGroupBeforeAndAfterLaunches) {
  test::Solo solo;
  for (std::string const type : {"fp32", "fp64"}) {
    auto const instance = test::make_case("gemm/grouped", grouped(type, 5, 200, 33, 65), solo.context);
    EXPECT_TRUE(instance->verify().ok());
    for (int i = 0; i < 3; ++i) {
      instance->reset();
      instance->launch();
    }
    auto const verdict = instance->verify();
    EXPECT_TRUE(verdict.ok()) << verdict.detail;
    EXPECT_TRUE(verdict.method.starts_with("each group: ")) << verdict.method;
    EXPECT_TRUE(instance->fingerprint().has_value());
  }
}

TEST(GemmGrouped, WorkIsThatOfAllRowsTogether) {
  test::Solo solo;
  auto const instance = test::make_case("gemm/grouped", grouped("fp32", 4, 256, 64, 32), solo.context);
  EXPECT_EQ(instance->work().flops, 2ULL * 256 * 64 * 32);
  EXPECT_EQ(instance->work().bytes, 4ULL * (256 * 32 + 4 * 64 * 32 + 256 * 64));
}

TEST(GemmGrouped, GroupsHaveDataOfTheirOwn) {
  auto const problem = grouped_problem(grouped("fp32", 3, 96, 16, 16), 7);
  EXPECT_NE(problem.group(0).seed, problem.group(1).seed);
  EXPECT_NE(problem.group(1).seed, problem.group(2).seed);
}

TEST(GemmGrouped, RowsThatEightDoesNotDivideOrThatAreTooFewAreRefusedWithTheRemedy) {
  auto const& check = Registry::instance().find("gemm/grouped")->check;
  EXPECT_TRUE(check(grouped("bf16", 8, 64, 1, 1)).empty());
  EXPECT_EQ(check(grouped("bf16", 2, 33, 1, 1)),
            std::vector<std::string>{"m = 33 is no multiple of 8 (groups get rows by eights) use m = 40"});
  EXPECT_EQ(
      check(grouped("bf16", 16, 64, 1, 1)),
      std::vector<std::string>{"m = 64 is too small for 16 groups (each has 8 rows at least) use m >= 128"});
}

TEST(GemmGrouped, TooLargeSaysWhatIsNeeded) {
  auto const problem = grouped_problem(grouped("fp64", 8, 4096, 2048, 2048), 0);
  try {
    require_memory(problem, 1 << 20);
    FAIL() << "it fits";
  } catch (OutOfMemory const& error) {
    EXPECT_STREQ(
        error.what(),
        "8 groups of fp64 products 2048 x 2048 need 0.38 GiB (only 0.00 GiB are free) use a smaller m "
        "or k");
  }
}

TEST(GemmGrouped, EverySamplesResultIsCompared) {
  test::Solo solo;
  auto const instance = test::make_case("gemm/grouped", grouped("fp32", 3, 96, 17, 24), solo.context);
  ASSERT_TRUE(instance->verify().ok());
  for (int sample = 0; sample < 4; ++sample) {
    instance->reset();
    instance->launch();
  }
  ASSERT_TRUE(instance->verify().ok());
  auto const figures = instance->figures();
  ASSERT_EQ(figures.size(), 1U);
  EXPECT_EQ(figures[0].name, "results_compared");
  EXPECT_EQ(figures[0].value, 1 + 4);
}

// 64 MiB of A whatever n is; 16 KiB of each B and 32 KiB of D for a column.
TEST(GemmGrouped, TooLargeSaysWhatFitsBesidesTheChecks) {
  auto const problem = grouped_problem(grouped("fp64", 8, 4096, 2048, 2048), 0);
  EXPECT_EQ(problem.total_bytes(), 384ULL << 20);
  EXPECT_NO_THROW(require_memory(problem, 384ULL << 20));
  EXPECT_NO_THROW(require_memory(problem, 385ULL << 20, 1 << 20));
  try {
    require_memory(problem, 384ULL << 20, 1 << 20);
    FAIL() << "it fits";
  } catch (OutOfMemory const& error) {
    EXPECT_STREQ(
        error.what(),
        "8 groups of fp64 products 2048 x 2048 need 0.38 GiB (only 0.38 GiB are free) use n <= 2040");
  }
  EXPECT_NO_THROW(
      require_memory(grouped_problem(grouped("fp64", 8, 4096, 2040, 2048), 0), 384ULL << 20, 1 << 20));
}

Params search(std::int64_t low, std::int64_t high, std::int64_t step, double budget = 30) {
  return test::params_of("gemm/search", {{"low", low}, {"high", high}, {"step", step}, {"budget", budget}});
}

TEST(GemmSearch, MeasuresTheShapeItFoundAndSaysHowManyItTried) {
  test::Solo solo;
  std::string last;
  solo.context.progress = [&](double, std::string const& text) { last = text; };
  auto const instance = test::make_case("gemm/search", search(32, 128, 32), solo.context);
  std::map<std::string, double> figures;
  for (auto const& figure : instance->figures()) figures[figure.name] = figure.value;
  EXPECT_EQ(figures.at("shapes_in_range"), 64);
  EXPECT_LE(figures.at("shapes_tried"), 64);
  EXPECT_GT(figures.at("best_rate_in_search"), 0);
  EXPECT_EQ(static_cast<double>(instance->work().flops),
            2 * figures.at("best_m") * figures.at("best_n") * figures.at("best_k"));
  EXPECT_TRUE(instance->verify().ok());
  EXPECT_TRUE(last.starts_with("best shape ")) << last;
}

TEST(GemmSearch, ThatItsBudgetCutsShortIsNotedAndStillMeasured) {
  test::Solo solo;
  std::vector<std::string> notes;
  solo.context.note = [&](std::string text) { notes.push_back(std::move(text)); };
  auto const instance = test::make_case("gemm/search", search(64, 2048, 64, 0.1), solo.context);
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_NE(notes[0].find("budget of 0.1 s was too short"), std::string::npos) << notes[0];
  EXPECT_TRUE(instance->verify().ok());
}

// The program declares gemm's parameters, the search sets them: neither may have one that the other lacks.
TEST(GemmSearch, SetsEveryParameterOfGemm) {
  auto const& specs = Registry::instance().find("gemm")->params;
  auto const params = gemm_params(search(32, 128, 32), {32, 64, 96});
  EXPECT_EQ(params.all().size(), specs.size());
  for (auto const& spec : specs) {
    ASSERT_TRUE(params.has(spec.name)) << spec.name;
    EXPECT_EQ(fault(spec, params.at(spec.name)), "") << spec.name;
  }
  EXPECT_EQ(params.integer("n"), 64);
}

TEST(GemmSearch, RangesWithoutAShapeOrAlignmentAreRefusedWithTheRemedy) {
  auto const& check = Registry::instance().find("gemm/search")->check;
  EXPECT_TRUE(check(search(32, 32, 7)).empty());
  EXPECT_FALSE(check(search(64, 32, 32)).empty());
  auto params = search(40, 80, 8);
  params.set("type", "fp8_e4m3");
  EXPECT_EQ(check(params).size(), 1U);
  params.set("layout", "nn");
  EXPECT_EQ(check(params).size(), 2U);
}

}  // namespace
}  // namespace muster
