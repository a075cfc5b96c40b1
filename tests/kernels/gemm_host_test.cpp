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
    auto const library = make(problem, host::dense_operands(problem, a.data(), b.data(), d.data()),
                              solo.device.team().size() > 1 ? std::vector<int>{0, 1} : std::vector<int>{0});
    ASSERT_NE(library, nullptr);
    library->multiply();
    EXPECT_TRUE(std::ranges::all_of(d, [](float x) { return x == 260; })) << library->name();
  }
}

TEST(GemmHost, EveryLibraryAddsToWhatIsThereWhenAsked) {
  GemmProblem const problem{.m = 5, .n = 7, .k = 3, .batch = 2};
  for (auto const& make : {host::openblas_gemm, host::onednn_gemm}) {
    std::vector<float> a(2 * 5 * 3, 1), b(2 * 3 * 7, 2), d(2 * 5 * 7, 10);
    auto operands = host::dense_operands(problem, a.data(), b.data(), d.data());
    operands.add = true;
    auto const library = make(problem, operands, {0});
    ASSERT_NE(library, nullptr);
    library->multiply();
    library->multiply();
    EXPECT_TRUE(std::ranges::all_of(d, [](float x) { return x == 10 + 6 + 6; })) << library->name();
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

TEST(GemmHost, VerifiesInEveryLayoutAndBatch) {
  test::Solo solo;
  for (std::string const type : {"fp64", "fp32", "bf16", "int8"}) {
    for (std::string const layout : {"nn", "nt", "tn", "tt"}) {
      for (std::int64_t const batch : {1, 3}) {
        Params params = sizes(type, 33, 18, 47);
        params.set("layout", layout);
        params.set("batch", batch);
        try {
          auto const gemm = test::make_case("gemm", params, solo.context);
          Verdict const verdict = gemm->verify();
          EXPECT_TRUE(verdict.ok()) << type << " " << layout << " " << batch << ": " << verdict.detail;
        } catch (Unsupported const&) {
          EXPECT_TRUE(type == "bf16" || type == "int8");
        }
      }
    }
  }
}

TEST(GemmHost, EveryLibraryMultipliesEveryLayoutAndBatchAlike) {
  for (auto const layout : {GemmLayout::nn, GemmLayout::nt, GemmLayout::tn, GemmLayout::tt}) {
    GemmProblem const problem{GemmType::fp32, GemmType::fp32, 5, 7, 11, 42, layout, 4};
    std::vector<std::vector<float>> results;
    for (auto const& make : {host::openblas_gemm, host::onednn_gemm}) {
      std::vector<float> a(problem.a_count()), b(problem.b_count()), d(problem.d_count(), -1);
      for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<float>(i % 13) - 6;
      for (std::size_t i = 0; i < b.size(); ++i) b[i] = static_cast<float>(i % 17) - 8;
      make(problem, host::dense_operands(problem, a.data(), b.data(), d.data()), {0})->multiply();
      results.push_back(d);
    }
    EXPECT_EQ(results[0], results[1]) << name(layout);
  }
}

TEST(GemmHost, FingerprintIsThereOnceVerifiedAndTheSameEachTime) {
  test::Solo solo;
  auto const first = test::make_case("gemm", sizes("fp32", 64, 64, 64), solo.context);
  EXPECT_FALSE(first->fingerprint());
  ASSERT_TRUE(first->verify().ok());
  auto const print = first->fingerprint();
  ASSERT_TRUE(print);
  EXPECT_NE(print->made_by.find("threads"), std::string::npos) << print->made_by;
  first->reset();
  first->launch();
  ASSERT_TRUE(first->verify().ok());
  EXPECT_EQ(first->fingerprint()->value, print->value);
  solo.context.seed = 43;
  auto const other = test::make_case("gemm", sizes("fp32", 64, 64, 64), solo.context);
  ASSERT_TRUE(other->verify().ok());
  EXPECT_NE(other->fingerprint()->value, print->value);
}

// Results of samples between two checks are compared too.
TEST(GemmHost, EverySampleIsCompared) {
  test::Solo solo;
  auto const gemm = test::make_case("gemm", sizes("fp32", 64, 64, 64), solo.context);
  ASSERT_TRUE(gemm->verify().ok());
  for (int i = 0; i < 10; ++i) {
    gemm->reset();
    gemm->launch();
  }
  ASSERT_TRUE(gemm->verify().ok());
  auto const figures = gemm->figures();
  auto const compared = std::ranges::find(figures, "results_compared", &Figure::name);
  ASSERT_NE(compared, figures.end());
  EXPECT_EQ(compared->value, 11);
}

TEST(GemmHost, RegimeIsTheCasesOwn) {
  test::Solo solo;
  Params params = sizes("fp32", 8, 8, 8);
  EXPECT_EQ(test::make_case("gemm", params, solo.context)->regime(), Regime::sustained);
  params.set("regime", "cold");
  EXPECT_EQ(test::make_case("gemm", params, solo.context)->regime(), Regime::cold);
}

TEST(GemmHost, OtherDataThanNormalVerifiesAndIsNoted) {
  test::Solo solo;
  std::vector<std::string> notes;
  solo.context.note = [&](std::string text) { notes.push_back(std::move(text)); };
  for (std::string const dist : {"uniform", "integers", "constant", "zeros"}) {
    Params params = sizes("fp32", 33, 65, 129);
    params.set("dist", dist);
    notes.clear();
    Verdict const verdict = test::make_case("gemm", params, solo.context)->verify();
    EXPECT_TRUE(verdict.ok()) << dist << ": " << verdict.detail;
    EXPECT_EQ(notes.size(), 1U) << dist;
  }
}

TEST(GemmHost, Fp8IsUnsupportedWithReasonAndRemedy) {
  test::Solo solo;
  for (std::string const type : {"fp8_e4m3", "fp8_e5m2"}) {
    try {
      test::make_case("gemm", sizes(type, 16, 16, 16), solo.context);
      FAIL() << type << " was accepted";
    } catch (Unsupported const& error) {
      EXPECT_NE(std::string(error.what()).find("use type fp32 or fp64"), std::string::npos);
    }
  }
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
  for (std::string const type : {"bf16", "fp16", "int8"}) {
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
