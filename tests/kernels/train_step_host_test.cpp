// The host's machine of a training step: every piece of work against a plain loop in double precision, made
// of what the machine says it had in hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <functional>
#include <memory>
#include <mutex>
#include <numeric>
#include <vector>

#include "kernels/contract/network.hpp"
#include "kernels/train_step/host_input_host.hpp"
#include "kernels/train_step/host_machine_host.hpp"
#include "kernels/train_step/schedule.hpp"
#include "kernels/train_step/steady_input.hpp"
#include "kernels/train_step/step_data.hpp"
#include "kernels/train_step/token_input_host.hpp"
#include "tests/kernels/allocations.hpp"
#include "tests/kernels/dataset_support.hpp"
#include "tests/kernels/support.hpp"

namespace muster::train {
namespace {

/// Sizes that repeat and cut off: x of a layer is smaller or larger than y of the one before.
Network small_network(std::int64_t embedding = 37) {
  Network network;
  network.name = "small";
  network.samples = 2;
  network.other_parameters = embedding;
  network.blocks = {{"all",
                     1,
                     {{.name = "first", .rows = 6, .outputs = 5, .inputs = 7},
                      {.name = "scores", .rows = 3, .outputs = 4, .inputs = 5, .batch = 2, .weights = false},
                      {.name = "wide", .rows = 2, .outputs = 9, .inputs = 5},
                      {.name = "last", .rows = 6, .outputs = 3, .inputs = 8}}}};
  return network;
}

StepOptions fp32(int accumulate = 1) {
  StepOptions options{.type = Type::fp32};
  options.accumulate = accumulate;
  options.bucket_bytes = 256;
  return options;
}

using Values = std::vector<double>;

double phi_of(double v) { return v / (1 + std::abs(v)); }
double slope_of(double v) { return 1 / ((1 + std::abs(v)) * (1 + std::abs(v))); }

/// c = a b with any strides: element (i, j) of a product is the sum over k.
template <class Element>
Values products(std::int64_t batch, std::int64_t m, std::int64_t n, std::int64_t k, Element&& element) {
  Values all;
  for (std::int64_t p = 0; p < batch; ++p)
    for (std::int64_t i = 0; i < m; ++i)
      for (std::int64_t j = 0; j < n; ++j) {
        double sum = 0;
        for (std::int64_t l = 0; l < k; ++l) sum += element(p, i, j, l);
        all.push_back(sum);
      }
  return all;
}

std::size_t at(std::int64_t index) { return static_cast<std::size_t>(index); }

/// One rank's machine with the same batch in every step.
struct Rig {
  explicit Rig(Network const& network = small_network(), StepOptions const& options = fp32())
      : plan(plan_step(network, options)), input(plan, solo.context), machine(plan, input, solo.context) {}

  Values read(Array array, int layer, std::uint64_t count, std::uint64_t first = 0) {
    std::vector<std::uint64_t> indices(count);
    std::iota(indices.begin(), indices.end(), first);
    return machine.read(array, layer, indices);
  }
  PlannedLayer const& layer(int number) const { return plan.layers[static_cast<std::size_t>(number)]; }
  int last() const { return static_cast<int>(plan.layers.size()) - 1; }
  Values outputs(int number) { return read(Array::outputs, number, layer(number).output_count()); }
  Values inputs(int number) { return read(Array::inputs, number, layer(number).input_count()); }
  Values operand(int number) { return read(Array::operand, number, layer(number).operand_count()); }
  Values parameters(Array array) { return read(array, 0, plan.parameters); }
  Values embedding(Array array) { return read(array, 0, plan.embedding_count, plan.embedding_first); }
  Values layer_gradient(int number) {
    return read(Array::gradient, 0, layer(number).parameter_count(), layer(number).first);
  }

  void run_forward() {
    machine.take_batch();
    machine.embed();
    for (int i = 0; i <= last(); ++i) machine.forward(i);
    machine.loss();
  }
  void run_backward(bool add) {
    for (int i = last(); i >= 0; --i) machine.backward(i, add);
    if (plan.first_data_gradient()) machine.embed_gradient(add);
  }

  muster::test::Solo solo;
  StepPlan plan;
  FixedInput input;
  HostMachine machine;
};

/// machine.hpp's s and r, of a layer behind `outputs`.
std::size_t taken_by(PlannedLayer const& p, std::size_t outputs) {
  std::size_t const operands = p.weights ? 0 : p.operand_count();
  return std::max<std::size_t>(p.input_count(), outputs - std::min(outputs, operands));
}
double scale_of(PlannedLayer const& p, std::size_t outputs) {
  return std::sqrt(static_cast<double>(p.input_count()) / static_cast<double>(taken_by(p, outputs)));
}

void expect_near(Values const& got, Values const& right, char const* what) {
  ASSERT_EQ(got.size(), right.size()) << what;
  for (std::size_t i = 0; i < got.size(); ++i)
    ASSERT_NEAR(got[i], right[i], 2e-6 * (1 + std::abs(right[i]))) << what << " " << i;
}

TEST(TrainStepHost, WeightsBeginAsTheFormulaSaysAndWhatLiesBetweenThemIsZero) {
  Rig rig;
  Values right(rig.plan.parameters, 0.0);
  for (int number = 0; number <= rig.last(); ++number) {
    auto const& layer = rig.layer(number);
    for (std::uint64_t i = 0; i < layer.parameter_count(); ++i)
      right[layer.first + i] = static_cast<double>(
          first_weight(weight_key(42, static_cast<std::uint64_t>(number)), i, first_scale(layer.inputs)));
  }
  for (std::uint64_t i = 0; i < rig.plan.embedding_count; ++i)
    right[rig.plan.embedding_first + i] =
        static_cast<double>(first_weight(weight_key(42, embedding_layer), i, embedding_scale));
  EXPECT_EQ(rig.parameters(Array::weight), right);
}

TEST(TrainStepHost, TheFirstInputsAreTheBatchAndTheEmbeddingInTurn) {
  for (std::int64_t const embedding : {0, 37, 1000}) {
    Rig rig(small_network(embedding));
    rig.machine.take_batch();
    rig.machine.embed();
    auto const count = rig.layer(0).input_count();
    auto const batch = rig.read(Array::batch, 0, count);
    auto const table = rig.embedding(Array::weight);
    Values right;
    for (std::uint64_t k = 0; k < count; ++k)
      right.push_back(batch[k] + (table.empty() ? 0 : table[k % table.size()]));
    expect_near(rig.inputs(0), right, "x");
    EXPECT_EQ(batch[5], static_cast<double>(fixed_batch(batch_key(42, 0), 5)));
  }
}

TEST(TrainStepHost, EveryLayerGoesForwardByTheFormula) {
  Rig rig;
  rig.machine.take_batch();
  rig.machine.embed();
  for (int number = 0; number <= rig.last(); ++number) {
    rig.machine.forward(number);
    auto const& p = rig.layer(number);
    auto const x = rig.inputs(number), w = rig.operand(number);
    auto const right = products(p.batch, p.rows, p.outputs, p.inputs, [&](auto b, auto i, auto j, auto l) {
      return x[at((b * p.rows + i) * p.inputs + l)] * w[at((b * p.outputs + j) * p.inputs + l)];
    });
    expect_near(rig.outputs(number), right, "y");
    if (number == 0) continue;
    auto const before = rig.outputs(number - 1);
    auto const taken = taken_by(p, before.size());
    Values inputs(x.size()), operand;
    for (std::size_t k = 0; k < taken; ++k)
      inputs[k % x.size()] += scale_of(p, before.size()) * phi_of(before[k % before.size()]);
    expect_near(x, inputs, "x");
    if (p.weights) continue;
    for (std::uint64_t j = 0; j < p.operand_count(); ++j)
      operand.push_back((phi_of(before[(j + taken) % before.size()]) + static_cast<double>(operand_sign(j))) /
                        std::sqrt(static_cast<double>(p.inputs)));
    expect_near(w, operand, "w");
  }
}

TEST(TrainStepHost, EveryLayerGoesBackByTheFormula) {
  Rig rig;
  rig.run_forward();
  auto const y = rig.outputs(rig.last());
  Values right;
  for (std::size_t j = 0; j < y.size(); ++j)
    right.push_back((y[j] - static_cast<double>(target(target_key(42), j))) / static_cast<double>(y.size()));
  expect_near(rig.read(Array::output_gradient, rig.last(), y.size()), right, "dy of the loss");

  for (int number = rig.last(); number >= 0; --number) {
    auto const& p = rig.layer(number);
    auto const dy = rig.read(Array::output_gradient, number, p.output_count());
    rig.machine.backward(number, false);
    auto const x = rig.inputs(number), w = rig.operand(number);
    auto const dw = products(p.batch, p.outputs, p.inputs, p.rows, [&](auto b, auto i, auto j, auto l) {
      return dy[at((b * p.rows + l) * p.outputs + i)] * x[at((b * p.rows + l) * p.inputs + j)];
    });
    if (p.weights) expect_near(rig.layer_gradient(number), dw, "dw");
    auto const dx = products(p.batch, p.rows, p.inputs, p.outputs, [&](auto b, auto i, auto j, auto l) {
      return dy[at((b * p.rows + i) * p.outputs + l)] * w[at((b * p.outputs + l) * p.inputs + j)];
    });
    expect_near(rig.read(Array::input_gradient, number, p.input_count()), dx, "dx");
    if (number == 0) continue;
    auto const before = rig.outputs(number - 1);
    Values sums(before.size(), 0.0);
    auto const taken = taken_by(p, before.size());
    for (std::size_t k = 0; k < taken; ++k)
      sums[k % sums.size()] += scale_of(p, before.size()) * dx[k % dx.size()];
    for (std::size_t j = 0; !p.weights && j < dw.size(); ++j)
      sums[(j + taken) % sums.size()] += dw[j] / std::sqrt(static_cast<double>(p.inputs));
    for (std::size_t k = 0; k < sums.size(); ++k) sums[k] *= slope_of(before[k]);
    expect_near(rig.read(Array::output_gradient, number - 1, sums.size()), sums, "dy of the layer before");
  }

  rig.machine.embed_gradient(false);
  auto const dx = rig.read(Array::input_gradient, 0, rig.layer(0).input_count());
  Values sums(rig.plan.embedding_count, 0.0);
  for (std::size_t j = 0; j < dx.size(); ++j) sums[j % sums.size()] += dx[j];
  expect_near(rig.embedding(Array::gradient), sums, "dP");
}

TEST(TrainStepHost, MicroBatchesAddTheirGradientsUp) {
  Rig rig(small_network(), fp32(2));
  rig.run_forward();
  rig.run_backward(false);
  auto once = rig.parameters(Array::gradient);
  rig.run_forward();
  rig.run_backward(true);
  for (auto& value : once) value *= 2;
  expect_near(rig.parameters(Array::gradient), once, "gradients of twice the same batch");
  rig.run_forward();
  rig.run_backward(false);
  for (auto& value : once) value /= 2;
  expect_near(rig.parameters(Array::gradient), once, "gradients that start anew");
}

TEST(TrainStepHost, AnUpdateIsAdamwOfTheMeanGradient) {
  Rig rig(small_network(), fp32(4));
  rig.run_forward();
  rig.run_backward(false);
  auto const gradient = rig.parameters(Array::gradient), weight = rig.parameters(Array::weight);
  Values m(weight.size()), v(weight.size()), right(weight);
  for (int step = 1; step <= 2; ++step) {
    rig.machine.next_update();
    for (auto const& bucket : rig.plan.buckets) rig.machine.update(bucket);
    for (std::size_t i = 0; i < right.size(); ++i) {
      double const g = gradient[i] / 4;
      m[i] = 0.9 * m[i] + 0.1 * g;
      v[i] = 0.999 * v[i] + 0.001 * g * g;
      double const update =
          m[i] / (1 - std::pow(0.9, step)) / (std::sqrt(v[i] / (1 - std::pow(0.999, step))) + 1e-8);
      right[i] -= 1e-3 * (update + 0.01 * right[i]);
    }
  }
  expect_near(rig.parameters(Array::weight), right, "weights");
  expect_near(rig.parameters(Array::first_moment), m, "first moments");
  expect_near(rig.parameters(Array::second_moment), v, "second moments");
  EXPECT_EQ(rig.machine.updates(), 2U);
  rig.machine.restart();
  EXPECT_EQ(rig.machine.updates(), 0U);
  EXPECT_EQ(rig.parameters(Array::weight), weight);
  EXPECT_EQ(rig.parameters(Array::first_moment), Values(weight.size(), 0.0));
}

TEST(TrainStepHost, TheHashOfTheWeightsIsOfEveryBit) {
  Rig rig, same;
  auto const first = rig.machine.weights_hash();
  EXPECT_EQ(first, same.machine.weights_hash());
  rig.run_forward();
  rig.run_backward(false);
  EXPECT_EQ(first, rig.machine.weights_hash());
  rig.machine.next_update();
  rig.machine.update(rig.plan.buckets.back());
  EXPECT_NE(first, rig.machine.weights_hash());
}

TEST(TrainStepHost, TheStateIsWeightsAndBothMomentsInTurn) {
  Rig rig;
  rig.run_forward();
  rig.run_backward(false);
  rig.machine.next_update();
  for (auto const& bucket : rig.plan.buckets) rig.machine.update(bucket);
  Values right;
  for (auto const array : {Array::weight, Array::first_moment, Array::second_moment})
    for (auto const value : rig.parameters(array)) right.push_back(value);
  std::vector<float> state(right.size());
  auto const bytes = state_bytes(rig.plan), cut = bytes / 5 / 4 * 4;
  ASSERT_EQ(bytes, 4 * state.size());
  auto* const to = reinterpret_cast<std::byte*>(state.data());
  rig.machine.copy_state(0, cut, to);
  rig.machine.copy_state(cut, bytes, to + cut);
  rig.machine.await_copy();
  EXPECT_EQ(Values(state.begin(), state.end()), right);
}

TEST(TrainStepHost, AStepLeavesItsMarksInOrder) {
  Rig rig;
  StepMarks const marks(rig.plan);
  for (int step = 0; step < 3; ++step) enqueue_step(rig.plan, marks, {}, rig.machine);
  std::vector<double> times(static_cast<std::size_t>(marks.count()));
  double before = 0;
  for (int step = 0; step < 3; ++step) {
    ASSERT_TRUE(rig.machine.take_times(times));
    auto const time = [&](int mark) { return times[static_cast<std::size_t>(mark)]; };
    for (int const mark : {marks.begin(0), marks.batch_taken(0), marks.forward_end(0), marks.ready(0),
                           marks.backward_end(0), marks.resumed(0), marks.updated(0), marks.end()}) {
      EXPECT_GE(time(mark), before) << mark;
      before = time(mark);
    }
    EXPECT_LT(time(marks.reduce_begin(0)), 0) << "one rank sums nothing";
  }
  EXPECT_FALSE(rig.machine.take_times(times));
}

TEST(TrainStepHost, AStepAllocatesNothing) {
  Rig rig(small_network(), fp32(2));
  StepMarks const marks(rig.plan);
  std::vector<double> times(static_cast<std::size_t>(marks.count()));
  enqueue_step(rig.plan, marks, {}, rig.machine);
  rig.machine.take_times(times);
  auto const before = muster::test::allocations();
  enqueue_step(rig.plan, marks, {}, rig.machine);
  rig.machine.take_times(times);
  EXPECT_EQ(muster::test::allocations(), before);
  std::vector<int> const counted(1);
  EXPECT_EQ(muster::test::allocations(), before + counted.size()) << "allocations are counted";
}

TEST(TrainStepHost, NeitherDoesOneThatReadsItsTokensHoweverManyWereTaken) {
  dataload::test::TestFolder const folder;
  dataload::test::make(dataload::test::small_dataset(folder / "data"));
  muster::test::Solo solo;
  solo.context.data = folder / "data";
  auto network = small_network();
  network.input = Network::Input::tokens, network.tokens = 4, network.sample_bytes = 3000;
  auto const plan = plan_step(network, fp32());
  Params given;
  given.set("engine", "pread");
  given.set("io", "buffered");
  TokenInput input(plan, given, solo.context);
  HostMachine machine(plan, input, solo.context);
  StepMarks const marks(plan);
  std::vector<double> times(static_cast<std::size_t>(marks.count()));
  auto const steps = [&](int count) {
    for (int i = 0; i < count; ++i) {
      enqueue_step(plan, marks, {}, machine);
      machine.take_times(times);
    }
  };
  steps(10);
  auto const before = muster::test::allocations();
  steps(30);  // a growing list of times would grow twice at least
  EXPECT_EQ(muster::test::allocations(), before);
  EXPECT_TRUE(input.verify().ok());
}

Params case_on(std::int64_t nodes) {
  return muster::test::params_of("train_step", {{"network", to_text(small_network())},
                                                {"type", std::string("fp32")},
                                                {"batch", std::int64_t{2}},
                                                {"nodes", nodes}});
}

TEST(TrainStepHost, OnlyTheFirstNodesTakePartAndTheOthersSitTheCaseOut) {
  muster::test::ThreadGroup ranks(6, 2);
  ranks.run([&](Group& group) {
    HostDevice device{OpenOptions{}};
    Context context{.device = device, .group = group, .seed = 42};
    auto const kept = std::make_shared<int>();
    device.kept(kept_communicators) = kept;
    auto const step = muster::test::make_case("train_step", case_on(2), context);
    EXPECT_EQ(kept.use_count(), 1) << "communicators of other ranks end before this one's begin";
    bool const sits = group.node() == 2;
    auto const verdict = step->verify();
    EXPECT_EQ(verdict.status, sits ? Verdict::Status::not_applicable : Verdict::Status::pass)
        << verdict.detail;
    EXPECT_EQ(step->regime(), Regime::sustained);
    EXPECT_EQ(step->work().items, sits ? 0u : 4u * 2u);
    step->sampling_begins();
    for (int i = 0; i < 4; ++i) {
      step->reset();
      step->launch();
    }
    EXPECT_TRUE(step->verify().ok() || sits);
    EXPECT_EQ(step->bound().has_value(), !sits);
    EXPECT_EQ(step->figures().empty(), sits);
    EXPECT_EQ(step->matrices().empty(), group.rank() != 0);
    EXPECT_THAT(step->facts(),
                testing::Contains(testing::Pair("nodes", "the first 2 of 3")).Times(sits ? 0 : 1));
  });
}

TEST(TrainStepHost, ARanksRoomIsItsShareOfTheNodesMemory) {
  muster::test::ThreadGroup ranks(4, 2);
  auto network = small_network();
  network.tensor_parallel = 2;
  auto options = fp32();
  options.checkpoint = 5;
  auto const plan = plan_step(network, options);
  Params given;
  given.set("prefetch", std::int64_t{7});
  ranks.run([&](Group& group) {
    auto const room = host_room(plan, given, group);
    EXPECT_EQ(room.node_ranks, 2);
    EXPECT_EQ(room.writers, 2) << "two of four hold the same weights";
    EXPECT_EQ(room.prefetch, 7);
  });
}

TEST(TrainStepHost, MoreNodesThanThereAreAreNotSupportedOnAnyRank) {
  muster::test::ThreadGroup ranks(2, 1);
  ranks.run([&](Group& group) {
    HostDevice device{OpenOptions{}};
    Context context{.device = device, .group = group, .seed = 42};
    EXPECT_THROW(muster::test::make_case("train_step", case_on(3), context), Unsupported);
    EXPECT_EQ(muster::test::make_case("train_step", case_on(2), context)->work().items, 2u * 2u)
        << "all of them";
  });
}

TEST(TrainStepHost, Bf16IsRefusedWithARemedy) {
  muster::test::Solo solo;
  auto const plan = plan_step(small_network(), {});
  FixedInput input(plan, solo.context);
  try {
    HostMachine const machine(plan, input, solo.context);
    FAIL() << "bf16 on the host";
  } catch (Unsupported const& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("use type = fp32"));
  }
}

/// A step on every rank, then `look` at each machine, by one rank at a time.
void on_ranks(int ranks, Network const& network, StepOptions const& options, int steps,
              std::function<void(int rank, HostMachine&, StepPlan const&)> const& look) {
  muster::test::ThreadGroup group(ranks);
  std::mutex one_at_a_time;
  group.run([&](Group& member) {
    HostDevice device({});
    Context context{.device = device, .group = member, .seed = 42};
    auto const plan = plan_step(network, options);
    FixedInput input(plan, context);
    HostMachine machine(plan, input, context);
    StepMarks const marks(plan);
    for (int step = 0; step < steps; ++step) enqueue_step(plan, marks, {}, machine);
    machine.settle();
    std::lock_guard const lock(one_at_a_time);
    look(member.rank(), machine, plan);
  });
}

Values all_of(HostMachine& machine, Array array, std::uint64_t count) {
  std::vector<std::uint64_t> indices(count);
  std::iota(indices.begin(), indices.end(), 0);
  return machine.read(array, 0, indices);
}

TEST(TrainStepHost, RanksHoldTheSameWeightsAfterStepsWithDifferentBatches) {
  for (bool const overlap : {true, false}) {
    std::vector<std::uint64_t> hashes;
    std::vector<double> firsts;
    auto options = fp32(2);
    options.overlap = overlap;
    on_ranks(3, small_network(), options, 3, [&](int, HostMachine& machine, StepPlan const& plan) {
      hashes.push_back(machine.weights_hash());
      firsts.push_back(machine.read(Array::batch, 0, std::vector<std::uint64_t>{0}).front());
      std::vector<double> times(static_cast<std::size_t>(StepMarks(plan).count()));
      ASSERT_TRUE(machine.take_times(times));
      EXPECT_EQ(std::ranges::count_if(times, [](double t) { return t < 0; }), 2) << "the checkpoint's";
    });
    ASSERT_EQ(hashes.size(), 3U);
    EXPECT_THAT(hashes, testing::Each(hashes.front()));
    EXPECT_NE(firsts[0], firsts[1]);
  }
}

/// Fails at its third batch.
class Failing final : public StepInput {
 public:
  Failing(StepPlan const& plan, Context& context) : fixed_(plan, context) {}
  BatchView next() override {
    if (fixed_.batches() == 2) throw DeviceError("the disk is gone");
    return fixed_.next();
  }
  void resume() override {}
  std::uint64_t batches() const override { return fixed_.batches(); }
  double bytes_of_batch() const override { return 0; }
  Verdict verify() override { return fixed_.verify(); }
  std::vector<Figure> figures() override { return {}; }
  std::vector<std::pair<std::string, std::string>> facts() override { return {}; }

 private:
  FixedInput fixed_;
};

TEST(TrainStepHost, ARankWhoseInputFailsStaysInStepUntilItIsVerified) {
  std::atomic<int> failed = 0, sound = 0;
  muster::test::ThreadGroup group(2);
  group.run([&](Group& member) {
    HostDevice device({});
    Context context{.device = device, .group = member, .seed = 42};
    auto const plan = plan_step(small_network(), fp32());
    std::unique_ptr<StepInput> input = std::make_unique<FixedInput>(plan, context);
    if (member.rank() == 1) input = std::make_unique<Failing>(plan, context);
    SteadyInput steady(std::move(input));
    HostMachine machine(plan, steady, context);
    for (int step = 0; step < 5; ++step) enqueue_step(plan, StepMarks(plan), {}, machine);
    try {
      sound += steady.verify().ok();
    } catch (DeviceError const&) {
      ++failed;
    }
  });
  EXPECT_EQ(sound, 1);
  EXPECT_EQ(failed, 1);
}

TEST(TrainStepHost, AnInputThatFailsFromTheBeginningSaysSoAtOnce) {
  muster::test::Solo solo;
  auto const plan = plan_step(small_network(), fp32());
  auto input = std::make_unique<Failing>(plan, solo.context);
  input->next();
  input->next();
  EXPECT_THROW(SteadyInput{std::move(input)}, DeviceError);
}

TEST(TrainStepHost, GradientsAreSummedOverRanks) {
  constexpr int ranks = 2;
  Values sum, each;
  on_ranks(ranks, small_network(), fp32(), 1, [&](int, HostMachine& machine, StepPlan const& plan) {
    auto const got = all_of(machine, Array::gradient, plan.parameters);
    if (sum.empty()) sum = got;
    EXPECT_EQ(got, sum);
    machine.restart();  // its own gradient alone
    machine.take_batch();
    machine.embed();
    auto const layers = static_cast<int>(plan.layers.size());
    for (int i = 0; i < layers; ++i) machine.forward(i);
    machine.loss();
    for (int i = layers - 1; i >= 0; --i) machine.backward(i, false);
    machine.embed_gradient(false);
    auto const own = all_of(machine, Array::gradient, plan.parameters);
    each.resize(own.size());
    for (std::size_t i = 0; i < own.size(); ++i) each[i] += own[i];
  });
  expect_near(sum, each, "sum of both ranks' gradients");
}

Network shared_network() {
  auto network = small_network(0);
  network.tensor_parallel = 2;
  network.blocks[0].layers[0].sum_outputs = true;
  network.blocks[0].layers[2].sum_gradients = true;
  return network;
}

TEST(TrainStepHost, RanksOfANodeThatShareLayersSumWhatIsMarkedAndTheOthersOfEqualPlaceTheirGradients) {
  std::vector<Values> outputs(4), gradients(4);
  std::vector<int> data_ranks;
  on_ranks(4, shared_network(), fp32(), 1, [&](int rank, HostMachine& machine, StepPlan const& plan) {
    std::vector<std::uint64_t> indices(plan.layers[0].output_count());
    std::iota(indices.begin(), indices.end(), 0);
    outputs[static_cast<std::size_t>(rank)] = machine.read(Array::outputs, 0, indices);
    gradients[static_cast<std::size_t>(rank)] = all_of(machine, Array::gradient, plan.parameters);
    data_ranks.push_back(machine.ranks());
  });
  EXPECT_THAT(data_ranks, testing::Each(2));
  EXPECT_EQ(outputs[0], outputs[1]);
  EXPECT_EQ(outputs[2], outputs[3]);
  EXPECT_NE(outputs[0], outputs[2]);
  EXPECT_EQ(gradients[0], gradients[2]);
  EXPECT_EQ(gradients[1], gradients[3]);
  EXPECT_NE(gradients[0], gradients[1]);
}

}  // namespace
}  // namespace muster::train
