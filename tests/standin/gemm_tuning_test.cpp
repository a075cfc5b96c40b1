// Choice of cuBLASLt's algorithm: the fastest right one wins, is kept, and what is kept is looked at before
// it is used.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/standin/support.hpp"

namespace muster::standin {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class GemmTuning : public StandinTest {
 protected:
  void SetUp() override {
    StandinTest::SetUp();
    fs::remove_all(cache_);
    context().cache = cache_;
  }
  void TearDown() override {
    fs::remove_all(cache_);
    StandinTest::TearDown();
  }

  std::unique_ptr<Instance> gemm(std::string const& algorithm = "tuned", std::int64_t m = 48) {
    return make("gemm", params_of("gemm", {{"m", m}, {"n", 32}, {"k", 16}, {"algorithm", algorithm}}));
  }
  static std::string fact(Instance& instance, std::string const& name) {
    for (auto const& [key, text] : instance.facts()) {
      if (key == name) return text;
    }
    return "no fact " + name;
  }
  static double figure(Instance& instance, std::string const& name) {
    for (auto const& figure : instance.figures()) {
      if (figure.name == name) return figure.value;
    }
    return -1;
  }
  std::vector<fs::path> entries() const {
    std::vector<fs::path> files;
    if (!fs::exists(cache_ / "gemm-algorithms")) return files;
    for (auto const& entry : fs::directory_iterator(cache_ / "gemm-algorithms"))
      files.push_back(entry.path());
    return files;
  }
  static std::string content(fs::path const& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
  }

  fs::path cache_ =
      fs::path(testing::TempDir()) /
      ("muster-tuning-" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
};

TEST_F(GemmTuning, TheFastestIsPinnedAndBothRatesAreReported) {
  Environment const four{{"MUSTER_STANDIN_ALGORITHMS", "6,5,1,3"}};
  auto const instance = gemm();
  EXPECT_THAT(fact(*instance, "algorithm"), AllOf(StartsWith("id 2, tile 128x256"), HasSubstr("split-K 1")));
  EXPECT_THAT(fact(*instance, "algorithm_source"), StartsWith("tuned among 4 candidates in "));
  EXPECT_GT(figure(*instance, "heuristic_first"), 0);
  EXPECT_GT(figure(*instance, "tuned"), figure(*instance, "heuristic_first"));
  EXPECT_TRUE(instance->verify().ok());
}

TEST_F(GemmTuning, OneThatIsFastAndWrongDoesNotWin) {
  Environment const three{{"MUSTER_STANDIN_ALGORITHMS", "6,0w,2"}};
  auto const instance = gemm();
  EXPECT_THAT(fact(*instance, "algorithm"), StartsWith("id 2"));
  EXPECT_THAT(fact(*instance, "algorithm_source"), StartsWith("tuned among 2 candidates"));
  EXPECT_THAT(notes_, Contains(AllOf(HasSubstr("computes something else"), HasSubstr("id 1"))));
  EXPECT_TRUE(instance->verify().ok());
}

TEST_F(GemmTuning, WrongOnesAreSeenInEveryOutputType) {
  Environment const two{{"MUSTER_STANDIN_ALGORITHMS", "3,0w"}};
  for (std::string const type : {"fp64", "fp32", "tf32", "fp16", "bf16", "int8"}) {
    auto const instance = make("gemm", params_of("gemm", {{"type", type}, {"m", 32}, {"n", 32}, {"k", 64}}));
    EXPECT_THAT(fact(*instance, "algorithm"), StartsWith("id 0")) << type;
  }
}

TEST_F(GemmTuning, OneThatTheLibraryRefusesIsLeftOut) {
  Environment const three{{"MUSTER_STANDIN_ALGORITHMS", "6,0r,2"}};
  auto const instance = gemm();
  EXPECT_THAT(fact(*instance, "algorithm"), StartsWith("id 2"));
  EXPECT_THAT(notes_, Contains(HasSubstr("then refuses")));
}

TEST_F(GemmTuning, HeuristicsFirstAnswerStaysWhereItIsAskedFor) {
  Environment const two{{"MUSTER_STANDIN_ALGORITHMS", "3,0"}};
  auto const instance = gemm("heuristic");
  EXPECT_THAT(fact(*instance, "algorithm"), StartsWith("id 0"));
  EXPECT_EQ(fact(*instance, "algorithm_source"), "heuristic");
  EXPECT_EQ(figure(*instance, "tuned"), -1);
  EXPECT_THAT(entries(), IsEmpty());
}

TEST_F(GemmTuning, ASoleCandidateIsNotTimed) {
  auto const instance = gemm();
  EXPECT_EQ(fact(*instance, "algorithm_source"), "heuristic (the only candidate)");
  EXPECT_THAT(entries(), IsEmpty());
}

TEST_F(GemmTuning, TheSecondRunTakesItFromTheCacheWithoutTiming) {
  Environment const three{{"MUSTER_STANDIN_ALGORITHMS", "6,2,4"}};
  gemm().reset();
  ASSERT_EQ(entries().size(), 1U);
  Fail const watch("cublasLtMatmulAlgoGetHeuristic:2+:14,cublasLtMatmul:3+:14");
  auto const again = gemm();  // its first answer, one launch that loads the kernel
  EXPECT_THAT(fact(*again, "algorithm"), StartsWith("id 1"));
  EXPECT_THAT(fact(*again, "algorithm_source"), StartsWith("cache (tuned among 3 candidates"));
  EXPECT_GT(figure(*again, "tuned"), figure(*again, "heuristic_first"));
  EXPECT_THAT(notes_, IsEmpty());
}

// On compute capability 8.0 too, where cuBLAS would take 4: what was chosen with less is not taken for it.
TEST_F(GemmTuning, TheWorkspaceOf32MiBIsPartOfWhatAnEntryIsFor) {
  Environment const two{{"MUSTER_STANDIN_ALGORITHMS", "3,1"}};
  gemm().reset();
  ASSERT_EQ(entries().size(), 1U);
  EXPECT_THAT(content(entries().front()), HasSubstr("(8.0, "));
  EXPECT_THAT(content(entries().front()), HasSubstr("workspace 33554432,"));
  Environment const little{{"MUSTER_STANDIN_MEMORY", "20000000"}};
  gemm().reset();
  EXPECT_EQ(entries().size(), 2U);
}

// ---- how candidates are timed ----

TEST_F(GemmTuning, LongLaunchesOfAllCandidatesTakeTurnsOnTheSets) {
  Environment const two{{"MUSTER_STANDIN_ALGORITHMS", "2,1"}};
  (void)muster_standin_done();
  EXPECT_EQ(figure(*gemm(), "operand_sets"), 64);
  auto const done = muster_standin_done();
  EXPECT_GT(done.results, 8) << "each timing goes on with the set after the last one's";
  EXPECT_EQ(done.graph_launches, 0) << "launches of a millisecond need no recording";
}

// Cold samples need one set; candidates, one after the other, would find it in the cache.
TEST_F(GemmTuning, CandidatesOfAColdCaseTakeTurnsOnSetsOfTheirOwn) {
  Environment const two{{"MUSTER_STANDIN_ALGORITHMS", "2,1"}};
  (void)free_memory_for(Regime::cold, device());
  auto const before = device().free_memory();
  (void)muster_standin_done();
  auto const params = params_of("gemm", {{"m", 48}, {"n", 32}, {"k", 16}, {"regime", "cold"}});
  auto const instance = make("gemm", params);
  EXPECT_GT(muster_standin_done().results, 8);
  EXPECT_EQ(figure(*instance, "operand_sets"), 1);
  EXPECT_LT(before - device().free_memory(), std::uint64_t{34} << 20) << "the workspace and little else";
  EXPECT_TRUE(instance->verify().ok());
}

TEST_F(GemmTuning, HeuristicsFirstAnswerRunsOnOneSetInSetUp) {
  (void)muster_standin_done();
  gemm("heuristic").reset();
  EXPECT_EQ(muster_standin_done().results, 1);
}

/// Short launches on the stand-in; on a busy machine the first timing may pass for a long one, so some tries.
class ShortLaunches : public GemmTuning {
 protected:
  template <class Seen>
  std::unique_ptr<Instance> tune_until(Seen const& seen) {
    std::unique_ptr<Instance> instance;
    for (int attempt = 0; attempt < 10; ++attempt) {
      instance.reset();
      fs::remove_all(cache_);
      notes_.clear();
      (void)muster_standin_done();
      instance = make("gemm", params_of("gemm", {{"m", 16}, {"n", 16}, {"k", 16}}));
      if (seen()) return instance;
    }
    ADD_FAILURE() << "no attempt was recorded";
    return instance;
  }
  Environment two_{{"MUSTER_STANDIN_ALGORITHMS", "0,0"}};
};

TEST_F(ShortLaunches, AreTimedFromRecordingsOfAllSets) {
  MusterStandinDone done{};
  auto const instance = tune_until([&] {
    done = muster_standin_done();
    return done.graph_launches > 4;  // two candidates, each checked and timed in two rounds at least
  });
  EXPECT_EQ(done.results, 64);
  EXPECT_THAT(notes_, IsEmpty());
  EXPECT_GT(figure(*instance, "heuristic_first"), 0);
  EXPECT_TRUE(instance->verify().ok());
}

TEST_F(ShortLaunches, ThatCannotBeRecordedAreTimedOneByOneWithANote) {
  (void)device();
  Fail const refused("cudaStreamBeginCapture:*:900");
  auto const instance = tune_until([&] { return !notes_.empty(); });
  EXPECT_THAT(notes_,
              ElementsAre(AllOf(HasSubstr("timed launch by launch"), HasSubstr("cudaStreamBeginCapture"))));
  EXPECT_EQ(muster_standin_done().graph_launches, 0);
  EXPECT_GT(figure(*instance, "tuned"), 0);
  EXPECT_TRUE(instance->verify().ok());
}

// It would be the fastest of all.
TEST_F(ShortLaunches, ARecordingThatComputesNothingIsNotTimed) {
  (void)device();
  Fail const empty("cudaGraphLaunch:*:0");
  auto const instance = tune_until([&] { return !notes_.empty(); });
  EXPECT_THAT(notes_, ElementsAre(HasSubstr("the recording does not compute the product")));
  EXPECT_LT(figure(*instance, "tuned"), 1e12);
  EXPECT_TRUE(instance->verify().ok());
}

TEST_F(GemmTuning, AnotherShapeHasAnotherEntry) {
  Environment const two{{"MUSTER_STANDIN_ALGORITHMS", "3,1"}};
  gemm("tuned", 48).reset();
  gemm("tuned", 64).reset();
  EXPECT_EQ(entries().size(), 2U);
}

TEST_F(GemmTuning, ACorruptEntryIsNotedAndReplaced) {
  Environment const two{{"MUSTER_STANDIN_ALGORITHMS", "4,1"}};
  gemm().reset();
  ASSERT_EQ(entries().size(), 1U);
  auto const file = entries().front();
  auto const good = content(file);
  for (auto const& bad : {std::string("rubbish"), good.substr(0, good.size() / 2), std::string()}) {
    std::ofstream(file) << bad;
    notes_.clear();
    auto const instance = gemm();
    EXPECT_THAT(fact(*instance, "algorithm_source"), StartsWith("tuned among 2"));
    EXPECT_THAT(notes_, ElementsAre(HasSubstr("no algorithm that can be used (cut off")));
    EXPECT_THAT(content(file), HasSubstr("\nend\n"));
  }
}

TEST_F(GemmTuning, AnEntryThatTheLibraryRefusesIsNotedAndReplaced) {
  {
    Environment const four{{"MUSTER_STANDIN_ALGORITHMS", "4,4,4,1"}};
    gemm().reset();
  }
  Environment const two{{"MUSTER_STANDIN_ALGORITHMS", "4,1"}};  // the fourth is gone
  auto const instance = gemm();
  EXPECT_THAT(fact(*instance, "algorithm"), StartsWith("id 1"));
  EXPECT_THAT(notes_, ElementsAre(HasSubstr("the library refuses it")));
}

TEST_F(GemmTuning, ACacheThatCannotBeWrittenCostsANote) {
  std::ofstream(cache_.string()) << "a file where the folder should be";
  Environment const two{{"MUSTER_STANDIN_ALGORITHMS", "4,1"}};
  auto const instance = gemm();
  EXPECT_THAT(fact(*instance, "algorithm"), StartsWith("id 1"));
  EXPECT_THAT(notes_, ElementsAre(HasSubstr("cannot be kept")));
}

TEST_F(GemmTuning, WithoutAFolderNothingIsKept) {
  context().cache.clear();
  Environment const two{{"MUSTER_STANDIN_ALGORITHMS", "4,1"}};
  EXPECT_THAT(fact(*gemm(), "algorithm"), StartsWith("id 1"));
  EXPECT_THAT(notes_, IsEmpty());
}

// Memory is asked for in this order: operands, what the checks will need, the workspace (32 MiB, then a
// half of it).
TEST_F(GemmTuning, AWorkspaceThatCannotBeHadIsHalvedWithANote) {
  (void)device();
  Fail const full("cudaMalloc:3:2");
  auto const instance = gemm();
  EXPECT_THAT(notes_, ElementsAre(HasSubstr("16384 KiB of workspace instead of 32768")));
  EXPECT_TRUE(instance->verify().ok());
}

TEST_F(GemmTuning, APinnedAlgorithmIsPartOfTheFingerprint) {
  Environment const two{{"MUSTER_STANDIN_ALGORITHMS", "4,1"}};
  auto const instance = gemm();
  ASSERT_TRUE(instance->verify().ok());
  ASSERT_TRUE(instance->fingerprint().has_value());
  EXPECT_THAT(instance->fingerprint()->made_by, HasSubstr("id 1, tile"));
}

TEST_F(GemmTuning, SearchFindsAShapeInItsRangeAndMeasuresIt) {
  auto const instance = make(
      "gemm/search", params_of("gemm/search", {{"low", 16}, {"high", 48}, {"step", 16}, {"budget", 30.0}}));
  EXPECT_EQ(figure(*instance, "shapes_in_range"), 27);
  EXPECT_EQ(figure(*instance, "shapes_tried"), 27);
  EXPECT_EQ(fact(*instance, "budget_cut_short"), "no");
  EXPECT_THAT(fact(*instance, "searched_with"), HasSubstr("cuBLASLt"));
  auto const m = figure(*instance, "best_m"), n = figure(*instance, "best_n"),
             k = figure(*instance, "best_k");
  EXPECT_EQ(static_cast<double>(instance->work().flops), 2 * m * n * k);
  EXPECT_TRUE(instance->verify().ok());
  EXPECT_THAT(instance->fingerprint()->made_by, HasSubstr(", shape " + fact(*instance, "shape")));
}

TEST_F(GemmTuning, ASearchWhoseLargestShapeDoesNotFitSaysSo) {
  Environment const little{{"MUSTER_STANDIN_MEMORY", "1048576"}};
  EXPECT_THAT(message_of<OutOfMemory>([&] {
                make("gemm/search", params_of("gemm/search", {{"high", 4096}}));
              }),
              HasSubstr("use m = n = k <= "));
}

TEST_F(GemmTuning, ASearchInWhichTheLibraryHasNoAlgorithmIsUnsupported) {
  Fail const none("cublasLtMatmulAlgoGetHeuristic:*:15");
  EXPECT_THAT(message_of<Unsupported>([&] {
                make("gemm/search", params_of("gemm/search", {{"low", 16}, {"high", 32}, {"step", 16}}));
              }),
              HasSubstr("no shape from 16 to 32"));
}

// Two groups of fp32: A 256 KiB, B 512 KiB together, D 256 KiB.
class Grouped : public GemmTuning {
 protected:
  std::unique_ptr<Instance> grouped(std::string const& regime = "sustained") {
    return make(
        "gemm/grouped",
        params_of("gemm/grouped", {{"groups", 2}, {"m", 256}, {"n", 256}, {"k", 256}, {"regime", regime}}));
  }
};

TEST_F(Grouped, OperandSetsTakeTurnsAndEveryResultIsCompared) {
  auto const instance = grouped();
  EXPECT_EQ(instance->period(), 16U) << "1 MiB a set, 4 MiB of cache";
  ASSERT_TRUE(instance->verify().ok());
  for (int sample = 0; sample < 2; ++sample) {
    instance->reset();
    for (int i = 0; i < 16; ++i) instance->launch();
  }
  ASSERT_TRUE(instance->verify().ok());
  EXPECT_EQ(figure(*instance, "results_compared"), 1 + 2 * 16);
}

TEST_F(Grouped, WhatCannotBeHadInSeveralSetsIsRunInOne) {
  (void)device();
  Fail const pieces("cudaMalloc:1:2");
  auto const instance = grouped();
  EXPECT_EQ(instance->period(), 1U);
  EXPECT_EQ(figure(*instance, "operand_sets"), 1);
  for (int i = 0; i < 3; ++i) instance->launch();
  EXPECT_TRUE(instance->verify().ok());
}

// 1 MiB of matrices fit into 1 MiB and a little; the checks (64 KiB and more) do not.
TEST_F(Grouped, TheChecksMemoryIsCounted) {
  Environment const little{{"MUSTER_STANDIN_MEMORY", "1060000"}};
  EXPECT_THAT(message_of<OutOfMemory>([&] { grouped(); }),
              AllOf(HasSubstr("2 groups of fp32 products 256 x 256 need 0.00 GiB"), HasSubstr("use n <= 2")));
  Environment const enough{{"MUSTER_STANDIN_MEMORY", "1310720"}};
  notes_.clear();
  auto const instance = grouped();
  EXPECT_TRUE(instance->verify().ok());
  EXPECT_THAT(notes_, ElementsAre(HasSubstr("KiB of workspace instead of 32768")));
  EXPECT_THAT(message_of<OutOfMemory>([&] { grouped("cold"); }), HasSubstr("evicting the L2 cache"));
}

TEST_F(GemmTuning, GroupedProductsSayHowTheRowsAreSpread) {
  auto const instance =
      make("gemm/grouped", params_of("gemm/grouped", {{"groups", 3}, {"m", 96}, {"n", 16}, {"k", 24}}));
  EXPECT_EQ(instance->work().flops, 2ULL * 96 * 16 * 24);
  EXPECT_THAT(fact(*instance, "library"), HasSubstr("cublasGemmGroupedBatchedEx"));
  std::istringstream rows(fact(*instance, "rows_of_groups"));
  std::int64_t sum = 0, groups = 0;
  for (std::int64_t each = 0; rows >> each; ++groups) sum += each;
  EXPECT_EQ(groups, 3);
  EXPECT_EQ(sum, 96);
}

}  // namespace
}  // namespace muster::standin
