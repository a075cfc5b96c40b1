// The gemm workload on the stand-in GPU: types, layouts, turns of operand sets, recordings; and faults
// between checks.
#include <gmock/gmock.h>

#include <algorithm>

#include "tests/standin/support.hpp"

namespace muster::standin {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

using Values = std::vector<std::pair<std::string, Value>>;

class GemmCases : public StandinTest {
 protected:
  std::unique_ptr<Instance> gemm(Values values) {
    for (auto const* size : {"m", "n", "k"}) {
      if (std::ranges::none_of(values, [&](auto const& value) { return value.first == size; }))
        values.emplace_back(size, std::int64_t{48});
    }
    return make("gemm", params_of("gemm", values));
  }
  static double figure(Instance& instance, std::string const& name) {
    auto const figures = instance.figures();
    auto const found = std::ranges::find(figures, name, &Figure::name);
    return found == figures.end() ? -1 : found->value;
  }
  void sample(Instance& instance, int launches = 1) {
    instance.reset();
    for (int i = 0; i < launches; ++i) instance.launch();
  }
};

TEST_F(GemmCases, AreRightInEveryLayoutAndBatch) {
  for (std::string const type : {"fp64", "fp32", "tf32", "fp16", "bf16"}) {
    for (std::string const layout : {"nn", "nt", "tn", "tt"}) {
      for (std::int64_t const batch : {1, 3}) {
        auto const verdict =
            gemm({{"type", type}, {"layout", layout}, {"batch", batch}, {"n", std::int64_t{35}}})->verify();
        EXPECT_TRUE(verdict.ok()) << type << " " << layout << " " << batch << ": " << verdict.detail;
      }
    }
  }
}

TEST_F(GemmCases, AreRightWithEveryDistributionAndStamped) {
  for (std::string const type : {"bf16", "int8"}) {
    for (std::string const dist : {"uniform", "integers", "constant", "zeros"}) {
      notes_.clear();
      auto const verdict = gemm({{"type", type}, {"dist", dist}})->verify();
      EXPECT_TRUE(verdict.ok()) << type << " " << dist << ": " << verdict.detail;
      EXPECT_THAT(notes_, testing::Contains(HasSubstr("'" + dist + "' (dist)"))) << type;
    }
  }
}

TEST_F(GemmCases, OfFp8NeedAGpuThatHasIt) {
  EXPECT_THAT(message_of<Unsupported>([&] {
                gemm({{"type", "fp8_e4m3"}});
              }),
              AllOf(HasSubstr("no fp8_e4m3 GEMM"), HasSubstr("8.0"), HasSubstr("use type bf16 or int8")));
  Environment const hopper{{"MUSTER_STANDIN_CAPABILITY", "9.0"}};
  for (std::string const type : {"fp8_e4m3", "fp8_e5m2"}) {
    auto const verdict = gemm({{"type", type}})->verify();
    EXPECT_TRUE(verdict.ok()) << type << ": " << verdict.detail;
  }
}

TEST_F(GemmCases, OfTheTensorCoresTypesNeedAnAmpere) {
  Environment const turing{{"MUSTER_STANDIN_CAPABILITY", "7.5"}};
  EXPECT_THAT(message_of<Unsupported>([&] { gemm({{"type", "bf16"}}); }), HasSubstr("use type fp16"));
  EXPECT_TRUE(gemm({{"type", "int8"}})->verify().ok());
}

TEST_F(GemmCases, SixteenBitsAreCheckedThroughTheSameProductInFp32) {
  EXPECT_THAT(gemm({{"type", "bf16"}})->verify().method, HasSubstr("with fp32 output"));
  EXPECT_THAT(gemm({{"type", "fp32"}})->verify().method, Not(HasSubstr("with fp32 output")));
}

// 512 x 512 in bf16: 512 KiB each of A, B and D; the whole takes 1.5 MiB and the check 20 KiB, fp32 output 1
// MiB; evicting the caches takes 8 MiB first.
TEST_F(GemmCases, WithoutMemoryForFp32OutputTheyAreCheckedAsTheyAreAndSaySo) {
  Environment const little{{"MUSTER_STANDIN_MEMORY", "10788608"}};
  auto const verdict = gemm({{"type", "bf16"},
                             {"m", std::int64_t{512}},
                             {"n", std::int64_t{512}},
                             {"k", std::int64_t{512}},
                             {"regime", "cold"}})
                           ->verify();
  EXPECT_TRUE(verdict.ok()) << verdict.detail;
  EXPECT_THAT(verdict.method, HasSubstr("no memory for fp32 output"));
}

TEST_F(GemmCases, OperandSetsTakeTurnsPastTheCache) {
  auto const small = gemm({{"type", "fp32"}});
  EXPECT_EQ(small->period(), 64U);
  EXPECT_EQ(figure(*small, "operand_sets"), 64);
  auto const cold = gemm({{"type", "fp32"}, {"regime", "cold"}});
  EXPECT_EQ(cold->period(), 1U);
  std::int64_t const side = 1024;  // 12 MiB a set: two are past four times the cache of 4 MiB
  EXPECT_EQ(gemm({{"type", "fp32"}, {"m", side}, {"n", side}, {"k", side}})->period(), 2U);
}

TEST_F(GemmCases, ThatFitOnceAreNotRefusedForTheSakeOfMoreSets) {
  Environment const little{{"MUSTER_STANDIN_MEMORY", "4194304"}};
  std::int64_t const side = 512;  // 3 MiB
  auto const instance = gemm({{"type", "fp32"}, {"m", side}, {"n", side}, {"k", side}});
  EXPECT_EQ(instance->period(), 1U);
  EXPECT_TRUE(instance->verify().ok());
}

TEST_F(GemmCases, ThatDoNotFitSayWhatIsNeededAndWhatFits) {
  Environment const little{{"MUSTER_STANDIN_MEMORY", "4194304"}};
  std::int64_t const side = 1024;
  EXPECT_THAT(message_of<OutOfMemory>([&] {
                gemm({{"type", "fp32"}, {"m", side}, {"n", side}, {"k", side}});
              }),
              AllOf(HasSubstr("fp32 of 1024 x 1024 x 1024"), HasSubstr("needs 0.01 GiB"),
                    HasSubstr("use m = n = k <= 512")));
}

// Of 10 MiB evicting takes 8: what is left holds 3 MiB no more, though they are free before.
TEST_F(GemmCases, OfRegimeColdLeaveRoomForEvictingAndSayWhatFits) {
  Environment const little{{"MUSTER_STANDIN_MEMORY", "10485760"}};
  std::int64_t const side = 512;
  Values values{{"type", "fp32"}, {"m", side}, {"n", side}, {"k", side}};
  EXPECT_TRUE(gemm(values)->verify().ok());
  values.emplace_back("regime", "cold");
  EXPECT_THAT(
      message_of<OutOfMemory>([&] { gemm(values); }),
      AllOf(HasSubstr("fp32 of 512 x 512 x 512, layout nt needs"), HasSubstr("use m = n = k <= 256")));
}

TEST_F(GemmCases, ResultsOfEverySampleAndSetAreCompared) {
  auto const instance = gemm({{"type", "bf16"}});
  ASSERT_TRUE(instance->verify().ok());
  for (int i = 0; i < 3; ++i) sample(*instance, 64);
  ASSERT_TRUE(instance->verify().ok());
  EXPECT_EQ(figure(*instance, "results_compared"), 1 + 3 * 64);
}

// One launch of many goes wrong in one sample of many; the last results are right again.
TEST_F(GemmCases, AWrongResultInOneSampleIsCaughtAndNamed) {
  for (std::string const type : {"fp64", "fp32", "tf32", "fp16", "bf16", "int8"}) {
    auto const instance = gemm({{"type", type}});
    ASSERT_TRUE(instance->verify().ok());
    sample(*instance, 5);
    instance->reset();
    {
      Fail const fault("cublasLtMatmul:3:wrong");
      for (int i = 0; i < 5; ++i) instance->launch();
      device().wait();
    }
    sample(*instance, 5);
    auto const verdict = instance->verify();
    EXPECT_FALSE(verdict.ok()) << type;
    EXPECT_THAT(verdict.detail, HasSubstr("bitwise checksum differs in 1 of 15 results, first in sample 2"))
        << type;
    EXPECT_FALSE(instance->fingerprint());
    sample(*instance);
    EXPECT_TRUE(instance->verify().ok()) << "once caught it is forgotten";
  }
}

TEST_F(GemmCases, AnAlgorithmThatIsAlwaysWrongIsCaughtBeforeAnySample) {
  Fail const fault("cublasLtMatmul:*:wrong");
  auto const verdict = gemm({{"type", "fp32"}})->verify();
  EXPECT_FALSE(verdict.ok());
  EXPECT_FALSE(verdict.detail.empty());
}

TEST_F(GemmCases, RecordedLaunchesAreComparedToo) {
  auto const instance = gemm({{"type", "bf16"}});
  ASSERT_TRUE(instance->verify().ok());
  ASSERT_TRUE(instance->recordable());
  auto const recording = device().record([&] {
    for (std::uint64_t i = 0; i < instance->period(); ++i) instance->launch();
  });
  for (int i = 0; i < 4; ++i) {
    instance->reset();
    recording->launch();
  }
  auto const verdict = instance->verify();
  EXPECT_TRUE(verdict.ok()) << verdict.detail;
  EXPECT_EQ(figure(*instance, "results_compared"), 1 + 4 * 64);
}

TEST_F(GemmCases, ARecordingThatWritesNothingIsCaught) {
  auto const instance = gemm({{"type", "bf16"}});
  ASSERT_TRUE(instance->verify().ok());
  (void)device().record([&] { instance->launch(); });
  for (int i = 0; i < 4; ++i) instance->reset();  // and nobody repeats it
  auto const verdict = instance->verify();
  EXPECT_FALSE(verdict.ok());
  EXPECT_THAT(verdict.detail, HasSubstr("recorded launches have written no result"));
}

TEST_F(GemmCases, FingerprintsOfTwoInstancesAgreeAndSayWhatMadeThem) {
  auto const first = gemm({{"type", "bf16"}}), second = gemm({{"type", "bf16"}, {"regime", "cold"}});
  EXPECT_FALSE(first->fingerprint());
  ASSERT_TRUE(first->verify().ok());
  ASSERT_TRUE(second->verify().ok());
  ASSERT_TRUE(first->fingerprint() && second->fingerprint());
  EXPECT_EQ(first->fingerprint()->value, second->fingerprint()->value);
  EXPECT_EQ(first->fingerprint()->made_by, second->fingerprint()->made_by);
  EXPECT_THAT(first->fingerprint()->made_by, AllOf(HasSubstr("Stand-in GPU"), HasSubstr("cuBLASLt")));
  sample(*first, 3);
  auto const before = first->fingerprint()->value;
  ASSERT_TRUE(first->verify().ok());
  EXPECT_EQ(first->fingerprint()->value, before);
}

TEST_F(GemmCases, BoundOfFp8IsThePeakOfFp8) {
  Environment const hopper{{"MUSTER_STANDIN_CAPABILITY", "9.0"}};
  auto const bound = gemm({{"type", "fp8_e5m2"}})->bound();
  auto const peak = device().peak_flops("fp8");
  ASSERT_EQ(bound.has_value(), peak.has_value());
  if (bound) {
    EXPECT_EQ(bound->value, peak->value);
  }
}

}  // namespace
}  // namespace muster::standin
