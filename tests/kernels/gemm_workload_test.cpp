// The gemm workload's declaration: its parameters, names and the faults it sees before anything runs.
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "kernels/gemm/gemm_note.hpp"
#include "kernels/gemm/gemm_problem.hpp"
#include "kernels/gemm/gemm_sets.hpp"
#include "tests/kernels/support.hpp"

namespace muster {
namespace {

using Values = std::vector<std::pair<std::string, Value>>;

std::vector<std::string> faults(Values const& values) {
  return Registry::instance().find("gemm")->check(test::params_of("gemm", values));
}

TEST(GemmWorkload, NamesOnlyWhatIsUnusual) {
  auto const& specs = Registry::instance().find("gemm")->params;
  auto const name_of = [&](Values const& values) {
    return case_name("gemm", specs, test::params_of("gemm", values));
  };
  Values const size{
      {"type", "bf16"}, {"m", std::int64_t{8192}}, {"n", std::int64_t{4096}}, {"k", std::int64_t{128}}};
  EXPECT_EQ(name_of(size), "gemm/bf16/m:8192/n:4096/k:128");
  Values unusual = size;
  unusual.insert(unusual.end(),
                 {{"layout", "tn"}, {"batch", std::int64_t{3}}, {"dist", "zeros"}, {"regime", "cold"}});
  EXPECT_EQ(name_of(unusual), "gemm/bf16/m:8192/n:4096/k:128/tn/batch:3/zeros/cold");
}

TEST(GemmWorkload, DocsStateFormulaUnitsAndSource) {
  auto const& docs = Registry::instance().find("gemm")->docs;
  for (char const* part : {"2 m n k", "FLOP/s", "Freivalds", "Sources:"})
    EXPECT_NE(docs.find(part), std::string::npos) << part;
}

TEST(GemmWorkload, ZeroAndNegativeSizesAreRefusedWithTheRange) {
  auto const& specs = Registry::instance().find("gemm")->params;
  for (std::string const size : {"m", "n", "k", "batch"}) {
    auto const spec = std::ranges::find(specs, size, &ParamSpec::name);
    ASSERT_NE(spec, specs.end());
    for (std::int64_t const value : {0, -1})
      EXPECT_NE(fault(*spec, Value(value)), "") << size << " " << value;
    EXPECT_EQ(fault(*spec, Value(std::int64_t{1})), "");
  }
}

TEST(GemmWorkload, EightBitTypesNeedTheirLayoutAndSayWhichOne) {
  for (std::string const type : {"int8", "fp8_e4m3", "fp8_e5m2"}) {
    EXPECT_TRUE(faults({{"type", type}}).empty());
    for (std::string const layout : {"nn", "tn", "tt"}) {
      auto const found = faults({{"type", type}, {"layout", layout}});
      ASSERT_EQ(found.size(), 1U) << type;
      EXPECT_EQ(found.front(), type + " has no layout " + layout +
                                   " (cuBLASLt multiplies 8-bit types in one only) use layout nt");
    }
  }
  EXPECT_TRUE(faults({{"type", "bf16"}, {"layout", "tt"}}).empty());
}

TEST(GemmWorkload, SizesThatAreNotAlignedNameTheNearestThatAre) {
  EXPECT_EQ(
      faults({{"type", "fp8_e4m3"}, {"k", std::int64_t{100}}}),
      std::vector<std::string>{"fp8_e4m3 needs k to be a multiple of 16 (it is 100) use k = 96 or 112"});
  EXPECT_EQ(faults({{"type", "int8"}, {"m", std::int64_t{3}}}),
            std::vector<std::string>{"int8 needs m to be a multiple of 4 (it is 3) use m = 4"});
  EXPECT_TRUE(faults({{"type", "int8"}, {"k", std::int64_t{100}}}).empty());
  EXPECT_TRUE(faults({{"type", "bf16"}, {"k", std::int64_t{101}}}).empty());
}

TEST(GemmWorkload, SumsThatOverflowFp16AreRefused) {
  Values values{{"type", "fp16"}, {"dist", "constant"}, {"k", std::int64_t{65504}}};
  EXPECT_TRUE(faults(values).empty());
  values.back().second = std::int64_t{65505};
  EXPECT_EQ(faults(values).size(), 1U);
}

TEST(GemmProblems, ComeFromTheParameters) {
  auto const problem = gemm_problem(test::params_of("gemm", {{"type", "int8"},
                                                             {"layout", "tn"},
                                                             {"batch", std::int64_t{3}},
                                                             {"dist", "uniform"},
                                                             {"m", std::int64_t{5}}}),
                                    9);
  EXPECT_EQ(problem.type, GemmType::int8);
  EXPECT_EQ(problem.output, GemmType::int32);
  EXPECT_EQ(problem.layout, GemmLayout::tn);
  EXPECT_EQ(problem.batch, 3);
  EXPECT_EQ(problem.dist, GemmDist::uniform);
  EXPECT_EQ(problem.m, 5);
  EXPECT_EQ(problem.seed, 9U);
}

// 3 products of 2 x 4 x 8 elements: A 16, B 32, D 8 elements each.
TEST(GemmProblems, CountWorkAndBytesOfTheWholeBatch) {
  GemmProblem const problem{GemmType::int8, GemmType::int32, 2, 4, 8, 0, GemmLayout::nt, 3};
  EXPECT_EQ(problem.work().flops, 3U * 2 * 2 * 4 * 8);
  EXPECT_EQ(problem.work().bytes, 3U * (16 + 32 + 8 * 4));
  EXPECT_EQ(problem.d_rows(), 6U);
}

TEST(GemmProblems, E5m2IsMultipliedByE4m3AndGivesBf16) {
  EXPECT_EQ((GemmProblem{.type = GemmType::fp8_e5m2}.b_type()), GemmType::fp8_e4m3);
  EXPECT_EQ(usual_output(GemmType::fp8_e5m2), GemmType::bf16);
  EXPECT_EQ(usual_output(GemmType::tf32), GemmType::tf32);
}

TEST(GemmTypes, NamesGoBothWaysAndInt32IsNoOperand) {
  for (std::string const type : {"fp64", "fp32", "tf32", "fp16", "bf16", "int8", "fp8_e4m3", "fp8_e5m2"})
    EXPECT_EQ(name(gemm_type(type)), type);
  EXPECT_THROW(gemm_type("int32"), std::invalid_argument);
  EXPECT_THROW(gemm_layout("n"), std::invalid_argument);
  EXPECT_THROW(gemm_dist("gauss"), std::invalid_argument);
  EXPECT_EQ(peak_name(GemmType::fp8_e5m2), "fp8");
  EXPECT_EQ(peak_name(GemmType::bf16), "bf16");
}

// A cache of 40 MiB and sets of 16 MiB: ten are 160 MiB.
TEST(OperandSets, FillFourTimesTheCache) {
  constexpr std::uint64_t mib = 1 << 20, plenty = std::uint64_t{1} << 36;
  EXPECT_EQ(operand_sets(16 * mib, 40 * mib, plenty, Regime::sustained), 10U);
  EXPECT_EQ(operand_sets(16 * mib + 1, 40 * mib, plenty, Regime::burst), 10U);
  EXPECT_EQ(operand_sets(384 * mib, 40 * mib, plenty, Regime::sustained), 1U);
  EXPECT_EQ(operand_sets(1000, 40 * mib, plenty, Regime::sustained), 64U);
}

TEST(OperandSets, AreOneInRegimeColdAndWhereTheCacheIsUnknown) {
  EXPECT_EQ(operand_sets(1000, 1 << 20, 1 << 30, Regime::cold), 1U);
  EXPECT_EQ(operand_sets(1000, 0, 1 << 30, Regime::sustained), 1U);
}

TEST(OperandSets, TakeHalfOfTheFreeMemoryAtMostAndOneAtLeast) {
  constexpr std::uint64_t mib = 1 << 20;
  EXPECT_EQ(operand_sets(16 * mib, 40 * mib, 100 * mib, Regime::sustained), 3U);
  EXPECT_EQ(operand_sets(16 * mib, 40 * mib, 20 * mib, Regime::sustained), 1U);
}

TEST(GemmNotes, DataThatAreNotNormalAreStamped) {
  test::Solo solo;
  std::vector<std::string> notes;
  solo.context.note = [&](std::string text) { notes.push_back(std::move(text)); };
  note_data(GemmProblem{}, solo.context);
  EXPECT_TRUE(notes.empty());
  note_data(GemmProblem{.dist = GemmDist::zeros}, solo.context);
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_NE(notes[0].find("'zeros'"), std::string::npos);
  EXPECT_NE(notes[0].find("no headline"), std::string::npos);
}

}  // namespace
}  // namespace muster
