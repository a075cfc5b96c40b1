// Copies between host and GPU and between GPUs, and the training kernels, when something goes wrong; and the
// memory workloads' own facts.
#include <gmock/gmock.h>

#include "tests/standin/support.hpp"

namespace muster::standin {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class MemoryCases : public StandinTest {
 protected:
  std::unique_ptr<Instance> transfer(std::string direction, std::string memory) {
    return make("memory/transfer", params_of("memory/transfer", {{"direction", std::move(direction)},
                                                                 {"memory", std::move(memory)},
                                                                 {"bytes", std::int64_t{1} << 16}}));
  }
  std::unique_ptr<Instance> peer(std::string engine, std::string direction) {
    return make("memory/peer", params_of("memory/peer", {{"engine", std::move(engine)},
                                                         {"direction", std::move(direction)},
                                                         {"bytes", std::int64_t{1} << 16}}));
  }
  // Right; then wrong after a launch with `rules` in force; then right again.
  static void expect_caught(Instance& instance, char const* rules, char const* detail) {
    ASSERT_TRUE(instance.verify().ok());
    {
      Fail const fault(rules);
      instance.launch();
      auto const verdict = instance.verify();
      EXPECT_FALSE(verdict.ok()) << rules;
      EXPECT_THAT(verdict.detail, HasSubstr(detail));
    }
    EXPECT_TRUE(instance.verify().ok());
  }
};

// ---- host and GPU ----

TEST_F(MemoryCases, TransferIsRightInEveryDirectionFromEveryMemory) {
  for (auto const* direction : {"h2d", "d2h", "both"}) {
    for (auto const* memory : {"pinned", "pageable"}) {
      auto const instance = transfer(direction, memory);
      for (int round = 0; round < 2; ++round) {
        EXPECT_TRUE(instance->verify().ok()) << direction << memory;
        for (int i = 0; i < 3; ++i) instance->launch();
      }
      EXPECT_TRUE(instance->verify().ok());
      EXPECT_EQ(instance->work().bytes, std::string(direction) == "both" ? 131072U : 65536U);
    }
  }
}

// Status 0 in place of the call: it does nothing and says that it did.
TEST_F(MemoryCases, ACopyThatIsNotMadeIsCaughtWithItsDirection) {
  expect_caught(*transfer("h2d", "pinned"), "cudaMemcpyAsync:1:0", "host to device: ");
  expect_caught(*transfer("d2h", "pinned"), "cudaMemcpyAsync:1:0", "device to host: ");
  expect_caught(*transfer("both", "pinned"), "cudaMemcpyAsync:1:0", "host to device: ");
  expect_caught(*transfer("both", "pinned"), "cudaMemcpyAsync:2:0", "device to host: ");
}

TEST_F(MemoryCases, TheBoundIsPciExpressInEachDirection) {
  auto const one = transfer("h2d", "pinned")->bound(), both = transfer("both", "pinned")->bound();
  ASSERT_TRUE(one && both);
  EXPECT_EQ(one->name, "pcie_per_direction");
  EXPECT_DOUBLE_EQ(both->value, 2 * one->value);
}

TEST_F(MemoryCases, MemoryThatCannotBePinnedIsOutOfMemory) {
  Fail const refused("cudaHostRegister:1:2");
  EXPECT_THAT(message_of<OutOfMemory>([&] { transfer("h2d", "pinned"); }),
              AllOf(HasSubstr("cannot be page-locked"), HasSubstr("ulimit -l")));
}

TEST_F(MemoryCases, ATransferThatDoesNotFitSaysWhatDoes) {
  Environment const small{{"MUSTER_STANDIN_MEMORY", "1048576"}};
  auto const large = params_of("memory/transfer", {{"bytes", std::int64_t{1} << 30}});
  EXPECT_THAT(message_of<OutOfMemory>([&] { make("memory/transfer", large); }),
              HasSubstr("use bytes <= 1048576"));
}

// ---- GPU and GPU ----

TEST_F(MemoryCases, EveryPairHasItsFigureWithEitherEngineInEitherDirection) {
  Environment const three{{"MUSTER_STANDIN_GPUS", "3"}};
  for (auto const* engine : {"copy_engine", "kernel"}) {
    for (auto const* direction : {"write", "read"}) {
      auto const instance = peer(engine, direction);
      EXPECT_TRUE(instance->verify().ok()) << engine << direction;
      for (int i = 0; i < 3; ++i) instance->launch();
      EXPECT_TRUE(instance->verify().ok()) << engine << direction;
      std::vector<std::string> names;
      for (auto const& figure : instance->figures()) {
        names.push_back(figure.name);
        EXPECT_GT(figure.value, 0);
      }
      EXPECT_THAT(names, testing::ElementsAre("0->1", "0->2", "1->0", "1->2", "2->0", "2->1"));
    }
  }
}

TEST_F(MemoryCases, APeerCopyThatIsNotMadeIsCaughtWithItsPair) {
  expect_caught(*peer("copy_engine", "write"), "cudaMemcpyPeerAsync:1:0", "GPU ");
  expect_caught(*peer("kernel", "read"), "memory_copy_fp64:1:wrong", "GPU ");
}

TEST_F(MemoryCases, ACopyOverAnyPairThatIsNotMadeIsCaught) {
  auto const instance = peer("copy_engine", "write");
  Fail const fault("cudaMemcpyPeerAsync:2:0");  // the second pair of the check
  auto const verdict = instance->verify();
  EXPECT_FALSE(verdict.ok());
  EXPECT_THAT(verdict.detail, StartsWith("GPU 1 -> GPU 0: "));
}

// One copy to warm up and three timed for each pair, 0->1 first: from the fifth on they are slow.
TEST_F(MemoryCases, TheSlowestPairIsTheOneThatIsSampled) {
  Fail const slow("cudaMemcpyPeerAsync:5+:delay=20");
  auto const facts = peer("copy_engine", "write")->facts();
  EXPECT_THAT(facts, testing::Contains(testing::Pair("pairs without peer access", "none")));
  EXPECT_THAT(facts, testing::Contains(testing::Pair("slowest pair", "1->0")));
}

TEST_F(MemoryCases, OneGpuHasNoPair) {
  Environment const one{{"MUSTER_STANDIN_GPUS", "1"}};
  EXPECT_THAT(message_of<Unsupported>([&] { peer("copy_engine", "write"); }),
              StartsWith("only one GPU is visible"));
}

TEST_F(MemoryCases, WithoutPeerAccessCopyEnginesGoRoundAndKernelsCannot) {
  Environment const none{{"MUSTER_STANDIN_PEERS", "none"}};
  auto const instance = peer("copy_engine", "write");
  EXPECT_TRUE(instance->verify().ok());
  EXPECT_THAT(instance->facts(), testing::Contains(testing::Pair("pairs without peer access", "0->1 1->0")));
  EXPECT_THAT(message_of<Unsupported>([&] { peer("kernel", "write"); }),
              StartsWith("no GPU can reach another's memory"));
}

// ---- training kernels ----

TEST_F(MemoryCases, ATrainingKernelThatWritesNothingIsCaught) {
  auto const of = [&](char const* workload, std::vector<std::pair<std::string, Value>> const& sizes) {
    return make(workload, params_of(workload, sizes));
  };
  auto const norm = of("training/layer_norm", {{"rows", std::int64_t{9}}, {"columns", std::int64_t{64}}});
  expect_caught(*norm, "training_layer_norm:*:wrong", "the sum are wrong");
  auto const loss =
      of("training/cross_entropy", {{"tokens", std::int64_t{9}}, {"vocabulary", std::int64_t{64}}});
  expect_caught(*loss, "training_cross_entropy:*:wrong", "the gradient are wrong");
  auto const adamw = of("training/adamw", {{"count", std::int64_t{4096}}});
  ASSERT_TRUE(adamw->verify().ok());
  Fail const fault("training_adamw:2:wrong");  // one step of three is lost, for good
  for (int i = 0; i < 3; ++i) adamw->launch();
  EXPECT_THAT(adamw->verify().detail, HasSubstr("are wrong, the first is "));
}

TEST_F(MemoryCases, AWrongSumOfWhatWasReadIsCaught) {
  auto const read = make("memory", params_of("memory", {{"op", "read"}, {"bytes", std::int64_t{1} << 16}}));
  expect_caught(*read, "memory_read:*:wrong", "the sum of what was read is ");
}

}  // namespace
}  // namespace muster::standin
