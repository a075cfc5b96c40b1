// The forward pass of a model alone: its figures from a machine whose passes take set times, and its checks
// on the host's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <mutex>
#include <numeric>

#include "kernels/contract/error.hpp"
#include "kernels/contract/network.hpp"
#include "kernels/train_step/host_input_host.hpp"
#include "kernels/train_step/host_machine_host.hpp"
#include "kernels/train_step/inference_instance.hpp"
#include "tests/kernels/null_machine.hpp"
#include "tests/kernels/support.hpp"
#include "tests/kernels/train_step_networks.hpp"
#include "tests/unit/fakes.hpp"

namespace muster::train {
namespace {

using muster::test::Solo;

std::map<std::string, double> by_name(std::vector<Figure> const& figures) {
  std::map<std::string, double> values;
  for (auto const& figure : figures) values[figure.name] = figure.value;
  return values;
}

StepOptions forward_only() { return {.type = Type::fp32, .input = false, .inference = true}; }

/// One batch, and nothing to be said of it.
class NoInput final : public StepInput {
 public:
  BatchView next() override { return {}; }
  void resume() override {}
  std::uint64_t batches() const override { return 0; }
  double bytes_of_batch() const override { return 0; }
  Verdict verify() override { return Verdict::judge("nothing", 0, 0); }
  std::vector<Figure> figures() override { return {}; }
  std::vector<std::pair<std::string, std::string>> facts() override { return {}; }
};

/// Passes that take set times on a clock of its own: each as long as its turn says, when the machine settles.
class TimedMachine final : public test::NullMachine {
 public:
  explicit TimedMachine(std::vector<double> seconds) : seconds_(std::move(seconds)) {}
  void embed() override { owed_ += seconds_[passes_++ % seconds_.size()]; }
  void settle() override { now_ += std::exchange(owed_, 0); }
  double now() const { return now_; }

  void open_step() override { most_open = std::max(most_open, ++steps - taken_); }
  void mark(Lane, int) override { ++ends; }
  bool take_times(std::span<double>) override {
    if (taken_ == steps) return false;
    ++taken_;
    return true;
  }
  int steps = 0, ends = 0, most_open = 0;

 private:
  std::vector<double> seconds_;
  std::size_t passes_ = 0;
  double now_ = 0, owed_ = 0;
  int taken_ = 0;
};

/// What it can do is written down.
class KnownDevice final : public FakeDevice {
 public:
  std::uint64_t cache_bytes() override { return cache; }
  std::optional<Bound> peak_flops(std::string_view) override { return Bound{"spec", 100e9, "FLOP/s", 1e9}; }
  std::optional<Bound> memory_bandwidth() override { return Bound{"spec", 40e9, "B/s"}; }
  std::uint64_t cache = 0;
};

struct TimedCase {
  explicit TimedCase(std::vector<double> seconds, Network const& network = test::every_kind(),
                     StepOptions const& options = forward_only())
      : plan(plan_step(network, options)) {
    auto made = std::make_unique<TimedMachine>(std::move(seconds));
    machine = made.get();
    instance = std::make_unique<InferenceInstance>(plan, std::make_unique<InferenceContext>(plan, context),
                                                   std::make_unique<NoInput>(), std::move(made),
                                                   [this] { return machine->now(); });
  }
  KnownDevice device;
  muster::test::SoloGroup group;
  Context context{.device = device, .group = group, .seed = 42};
  StepPlan plan;
  TimedMachine* machine = nullptr;
  std::unique_ptr<InferenceInstance> instance;
};

TEST(PassTimes, AQuantileIsTheSmallestThatSoManyDoNotExceed) {
  PassTimes times;
  for (int i = 1; i <= 200; ++i) times.latencies.push_back(i);
  EXPECT_EQ(times.quantile(0.5), 100);
  EXPECT_EQ(times.quantile(0.99), 198);
  EXPECT_EQ(times.quantile(1), 200);
  times.latencies = {7};
  EXPECT_EQ(times.quantile(0.01), 7);
  EXPECT_EQ(times.quantile(0.99), 7);
}

TEST(Inference, LatenciesAreOfPassesOneAtATime) {
  std::vector<double> seconds(150, 10e-3);
  seconds[40] = 50e-3;
  seconds[41] = 30e-3;
  TimedCase timed(seconds);
  auto const figures = by_name(timed.instance->figures());
  EXPECT_EQ(figures.at("latency_passes"), 150);  // 1.5 s of them
  EXPECT_NEAR(figures.at("latency_p50"), 10e-3, 1e-9);
  EXPECT_NEAR(figures.at("latency_p99"), 30e-3, 1e-9);
  EXPECT_NEAR(figures.at("latency_max"), 50e-3, 1e-9);
}

TEST(Inference, SlowPassesAreFewAndFastOnesMany) {
  EXPECT_EQ(by_name(TimedCase({0.5}).instance->figures()).at("latency_passes"), 20);  // 10 s of them
  EXPECT_EQ(by_name(TimedCase({9.0}).instance->figures()).at("latency_passes"), 3);
  EXPECT_EQ(by_name(TimedCase({50e-3}).instance->figures()).at("latency_passes"), 100);
  EXPECT_EQ(by_name(TimedCase({1e-6}).instance->figures()).at("latency_passes"), 2000);
}

/// Its device fails in one of its passes.
class FailingMachine final : public test::NullMachine {
 public:
  explicit FailingMachine(int fails) : fails_(fails) {}
  void settle() override {
    if (--fails_ == 0) throw DeviceError("it is a test");
  }

 private:
  int fails_;
};

TEST(Inference, ADeviceThatFailsInAPassLeavesNoRankAlone) {
  auto network = test::every_kind();
  network.tensor_parallel = 2;
  auto const plan = plan_step(network, forward_only());
  for (int const fails :
       {1, 20, 2002}) {  // the first pass, one of those one at a time, and those back to back
    std::array<std::string, 2> ends{};
    muster::test::ThreadGroup(2).run([&](Group& group) {
      KnownDevice device;
      Context context{.device = device, .group = group, .seed = 42};
      double now = 0;
      InferenceInstance instance(
          plan, std::make_unique<InferenceContext>(plan, context), std::make_unique<NoInput>(),
          std::make_unique<FailingMachine>(group.rank() == 1 ? fails : -1), [&now] { return now += 1e-4; });
      auto& end = ends.at(static_cast<std::size_t>(group.rank()));
      try {
        (void)instance.figures();
      } catch (PeerFault const&) {
        end = "a peer's";
      } catch (DeviceError const&) {
        end = "its own";
      }
    });
    EXPECT_THAT(ends, testing::ElementsAre("a peer's", "its own")) << fails;
  }
}

TEST(Inference, RatesAreThoseOfPassesBackToBack) {
  auto network = test::every_kind();
  network.tokens = 5;
  TimedCase timed({2e-3}, network);
  auto const figures = by_name(timed.instance->figures());
  double const flops = static_cast<double>(timed.plan.forward_flops());
  EXPECT_NEAR(figures.at("pass_seconds"), 2e-3, 1e-9);
  EXPECT_NEAR(figures.at("model_flop_rate"), flops / 2e-3, 1);
  EXPECT_EQ(figures.at("flops_per_sample"), flops / 2);
  EXPECT_NEAR(figures.at("tokens_per_second"), 2 * 5 / 2e-3, 1e-6);
  // 10 x 7, 8 x 36, 3 x 5 x 4, 12 x 12, 9 x 11 weights, and the embedding's 50.
  EXPECT_EQ(figures.at("weight_bytes"), 4 * (70 + 288 + 60 + 144 + 99 + 50));
  EXPECT_NEAR(figures.at("weight_bandwidth"), figures.at("weight_bytes") / 2e-3, 1e-3);
  EXPECT_EQ(timed.instance->work().items, 2);
  EXPECT_EQ(timed.instance->work().flops, timed.plan.forward_flops());
}

TEST(Inference, OperationsOfASampleAreTheModelsAndThePartsThatDoNotRunAreTold) {
  TimedCase timed({2e-3}, test::shared_layers(4));
  auto const figures = by_name(timed.instance->figures());
  double const own = static_cast<double>(timed.plan.forward_flops());
  EXPECT_EQ(figures.at("flops_per_sample"), 4 * own / 2);
  EXPECT_NEAR(figures.at("model_flop_rate"), own / 2e-3, 1);
  auto const facts = timed.instance->facts();
  auto const told = std::ranges::find(facts, "parts_run", &std::pair<std::string, std::string>::first);
  ASSERT_NE(told, facts.end());
  EXPECT_THAT(told->second, testing::StartsWith("1 of 4 parts"));
}

TEST(Inference, SharesAreOfWhatTheDeviceCanDo) {
  TimedCase timed({1e-3});
  auto const figures = by_name(timed.instance->figures());
  EXPECT_NEAR(figures.at("model_flop_utilisation"), figures.at("model_flop_rate") / 100e9, 1e-12);
  EXPECT_NEAR(figures.at("weight_bandwidth_share"), figures.at("weight_bandwidth") / 40e9, 1e-12);
}

TEST(Inference, TheSlowerOfComputingAndReadingTheWeightsIsTheBound) {
  // 4 rows a sample: 8 FLOP for each weight of 4 bytes, and with 2 samples 16: at 40 GB/s memory could feed
  // 160e9.
  auto const layer = NetworkLayer{.name = "only", .rows = 8, .outputs = 100, .inputs = 50};
  auto options = forward_only();
  TimedCase two({1e-3}, test::network_of_layers({layer}), options);
  auto const computing = two.instance->bound().value();
  EXPECT_EQ(computing.name, "spec");
  EXPECT_EQ(computing.unit, "samples/s");
  EXPECT_EQ(computing.clock_hz, 1e9);
  EXPECT_DOUBLE_EQ(computing.value, 100e9 / (8.0 * 5000));
  options.samples = 1;
  TimedCase one({1e-3}, test::network_of_layers({layer}), options);
  auto const reading = one.instance->bound().value();
  EXPECT_EQ(reading.name, "memory_roofline");
  EXPECT_DOUBLE_EQ(reading.value, 40e9 / (4.0 * 5000));
  one.device.cache = 4 * 5000 / 4 + 1;  // weights that stay in the cache are not read
  EXPECT_EQ(one.instance->bound().value().name, "spec");
}

TEST(Inference, APassThatIsToBeRecordedIsAStepOfItsOwn) {
  auto options = forward_only();
  options.graph = true;
  TimedCase timed({1e-3}, test::every_kind(), options);
  auto const passes = static_cast<int>(by_name(timed.instance->figures()).at("latency_passes"));
  EXPECT_GT(timed.machine->steps, passes);
  EXPECT_EQ(timed.machine->steps, timed.machine->ends);
  EXPECT_LE(timed.machine->most_open, static_cast<int>(kept_steps));
  auto const before = timed.machine->steps;
  timed.instance->sampling_begins();
  EXPECT_EQ(timed.machine->steps, before + 2 * static_cast<int>(kept_steps)) << "all places have a recording";
  TimedCase plain({1e-3});
  plain.instance->launch();
  plain.instance->sampling_begins();
  EXPECT_EQ(plain.machine->steps + plain.machine->ends, 0);
}

TEST(InferenceMemory, NeitherGradientsNorMomentsAreCounted) {
  auto options = forward_only();
  auto const inference = memory_of(plan_step(test::every_kind(), options));
  options.inference = false;
  auto const training = memory_of(plan_step(test::every_kind(), options));
  EXPECT_EQ(4 * inference.parameters, training.parameters);
  EXPECT_EQ(inference.activations,
            2 * 4 * 120U);  // twice the first layer's 12 x 10, the largest
  EXPECT_GT(training.activations, inference.activations);
  EXPECT_LT(inference.scratch, training.scratch);
  EXPECT_TRUE(plan_step(test::every_kind(), forward_only()).buckets.empty());
}

/// The host's machine with a fault in what it does.
class FaultyMachine final : public test::NullMachine {
 public:
  enum class Fault { none, weights, outputs, left_out, batch };
  FaultyMachine(std::unique_ptr<HostMachine> machine, Fault fault)
      : real_(std::move(machine)), fault_(fault) {}
  void take_batch() override { real_->take_batch(); }
  void embed() override {
    ++passes_;
    real_->embed();
  }
  void forward(int layer) override {
    if (fault_ == Fault::left_out && passes_ == 1 && layer == 2) return;  // of a launch
    real_->forward(layer);
  }
  void settle() override { real_->settle(); }
  void use_fixed_batch(bool fixed) override { real_->use_fixed_batch(fixed); }
  std::vector<double> read(Array array, int layer, std::span<std::uint64_t const> indices) override {
    auto values = real_->read(array, layer, indices);
    bool const wrong = (fault_ == Fault::weights && array == Array::operand && layer == 1) ||
                       (fault_ == Fault::outputs && array == Array::outputs && layer == 4) ||
                       (fault_ == Fault::batch && array == Array::batch);
    for (auto& value : values) value += wrong ? 1e-3 : 0;
    return values;
  }

 private:
  std::unique_ptr<HostMachine> real_;
  Fault fault_;
  int passes_ = 0;
};

Verdict verdict_with(FaultyMachine::Fault fault) {
  Solo solo;
  auto const plan = plan_step(test::every_kind(), forward_only());
  auto context = std::make_unique<InferenceContext>(plan, solo.context);
  auto input = host_input(plan, {}, context->get());
  auto machine =
      std::make_unique<FaultyMachine>(std::make_unique<HostMachine>(plan, *input, context->get()), fault);
  InferenceInstance instance(plan, std::move(context), std::move(input), std::move(machine));
  return instance.verify();
}

TEST(InferenceCheck, WhatIsWrongIsNamed) {
  using Fault = FaultyMachine::Fault;
  EXPECT_TRUE(verdict_with(Fault::none).ok()) << verdict_with(Fault::none).detail;
  EXPECT_THAT(verdict_with(Fault::weights).detail, testing::HasSubstr("window (layer 1)"));
  EXPECT_THAT(verdict_with(Fault::outputs).detail, testing::HasSubstr("same (layer 4)"));
  EXPECT_THAT(verdict_with(Fault::left_out).detail, testing::HasSubstr("other last outputs than its pieces"));
  EXPECT_THAT(verdict_with(Fault::batch).detail, testing::HasSubstr("batch"));
}

Params params_with(std::string const& workload, Network const& network) {
  return muster::test::params_of(workload, {{"network", to_text(network)},
                                            {"model", network.name},
                                            {"type", std::string("fp32")},
                                            {"batch", std::int64_t{2}}});
}

TEST(InferenceHost, ACaseIsRightAndRightAgainAndHasTheSameBits) {
  Solo solo;
  auto const params = params_with("inference", test::every_kind());
  auto const one = muster::test::make_case("inference", params, solo.context);
  auto const verdict = one->verify();
  EXPECT_TRUE(verdict.ok()) << verdict.detail;
  for (int i = 0; i < 3; ++i) one->launch();
  EXPECT_TRUE(one->verify().ok());
  auto const other = muster::test::make_case("inference", params, solo.context);
  EXPECT_TRUE(other->verify().ok());
  ASSERT_TRUE(one->fingerprint() && other->fingerprint());
  EXPECT_EQ(one->fingerprint()->value, other->fingerprint()->value);
}

TEST(InferenceHost, EachRankByItselfHasTheSameBits) {
  muster::test::ThreadGroup ranks(2);
  std::mutex mutex;
  std::vector<std::uint64_t> bits;
  ranks.run([&](Group& group) {
    HostDevice device{OpenOptions{}};
    Context context{.device = device, .group = group, .seed = 42};
    auto const instance =
        muster::test::make_case("inference", params_with("inference", test::every_kind()), context);
    EXPECT_TRUE(instance->verify().ok());
    EXPECT_EQ(instance->work().items, 2);
    std::lock_guard const lock(mutex);
    bits.push_back(instance->fingerprint().value().value);
  });
  ASSERT_EQ(bits.size(), 2);
  EXPECT_EQ(bits[0], bits[1]);
}

TEST(InferenceHost, RanksThatShareLayersAreOneFigure) {
  muster::test::ThreadGroup ranks(4);
  ranks.run([&](Group& group) {
    HostDevice device{OpenOptions{}};
    Context context{.device = device, .group = group, .seed = 42};
    auto const workload = "inference/tensor_parallel";
    auto const instance =
        muster::test::make_case(workload, params_with(workload, test::shared_layers()), context);
    auto const verdict = instance->verify();
    EXPECT_TRUE(verdict.ok()) << verdict.detail;
    instance->launch();
    EXPECT_EQ(instance->work().items, 4);  // two pairs, a batch of 2 each
    EXPECT_FALSE(instance->fingerprint());
  });
}

/// One whose memory is all taken.
class FullDevice final : public FakeDevice {
 public:
  std::uint64_t free_memory() override { return 0; }
};

TEST(InferenceHost, WhereOneOfTheRanksThatShareLayersCannotBeSetUpTheOthersAreTold) {
  muster::test::ThreadGroup ranks(2);
  std::array<std::string, 2> thrown{};
  ranks.run([&](Group& group) {
    HostDevice device{OpenOptions{}};
    FullDevice full;
    bool const second = group.rank() == 1;
    Context context{.device = second ? static_cast<Device&>(full) : device, .group = group, .seed = 42};
    try {
      muster::test::make_case("inference/tensor_parallel",
                              params_with("inference/tensor_parallel", test::shared_layers()), context);
    } catch (OutOfMemory const&) {
      thrown.at(1) = "no memory";
    } catch (PeerFault const&) {
      thrown.at(0) = "the other one's fault";
    }
    group.barrier();  // where a rank hangs that was not told
  });
  EXPECT_THAT(thrown, testing::ElementsAre("the other one's fault", "no memory"));
}

std::string faults_of(std::string const& workload, Network const& network) {
  auto const faults = Registry::instance().find(workload)->check(params_with(workload, network));
  return faults.empty() ? "" : faults.front();
}

TEST(InferenceWorkload, RanksThatShareLayersHaveAWorkloadOfTheirOwn) {
  EXPECT_EQ(faults_of("inference", test::every_kind()), "");
  EXPECT_EQ(faults_of("inference/tensor_parallel", test::shared_layers()), "");
  EXPECT_THAT(faults_of("inference", test::shared_layers(4)),
              testing::HasSubstr("use workload = \"inference/tensor_parallel\""));
  EXPECT_THAT(faults_of("inference/tensor_parallel", test::every_kind()),
              testing::HasSubstr("use workload = \"inference\""));
}

TEST(InferenceWorkload, ARecordedPassTakesNoNewBatches) {
  auto network = test::every_kind();
  network.input = Network::Input::tokens;
  network.sample_bytes = 100;
  auto params = params_with("inference", network);
  params.set("graph", std::string("graph"));
  EXPECT_EQ(Registry::instance().find("inference")->check(params).size(), 0);
  params.set("input", std::string("input"));
  EXPECT_THAT(Registry::instance().find("inference")->check(params).at(0),
              testing::HasSubstr("no new batches"));
}

}  // namespace
}  // namespace muster::train
