// The training step's machine on a GPU: right by the check that every backend has to pass, on one rank and on
// several; what a step costs in calls; steps that are recorded; and faults that have to be seen.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <thread>

#include "kernels/train_step/checkpoint.hpp"
#include "kernels/train_step/cuda_machine_cuda.hpp"
#include "kernels/train_step/step_check.hpp"
#include "kernels/train_step/step_load_cuda.hpp"
#include "kernels/train_step/step_replay.hpp"
#include "kernels/train_step/step_runner.hpp"
#include "tests/standin/process_group.hpp"
#include "tests/standin/support.hpp"

namespace muster::standin {
namespace {

using namespace train;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;
using train::cuda::CudaMachine;
using train::cuda::FixedInput;
using train::cuda::step_communicators;
using train::cuda::StepLoad;

/// Sizes that do and do not make 16 bytes, attention with several products, more inputs than outputs before
/// and fewer, buckets of one layer and of several.
train::Network small_network(int tensor_parallel) {
  bool const shared = tensor_parallel > 1;
  train::Network network{.name = "small",
                         .samples = 2,
                         .other_parameters = 40,
                         .tensor_parallel = tensor_parallel,
                         .blocks = {}};
  network.blocks = {
      {"stem", 1, {{.name = "first", .rows = 12, .outputs = 16, .inputs = 24}}},
      {"body",
       2,
       {{.name = "wide",
         .rows = 12,
         .outputs = 24,
         .inputs = 16,
         .sum_outputs = shared,
         .sum_gradients = shared},
        {.name = "scores",
         .rows = 6,
         .outputs = 6,
         .inputs = 8,
         .batch = 4,
         .weights = false,
         .more_products = true},
        {.name = "odd", .rows = 10, .outputs = 7, .inputs = 9, .sum_outputs = shared}}},
      {"head", 1, {{.name = "last", .rows = 4, .outputs = 11, .inputs = 13, .sum_gradients = shared}}}};
  return network;
}

struct Setting {
  Type type = Type::bf16;
  bool graph = false, overlap = true, embedding = true;
  int accumulate = 1, tensor_parallel = 1, channels = 0;
  bool pictures = false;
};

StepPlan plan_of(Setting const& setting) {
  auto network = small_network(setting.tensor_parallel);
  if (!setting.embedding) network.other_parameters = 0;
  if (setting.pictures) network.input = train::Network::Input::pictures;
  return plan_step(network, {.type = setting.type,
                             .accumulate = setting.accumulate,
                             .bucket_bytes = 600,
                             .overlap = setting.overlap,
                             .input = !setting.pictures,
                             .graph = setting.graph,
                             .channels = setting.channels});
}

std::string said(Verdict const& verdict) { return verdict.ok() ? "ok" : verdict.detail; }

class StepMachineTest : public StandinTest {
 protected:
  /// A machine with one batch as its input.
  struct Bench {
    Bench(Setting const& setting, Context& context)
        : plan(plan_of(setting)),
          marks(plan),
          input(plan, context),
          machine(plan, input, step_communicators(plan, context), context) {}
    void step() {
      enqueue_step(plan, marks, {}, machine);
      while (machine.take_times(times)) taken.push_back(times);
    }
    void steps(int count) {
      for (int i = 0; i < count; ++i) {
        step();
        if (i % 4 == 3) machine.settle();  // as whoever wants every step's times has to
      }
      machine.settle();
      while (machine.take_times(times)) taken.push_back(times);
    }
    StepPlan plan;
    StepMarks marks;
    FixedInput input;
    CudaMachine machine;
    std::vector<double> times = std::vector<double>(static_cast<std::size_t>(marks.count()));
    std::vector<std::vector<double>> taken{};
  };

  std::string checked(Setting const& setting) {
    Bench bench(setting, context());
    auto const before = said(check_step(bench.plan, bench.marks, bench.machine, *group_, context().seed));
    bench.steps(3);
    auto const after = said(check_step(bench.plan, bench.marks, bench.machine, *group_, context().seed));
    return before == "ok" ? after : before;
  }
};

TEST_F(StepMachineTest, ComputesTheNetworkThatItIsSupposedTo) {
  for (auto const type : {Type::bf16, Type::fp32}) {
    for (bool const embedding : {true, false}) {
      Setting const setting{.type = type, .embedding = embedding, .accumulate = embedding ? 3 : 1};
      EXPECT_EQ(checked(setting), "ok") << static_cast<int>(type) << " " << embedding;
    }
  }
}

TEST_F(StepMachineTest, MakesNoGradientOfPictures) {
  for (auto const type : {Type::bf16, Type::fp32}) {
    Setting const setting{.type = type, .accumulate = 2, .pictures = true};
    EXPECT_EQ(checked(setting), "ok");
    Bench bench(setting, context());
    bench.steps(1);
    muster_standin_calls();
    bench.steps(1);
    auto const of_pictures = muster_standin_calls().at("cudaLaunchKernel");
    Bench words({.type = type, .accumulate = 2}, context());
    words.steps(1);
    muster_standin_calls();
    words.steps(1);
    EXPECT_EQ(muster_standin_calls().at("cudaLaunchKernel") - of_pictures, 2 * 2)
        << "the sums of the embedding's gradient, a micro-batch each";
  }
}

// What a recording leaves out of a step shows when it is repeated.
TEST_F(StepMachineTest, TheCheckOfRecordedStepsRepeatsARecording) {
  Bench bench({.graph = true}, context());
  muster_standin_calls();
  auto const findings = check_schedule(bench.plan, bench.marks, bench.machine, context().seed);
  auto const calls = muster_standin_calls();
  EXPECT_LE(findings.ratio(), 1);
  EXPECT_GT(calls.at("cudaGraphLaunch"), calls.at("cudaGraphInstantiate"));
}

TEST_F(StepMachineTest, ComputesTheSameFromARecording) {
  for (auto const type : {Type::bf16, Type::fp32}) {
    std::set<std::uint64_t> hashes;
    for (bool const graph : {false, true}) {
      Bench bench({.type = type, .graph = graph, .accumulate = 2}, context());
      EXPECT_EQ(said(check_step(bench.plan, bench.marks, bench.machine, *group_, context().seed)), "ok");
      bench.steps(20);
      EXPECT_EQ(bench.machine.updates(), 20U);
      hashes.insert(bench.machine.weights_hash());
    }
    EXPECT_EQ(hashes.size(), 1U);
  }
}

// Everything that allocates, frees, makes objects or waits for a stream would be a call of another name.
TEST_F(StepMachineTest, AStepAllocatesNothingAndWaitsForNothing) {
  for (bool const graph : {false, true}) {
    Bench bench({.graph = graph, .accumulate = 2}, context());
    bench.steps(20);
    muster_standin_calls();
    for (int i = 0; i < 6; ++i) enqueue_step(bench.plan, bench.marks, {}, bench.machine);
    auto const calls = muster_standin_calls();
    std::set<std::string> allowed{"cudaLaunchKernel", "cudaEventRecord", "cudaMemcpyAsync"};
    allowed.insert(graph ? "cudaGraphLaunch" : "cudaStreamWaitEvent");
    for (auto const& [function, times] : calls)
      EXPECT_THAT(allowed, ::testing::Contains(function)) << times << " times";
    if (graph) {
      EXPECT_EQ(calls.at("cudaGraphLaunch"), 6 * 2) << "one for each micro-batch";
      EXPECT_EQ(calls.at("cudaMemcpyAsync"), 6 * 2) << "each one's batch";
      EXPECT_FALSE(calls.contains("cudaLaunchKernel"));
    }
    bench.machine.settle();
  }
}

TEST_F(StepMachineTest, TakingTimesWaitsForNothing) {
  Bench bench({}, context());
  bench.steps(2);
  muster_standin_calls();
  for (int i = 0; i < 4; ++i) bench.step();
  for (auto const& [function, times] : muster_standin_calls()) {
    EXPECT_THAT((std::set<std::string>{"cudaLaunchKernel", "cudaEventRecord", "cudaStreamWaitEvent",
                                       "cudaEventQuery", "cudaEventElapsedTime"}),
                ::testing::Contains(function))
        << times << " times";
  }
  bench.machine.settle();
}

TEST_F(StepMachineTest, EveryStepsMarksComeOnceInOrderOnOneClock) {
  for (bool const graph : {false, true}) {
    Bench bench({.graph = graph, .accumulate = 2}, context());
    bench.steps(24);
    ASSERT_EQ(bench.taken.size(), 24U);
    double last = -1;
    for (auto const& times : bench.taken) {
      auto const at = [&](int mark) { return times[static_cast<std::size_t>(mark)]; };
      EXPECT_GE(at(bench.marks.begin(0)), last);
      for (int micro = 0; micro < 2; ++micro) {
        EXPECT_GE(at(bench.marks.batch_taken(micro)), at(bench.marks.begin(micro)));
        EXPECT_GT(at(bench.marks.forward_end(micro)), at(bench.marks.batch_taken(micro)));
        EXPECT_GT(at(bench.marks.backward_end(micro)), at(bench.marks.forward_end(micro)));
      }
      EXPECT_GT(at(bench.marks.begin(1)), 0);
      EXPECT_GT(at(bench.marks.end()), at(bench.marks.backward_end(1)));
      EXPECT_EQ(at(bench.marks.reduce_begin(0)), -1) << "one rank sums nothing";
      EXPECT_EQ(at(bench.marks.checkpoint_begin()), -1);
      last = at(bench.marks.end());
    }
  }
}

// Nobody waits: the marks of steps that are not taken in time are lost, the oldest first.
TEST_F(StepMachineTest, OnlyTheLastStepsTimesAreKept) {
  Bench bench({}, context());
  for (int i = 0; i < 12; ++i) enqueue_step(bench.plan, bench.marks, {}, bench.machine);
  bench.machine.settle();
  std::size_t kept = 0;
  while (bench.machine.take_times(bench.times)) ++kept;
  EXPECT_EQ(kept, kept_steps);
}

TEST_F(StepMachineTest, AStepUnderWayIsNotHandedOut) {
  Bench bench({}, context());
  bench.steps(1);
  {
    Fail const slow("train_loss_bf16:1:delay=150");
    enqueue_step(bench.plan, bench.marks, {}, bench.machine);
    EXPECT_FALSE(bench.machine.take_times(bench.times));
  }
  bench.machine.settle();
  EXPECT_TRUE(bench.machine.take_times(bench.times));
  auto const at = [&](int mark) { return bench.times[static_cast<std::size_t>(mark)]; };
  EXPECT_GE(at(bench.marks.backward_end(0)) - at(bench.marks.batch_taken(0)), 0.15);
  EXPECT_LT(at(bench.marks.batch_taken(0)) - at(bench.marks.begin(0)), 0.1);
}

TEST_F(StepMachineTest, TheStateIsCopiedAsItIsWhenTheLaneGetsThere) {
  Bench bench({}, context());
  auto const bytes = state_bytes(bench.plan);
  auto const memory = bench.machine.state_memory(bytes);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory.get()) % 4096, 0U);
  bench.steps(2);
  auto const hash = bench.machine.weights_hash();
  std::vector<std::uint64_t> const places{0, 5, bench.plan.parameters - 1};
  auto const weights = bench.machine.read(Array::weight, 0, places);
  auto const second = bench.machine.read(Array::second_moment, 0, places);
  bench.machine.copy_state(0, bytes, memory.get());
  std::thread([&] { bench.machine.await_copy(); }).join();
  bench.steps(1);
  EXPECT_NE(bench.machine.weights_hash(), hash);
  auto const* const state = reinterpret_cast<float const*>(memory.get());
  for (std::size_t i = 0; i < places.size(); ++i) {
    EXPECT_EQ(static_cast<double>(state[places[i]]), weights[i]);
    EXPECT_EQ(static_cast<double>(state[2 * bench.plan.parameters + places[i]]), second[i]);
  }
}

TEST_F(StepMachineTest, BatchesOfVerificationAndOfRecordingsAreAllocatedWithTheRest) {
  for (bool const graph : {false, true}) {
    Bench bench({.graph = graph}, context());
    Fail const full("cudaMalloc:*:2");
    bench.machine.take_batch();  // with graphs it is kept
    bench.machine.use_fixed_batch(true);
    bench.machine.take_batch();
    EXPECT_THROW(muster::cuda::DeviceBuffer(64, "a test"), OutOfMemory);
  }
}

TEST_F(StepMachineTest, TakesNoMoreMemoryThanIsAskedForBefore) {
  for (bool const graph : {false, true}) {
    auto const plan = plan_step(small_network(1), {.samples = 4000, .graph = graph});
    FixedInput input(plan, context());
    auto const communicators = step_communicators(plan, context());
    auto const before = context().device.free_memory();
    CudaMachine machine(plan, input, communicators, context());
    StepMarks const marks(plan);
    enqueue_step(plan, marks, {}, machine);
    machine.settle();
    auto const taken = before - context().device.free_memory();
    auto const counted =
        memory_of(plan).sum() + train::cuda::memory_beside(plan, context().device.info().units);
    constexpr std::uint64_t rounding = 64 << 10;  // padding of a few hundred bytes each
    EXPECT_LE(taken, counted + rounding) << graph;
    EXPECT_GE(taken + rounding, counted) << graph;
  }
}

TEST_F(StepMachineTest, RestartIsTheBeginning) {
  Bench bench({}, context());
  auto const first = bench.machine.weights_hash();
  bench.steps(2);
  EXPECT_NE(bench.machine.weights_hash(), first);
  bench.machine.restart();
  EXPECT_EQ(bench.machine.weights_hash(), first);
  EXPECT_EQ(bench.machine.updates(), 0U);
}

// Each kernel and product that does not do its work is seen, whichever it is.
TEST_F(StepMachineTest, AnyPieceThatGoesWrongIsSeen) {
  for (auto const* fault :
       {"train_embed_bf16:*:wrong", "train_gather_bf16:*:wrong", "train_adjoint_bf16:*:wrong",
        "train_sum_slices_bf16:*:wrong", "train_close_slices_bf16:*:wrong", "train_loss_bf16:*:wrong",
        "train_adamw_bf16:*:wrong", "train_next_update:*:wrong", "cublasLtMatmul:*:wrong",
        "train_fill_weights:*:wrong"}) {
    Bench bench({}, context());
    Fail const wrong(fault);
    EXPECT_NE(said(check_step(bench.plan, bench.marks, bench.machine, *group_, context().seed)), "ok")
        << fault;
  }
}

TEST_F(StepMachineTest, WhatCannotBeHadIsSaidAndLeavesNothing) {
  auto const plan = plan_of({});
  FixedInput input(plan, context());
  {
    Fail const fault("cublasLtMatmulAlgoGetHeuristic:5:15");
    EXPECT_THAT(message_of<Unsupported>(
                    [&] { CudaMachine(plan, input, step_communicators(plan, context()), context()); }),
                AllOf(HasSubstr("the weights' gradient of layer wide, "), HasSubstr("leave the case out")));
  }
  {
    Fail const fault("cudaMalloc:4:2");
    EXPECT_THAT(message_of<OutOfMemory>(
                    [&] { CudaMachine(plan, input, step_communicators(plan, context()), context()); }),
                HasSubstr("no device memory for"));
  }
  {
    Fail const fault("train_fill_weights:1:700");
    EXPECT_THROW(CudaMachine(plan, input, step_communicators(plan, context()), context()), DeviceError);
  }
  context().device.wait();  // asks nobody who is gone
  CudaMachine machine(plan, input, step_communicators(plan, context()), context());
  Fail const fault("train_gather_bf16:1:700");
  StepMarks const marks(plan);
  EXPECT_THAT(message_of<DeviceError>([&] { enqueue_step(plan, marks, {}, machine); }),
              HasSubstr("train_gather"));
}

// ---- what decoders are tried beside ----

class StepLoadTest : public StepMachineTest {
 protected:
  /// Seconds of a step whose batch is a kernel on another queue.
  double seconds_of_step(StepLoad& load) {
    muster::cuda::Stream const queue;
    train::cuda::StepKernels const kernels(Type::bf16, context().device.info().units, queue.get());
    muster::cuda::DeviceBuffer const batch(64 * sizeof(float), "a batch");
    for (int i = 0; i < Load::unsettled + 3; ++i) {
      kernels.fill_batch(batch.as<float>(), 64, 1);
      load.step(queue.get());
    }
    return load.finish();
  }
};

// What is made slow is seen in the time of a step, and so is part of it.
TEST_F(StepLoadTest, IsAllOfAStepAndWaitsForItsBatch) {
  StepLoad load(plan_of({.accumulate = 3}), context());
  EXPECT_GT(seconds_of_step(load), 0);
  for (std::string const kernel : {"train_gather_bf16", "train_loss_bf16", "train_adjoint_bf16",
                                   "train_adamw_bf16", "train_next_update", "train_fill_batch"}) {
    Fail const slow((kernel + ":*:delay=5").c_str());
    EXPECT_GE(seconds_of_step(load), 0.005) << kernel;
  }
}

TEST_F(StepLoadTest, OfRecordedStepsAndOfForwardPassesToo) {
  auto inference = plan_step(small_network(1), {.inference = true});
  auto recorded_inference = inference;
  recorded_inference.options.graph = true;
  for (auto const& plan : {plan_of({.graph = true}), inference, recorded_inference}) {
    StepLoad load(plan, context());
    EXPECT_GT(seconds_of_step(load), 0);
    Fail const slow("train_fill_batch:*:delay=5");
    EXPECT_GE(seconds_of_step(load), 0.005);
  }
}

TEST_F(StepLoadTest, RecordedStepsAreNoLongerEnqueuedOneByOne) {
  StepLoad load(plan_of({.graph = true}), context());
  muster_standin_calls();
  (void)seconds_of_step(load);
  EXPECT_EQ(muster_standin_calls().at("cudaLaunchKernel"), static_cast<std::uint64_t>(Load::unsettled + 3))
      << "the batches'";
}

TEST_F(StepLoadTest, AFaultInItsStepsComesOutAndItStillEnds) {
  StepLoad load(plan_of({}), context());
  Fail const fault("train_gather_bf16:1:700");
  EXPECT_THAT(message_of<DeviceError>([&] { (void)seconds_of_step(load); }), HasSubstr("train_gather"));
}

// ---- several ranks, each a process ----

std::string rank_body(
    Group& group, Setting const& setting,
    std::function<std::string(CudaMachine&, StepPlan const&, StepMarks const&)> const& body) {
  auto const backend = open_backend("cuda");
  auto const device = backend->open({.device = group.rank(), .cpus = {}});
  std::string result;
  {
    Context context{.device = *device, .group = group, .seed = 3, .data = {}, .cache = cache_folder()};
    context.operation_seconds = 20;
    auto const plan = plan_of(setting);
    FixedInput input(plan, context);
    CudaMachine machine(plan, input, step_communicators(plan, context), context);
    StepMarks const marks(plan);
    result = said(check_step(plan, marks, machine, group, context.seed));
    auto const more = body(machine, plan, marks);
    if (result == "ok") result = more;
  }
  device->let_go();
  return result;
}

std::string plain_steps(CudaMachine& machine, StepPlan const& plan, StepMarks const& marks) {
  std::vector<double> times(static_cast<std::size_t>(marks.count()));
  for (int i = 0; i < 12; ++i) {
    enqueue_step(plan, marks, {}, machine);
    machine.settle();
    if (!machine.take_times(times)) return "no times";
    for (int bucket = 0; machine.ranks() > 1 && bucket < marks.bucket_count(); ++bucket) {
      auto const at = [&](int mark) { return times[static_cast<std::size_t>(mark)]; };
      bool const ordered = at(marks.ready(bucket)) <= at(marks.reduce_begin(bucket)) &&
                           at(marks.reduce_begin(bucket)) < at(marks.reduce_end(bucket)) &&
                           at(marks.reduce_end(bucket)) <= at(marks.resumed(bucket)) &&
                           at(marks.resumed(bucket)) < at(marks.updated(bucket));
      if (!ordered) return fmt::format("bucket {} is out of order", bucket);
    }
  }
  return "ok";
}

class StepMachineRanks : public testing::Test {
 protected:
  Environment machine_{{"MUSTER_STANDIN_GPUS", "8"}, {"MUSTER_NCCL_TIMEOUT", "5"}};

  static std::vector<std::string> run(int ranks, Setting const& setting) {
    return run_ranks(
        ranks, [&](Group& group) { return rank_body(group, setting, plain_steps); }, 100);
  }
};

TEST_F(StepMachineRanks, SumTheirGradientsWithAndWithoutOverlapAndRecording) {
  for (bool const graph : {false, true}) {
    for (bool const overlap : {true, false})
      EXPECT_THAT(run(2, {.graph = graph, .overlap = overlap, .accumulate = 2}), Each("ok"))
          << graph << overlap;
  }
  EXPECT_THAT(run(3, {.type = Type::fp32, .channels = 2}), Each("ok"));
}

TEST_F(StepMachineRanks, ShareLayersInPairsAndSumGradientsAcrossThem) {
  for (bool const graph : {false, true})
    EXPECT_THAT(run(4, {.graph = graph, .tensor_parallel = 2}), Each("ok")) << graph;
}

TEST_F(StepMachineRanks, ASumThatIsWrongOnOneRankIsSeen) {
  Fail const wrong("ncclAllReduce@1:*:wrong");
  EXPECT_THAT(run(2, {}), ::testing::Contains(Not("ok")));
}

/// More steps than are kept, of which one never ends, and nobody settles; with checkpoints "sync",
/// "background" or "" (none).
std::string steps_with_a_fault(CudaMachine& machine, StepPlan plan, Group& group, std::string const& mode) {
  plan.options.checkpoint = mode.empty() ? 0 : 1;
  plan.options.background = mode == "background";
  FileLayer layer;
  StepMarks const marks(plan);
  std::unique_ptr<StepCheckpoint> checkpoints;
  if (!mode.empty())
    checkpoints = std::make_unique<StepCheckpoint>(plan, machine, group,
                                                   checkpoint_folder(cache_folder(), group), layer);
  StepRunner runner(plan, marks, machine);
  setenv("MUSTER_STANDIN_FAIL", "ncclAllReduce@1:*:async=6", 1);
  std::string noticed = "nothing was noticed";
  try {
    for (std::uint64_t step = 0; step < 2 * kept_steps; ++step)
      runner.run({}, checkpoints && checkpoints->due(step) ? checkpoints.get() : nullptr);
  } catch (DeviceError const& error) {
    noticed = error.what();
  }
  unsetenv("MUSTER_STANDIN_FAIL");
  return noticed;
}

TEST_F(StepMachineRanks, APeerThatHangsEndsTheStepsWithItsName) {
  for (auto const* mode : {"", "sync", "background"}) {
    auto const results = run_ranks(
        2,
        [&](Group& group) {
          return rank_body(group, {}, [&](CudaMachine& machine, StepPlan const& plan, StepMarks const&) {
            return steps_with_a_fault(machine, plan, group, mode);
          });
        },
        60);
    EXPECT_THAT(results[1], HasSubstr("all_reduce")) << mode;
  }
}

}  // namespace
}  // namespace muster::standin
