// The training step as a case on the cuda backend: with every kind of input, from a recording, with
// checkpoints; what a step with input costs in calls; and what it says of itself.
#include <gmock/gmock.h>

#include <set>

#include "tests/kernels/train_step_networks.hpp"
#include "tests/standin/support.hpp"

namespace muster::standin {
namespace {

using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Pair;

class TrainStep : public StandinTest {
 protected:
  std::unique_ptr<Instance> step(train::Network::Input input,
                                 std::vector<std::pair<std::string, Value>> const& values = {}) {
    auto network = train::test::every_kind();
    network.input = input;
    network.sample_bytes = input == train::Network::Input::tokens ? 3000 : 0;
    network.pictures = input == train::Network::Input::camera ? 3 : 1;
    network.size = 32;
    std::vector<std::pair<std::string, Value>> all{{"model", network.name},
                                                   {"network", train::to_text(network)},
                                                   {"bucket", std::int64_t{400}},
                                                   {"images", 14},
                                                   {"width", 96},
                                                   {"height", 64},
                                                   {"storage", "any"}};
    all.insert(all.end(), values.begin(), values.end());
    return make("train_step", params_of("train_step", all));
  }
  void run(Instance& instance, int launches) {
    instance.reset();
    for (int i = 0; i < launches; ++i) instance.launch();
    device().wait();
  }
  void expect_right(Instance& instance, std::string const& what) {
    auto const verdict = instance.verify();
    EXPECT_TRUE(verdict.ok()) << what << ": " << verdict.detail;
  }

  static constexpr train::Network::Input inputs[] = {
      train::Network::Input::none, train::Network::Input::tokens, train::Network::Input::pictures,
      train::Network::Input::camera};
};

TEST_F(TrainStep, IsRightBeforeAndAfterStepsWithEveryInputAndFromARecording) {
  for (auto const input : inputs) {
    for (std::string const graph : {"no_graph", "graph"}) {
      auto const instance = step(input, {{"graph", graph}, {"accumulate", 2}});
      auto const what = std::string(train::name(input)) + " " + graph;
      expect_right(*instance, what);
      run(*instance, 12);
      expect_right(*instance, what);
    }
  }
}

// Everything that allocates, frees, makes objects or waits for a stream would be a call of another name. The
// pipeline of pictures asks for its own events; tokens' thread sets its device, and asks for its own stream.
TEST_F(TrainStep, AStepWithInputAllocatesNothing) {
  for (auto const input : inputs) {
    auto const instance = step(input);
    expect_right(*instance, "before");
    run(*instance, 6);
    muster_standin_calls();
    for (int i = 0; i < 4; ++i) instance->launch();
    for (auto const& [function, times] : muster_standin_calls()) {
      EXPECT_THAT((std::set<std::string>{"cudaStreamWaitEvent", "cudaEventRecord", "cudaEventQuery",
                                         "cudaSetDevice", "cudaEventElapsedTime", "cudaMemcpyAsync",
                                         "cudaLaunchKernel", "cudaStreamQuery"}),
                  Contains(function))
          << times << " times with " << train::name(input);
      if (input == train::Network::Input::none) {
        EXPECT_NE(function, "cudaStreamQuery");
      }
    }
    device().wait();
  }
}

TEST_F(TrainStep, SaysWhereItsTimeGoes) {
  auto const instance = step(train::Network::Input::pictures);
  expect_right(*instance, "before");
  run(*instance, 12);
  ASSERT_TRUE(instance->bound());
  auto const figures = instance->figures();
  for (char const* name : {"part_input", "part_forward", "part_backward", "part_optimiser", "compute_alone",
                           "input_alone", "step_p50", "parts_of_sample", "samples_per_second"}) {
    EXPECT_THAT(figures, Contains(Field(&Figure::name, name))) << name;
  }
  auto const facts = instance->facts();
  EXPECT_THAT(facts, Contains(Pair("library", HasSubstr("cuBLASLt"))));
  EXPECT_THAT(facts, Contains(Pair("decoder", HasSubstr("nvJPEG"))));
  EXPECT_THAT(facts, Contains(Pair("decoder_why",
                                   HasSubstr("by the rate of whole steps that waited for their batches"))));
}

// The input's own thread is what takes longer, and so the step waits for its batch and for nothing else.
TEST_F(TrainStep, ASlowDecoderIsTimeThatTheStepWaitsForItsInput) {
  auto const instance = step(train::Network::Input::pictures, {{"decoder", "batched"}});
  expect_right(*instance, "before");
  Fail const slow("nvjpegDecodeBatched:*:delay=25");
  run(*instance, 8);
  ASSERT_TRUE(instance->bound());
  double input = 0, whole = 0;
  for (auto const& figure : instance->figures()) {
    if (figure.name == "part_input") input = figure.value;
    if (figure.name == "step_mean") whole = figure.value;
  }
  EXPECT_GT(input, 0.005);
  EXPECT_GT(input, 0.5 * whole);
}

TEST_F(TrainStep, WritesItsStateWhileItGoesOn) {
  for (std::string const mode : {"sync", "background"}) {
    auto const instance = step(train::Network::Input::none, {{"checkpoint", 2}, {"checkpoint_mode", mode}});
    expect_right(*instance, mode);
    run(*instance, 5);
    expect_right(*instance, mode);
  }
}

TEST_F(TrainStep, TooLittleMemoryIsSaidBeforeAnythingIsMade) {
  (void)device();
  Environment const little{{"MUSTER_STANDIN_MEMORY", "4000"}};
  EXPECT_THAT(message_of<OutOfMemory>([&] { (void)step(train::Network::Input::none); }),
              HasSubstr("a step of small needs"));
}

}  // namespace
}  // namespace muster::standin
