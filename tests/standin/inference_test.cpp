// A forward pass alone on a GPU: right, recorded or not, in little memory.
#include <map>

#include "kernels/contract/network.hpp"
#include "tests/standin/support.hpp"

namespace muster::standin {
namespace {

train::Network some_network() {
  train::Network network{.name = "small", .samples = 2, .other_parameters = 40, .blocks = {}};
  network.blocks = {{"all",
                     1,
                     {{.name = "first", .rows = 12, .outputs = 16, .inputs = 24},
                      {.name = "scores",
                       .rows = 6,
                       .outputs = 6,
                       .inputs = 8,
                       .batch = 4,
                       .weights = false,
                       .more_products = true},
                      {.name = "odd", .rows = 10, .outputs = 7, .inputs = 9},
                      {.name = "last", .rows = 4, .outputs = 11, .inputs = 13}}}};
  return network;
}

class InferenceTest : public StandinTest {
 protected:
  std::unique_ptr<Instance> pass(std::string const& type, std::string const& graph) {
    return make("inference", params_of("inference", {{"model", "small"},
                                                     {"network", to_text(some_network())},
                                                     {"batch", std::int64_t{4}},
                                                     {"type", type},
                                                     {"graph", graph}}));
  }
};

TEST_F(InferenceTest, EveryKindOfPassIsRight) {
  for (auto const* type : {"bf16", "fp32"}) {
    for (auto const* graph : {"no_graph", "graph"}) {
      auto const instance = pass(type, graph);
      auto const before = instance->verify();
      EXPECT_TRUE(before.ok()) << type << ' ' << graph << ": " << before.detail;
      for (int i = 0; i < 20; ++i) instance->launch();
      auto const after = instance->verify();
      EXPECT_TRUE(after.ok()) << type << ' ' << graph << ": " << after.detail;
      EXPECT_EQ(instance->work().items, 4);
    }
  }
}

TEST_F(InferenceTest, RecordedPassesHaveTheSameBits) {
  auto const plain = pass("bf16", "no_graph"), recorded = pass("bf16", "graph");
  EXPECT_TRUE(plain->verify().ok());
  EXPECT_TRUE(recorded->verify().ok());
  EXPECT_EQ(plain->fingerprint().value().value, recorded->fingerprint().value().value);
}

TEST_F(InferenceTest, FiguresAreOfPassesThatWereMade) {
  auto const instance = pass("fp32", "graph");
  EXPECT_TRUE(instance->verify().ok());
  instance->launch();
  std::map<std::string, double> values;
  for (auto const& figure : instance->figures()) values[figure.name] = figure.value;
  EXPECT_GE(values.at("latency_passes"), 3);
  EXPECT_LE(values.at("latency_p50"), values.at("latency_max"));
  EXPECT_EQ(values.at("batch"), 4);
}

}  // namespace
}  // namespace muster::standin
