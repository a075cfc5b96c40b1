// The gemm workload on the host backend, as the worker makes and runs it.
#include <gtest/gtest.h>

#include <algorithm>

#include "kernels/gemm/gemm_library.hpp"
#include "kernels/gemm/gemm_problem.hpp"
#include "kernels/host/versions.hpp"
#include "tests/kernels/support.hpp"

namespace muster {
namespace {

Params sizes(std::string type, std::int64_t m, std::int64_t n, std::int64_t k) {
  return test::params_of("gemm", {{"type", std::move(type)}, {"m", m}, {"n", n}, {"k", k}});
}

TEST(GemmHost, VerifiesAtSmallOddSizesBeforeAndAfterLaunches) {
  test::Solo solo;
  for (std::string const type : {"fp32", "fp64"}) {
    for (auto const& params : {sizes(type, 1, 1, 1), sizes(type, 7, 5, 3), sizes(type, 129, 257, 65)}) {
      auto const gemm = test::make_case("gemm", params, solo.context);
      EXPECT_TRUE(gemm->verify().ok());
      for (int i = 0; i < 3; ++i) gemm->launch();
      Verdict const verdict = gemm->verify();
      EXPECT_TRUE(verdict.ok()) << verdict.detail;
      EXPECT_LT(verdict.error, 0.9);
    }
  }
}

TEST(GemmHost, EveryLibraryGivesTheRightProduct) {
  test::Solo solo;
  GemmProblem const problem{GemmType::fp32, GemmType::fp32, 67, 45, 130, 42};
  for (auto const& make : {host::openblas_gemm, host::onednn_gemm}) {
    std::vector<float> a(67 * 130, 1), b(130 * 45, 2), d(67 * 45, -1);
    auto const library = make(problem, {a.data(), b.data(), d.data(), 130, 45, 45},
                              solo.device.team().size() > 1 ? std::vector<int>{0, 1} : std::vector<int>{0});
    ASSERT_NE(library, nullptr);
    library->multiply();
    EXPECT_TRUE(std::ranges::all_of(d, [](float x) { return x == 260; })) << library->name();
  }
}

// 2 * 2048 * 1024 * 512 operations; 4 bytes each of 2048 * 512, 512 * 1024 and 2048 * 1024 elements.
TEST(GemmHost, WorkIsTwoOperationsAProductTerm) {
  GemmProblem const problem = gemm_problem(sizes("fp32", 2048, 1024, 512), 0);
  EXPECT_EQ(problem.work().flops, 2147483648ULL);
  EXPECT_EQ(problem.work().bytes, 14680064ULL);
}

TEST(GemmHost, FlopsOfHugeSizesDoNotOverflow) {
  GemmProblem const problem = gemm_problem(sizes("bf16", 1 << 20, 1 << 20, 1 << 20), 0);
  EXPECT_EQ(problem.work().flops, 1ULL << 61);
}

TEST(GemmHost, BoundIsTheDevicesPeakForItsType) {
  test::Solo solo;
  for (std::string const type : {"fp64", "fp32"}) {
    auto const bound = test::make_case("gemm", sizes(type, 64, 64, 64), solo.context)->bound();
    ASSERT_TRUE(bound);
    EXPECT_EQ(bound->name, "measured_fma_peak");
    EXPECT_EQ(bound->unit, "FLOP/s");
    EXPECT_EQ(bound->value, solo.device.peak_flops(type)->value);
  }
}

TEST(GemmHost, RecordSaysWhichLibraryWasChosenAndWhy) {
  test::Solo solo;
  auto const facts = test::make_case("gemm", sizes("fp32", 64, 64, 64), solo.context)->facts();
  ASSERT_EQ(facts.size(), 2U);
  EXPECT_EQ(facts[0].first, "library");
  EXPECT_TRUE(facts[0].second.starts_with("OpenBLAS ") || facts[0].second.starts_with("oneDNN "))
      << facts[0].second;
  EXPECT_NE(facts[1].second.find("GFLOP/s"), std::string::npos) << facts[1].second;
}

TEST(GemmHost, Tf32IsUnsupportedWithReasonAndRemedy) {
  test::Solo solo;
  try {
    test::make_case("gemm", sizes("tf32", 8, 8, 8), solo.context);
    FAIL() << "tf32 was accepted";
  } catch (Unsupported const& error) {
    EXPECT_STREQ(
        error.what(),
        "the host backend has no tf32 GEMM (this CPU does not compute in it, and emulation measures nothing) "
        "use type fp32 or fp64");
  }
}

TEST(GemmHost, ShortTypesVerifyOrAreUnsupported) {
  test::Solo solo;
  for (std::string const type : {"bf16", "fp16"}) {
    try {
      auto const gemm = test::make_case("gemm", sizes(type, 65, 33, 129), solo.context);
      Verdict const verdict = gemm->verify();
      EXPECT_TRUE(verdict.ok()) << verdict.detail;
    } catch (Unsupported const& error) {
      EXPECT_NE(std::string(error.what()).find("use type fp32 or fp64"), std::string::npos);
    }
  }
}

TEST(GemmHost, TooLargeSaysWhatIsNeededAndWhatFits) {
  GemmProblem const problem{GemmType::fp64, GemmType::fp64, 32768, 32768, 32768, 0};
  try {
    require_memory(problem, 8ULL << 30);
    FAIL() << "24 GiB fit into 8";
  } catch (OutOfMemory const& error) {
    EXPECT_STREQ(error.what(),
                 "GEMM fp64 of 32768 x 32768 x 32768 needs 24.00 GiB (only 8.00 GiB are free) use m = n "
                 "= k <= 18688");
  }
  EXPECT_NO_THROW(require_memory(problem, 24ULL << 30));
  EXPECT_THROW(require_memory(problem, 24ULL << 30, 1), OutOfMemory);
}

TEST(GemmHost, CaseIsNamedByTypeAndSizes) {
  auto const& specs = Registry::instance().find("gemm")->params;
  EXPECT_EQ(case_name("gemm", specs, sizes("bf16", 8192, 4096, 128)), "gemm/bf16/m:8192/n:4096/k:128");
}

TEST(HostLibraries, NameTheirVersions) {
  std::vector<std::string> names;
  for (auto const& [name, version] : host::library_versions()) {
    names.push_back(name);
    EXPECT_FALSE(version().empty()) << name;
  }
  EXPECT_NE(std::ranges::find(names, "OpenBLAS"), names.end());
  EXPECT_NE(std::ranges::find(names, "oneDNN"), names.end());
}

}  // namespace
}  // namespace muster
