#include "kernels/dataload/training_step.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <thread>

#include "kernels/contract/backend.hpp"

namespace muster::dataload {
namespace {

using Clock = std::chrono::steady_clock;

class Sleep final : public TrainingStep {
 public:
  explicit Sleep(double seconds) : seconds_(seconds) {}
  void run() override { std::this_thread::sleep_for(std::chrono::duration<double>(seconds_)); }
  double seconds() const override { return seconds_; }
  std::string words() const override { return "sleep"; }
  Verdict verify() override { return Verdict::judge("a step without a result", 0, 0); }

 private:
  double seconds_;
};

/// About so many products make a step, so that whole ones come close to its time.
constexpr int products_wanted = 50;
constexpr std::int64_t smallest_side = 64, largest_side = 4096;
constexpr double assumed_flops = 1e12;  // of a device that does not say
constexpr double timed_at_once = 5e-3;  // seconds: what a call costs is then little of it

/// The power of two whose product takes about `seconds` at `flops` operations a second.
std::int64_t side_for(double seconds, double flops) {
  std::int64_t side = largest_side;
  auto const operations = [&] { return 2.0 * std::pow(static_cast<double>(side), 3); };
  while (side > smallest_side && operations() > seconds * flops) side /= 2;
  return side;
}

/// All that the workload "gemm" asks for.
Params product_params(std::string const& type, std::int64_t side) {
  Params params;
  params.set("type", type);
  for (auto const* name : {"m", "n", "k"}) params.set(name, side);
  params.set("layout", "nt");
  params.set("batch", std::int64_t{1});
  params.set("dist", "normal");
  params.set("algorithm", "heuristic");
  params.set("regime", "sustained");
  return params;
}

class Gemm final : public TrainingStep {
 public:
  Gemm(double seconds, Context& context) : device_(context.device) {
    Maker const make = MakerTable::instance().find("gemm");
    if (make == nullptr)
      throw Unsupported(
          "a step of matrix products needs the workload gemm (this build has none) use step = sleep");
    auto const peak = device_.peak_flops(type());
    side_ = side_for(seconds / products_wanted, peak ? peak->value : assumed_flops);
    product_ = make(product_params(type(), side_), context);
    double const each = product_seconds();
    count_ = std::max<std::int64_t>(1, std::llround(seconds / each));
    calibrate(seconds);
    if (std::abs(seconds_ - seconds) > 0.1 * seconds) {
      context.note(fmt::format("the step of matrix products takes {:.3g} ms in place of {:.3g} ms",
                               1e3 * seconds_, 1e3 * seconds));
    }
  }

  void run() override { multiply(count_); }
  double seconds() const override { return seconds_; }
  std::string words() const override {
    return fmt::format("gemm: products {0} of {1} x {1} x {1}", type(), side_);
  }
  Verdict verify() override { return product_->verify(); }

 private:
  bool on_gpu() const { return device_.info().backend == "cuda"; }
  std::string type() const { return on_gpu() ? "bf16" : "fp32"; }

  /// Products that were timed while something else ran looked slower than they are.
  void calibrate(double seconds) {
    for (int round = 0; round < 3; ++round) {
      seconds_ = least_of(2, count_);
      auto const wanted = std::llround(static_cast<double>(count_) * seconds / seconds_);
      if (std::abs(seconds_ - seconds) <= 0.02 * seconds || wanted == count_) return;
      count_ = std::max<std::int64_t>(1, wanted);
    }
    seconds_ = least_of(2, count_);
  }

  /// Undisturbed: the least of several, and of many at once where one is short.
  double product_seconds() {
    least_of(2, 1);  // libraries load their parts on the first call
    auto const at_once = std::max<std::int64_t>(1, std::llround(timed_at_once / least_of(3, 1)));
    return least_of(5, at_once) / static_cast<double>(at_once);
  }

  double least_of(int times, std::int64_t products) {
    double least = std::numeric_limits<double>::max();
    for (int i = 0; i < times; ++i) {
      auto const begin = Clock::now();
      multiply(products);
      least = std::min(least, std::chrono::duration<double>(Clock::now() - begin).count());
    }
    return least;
  }

  void multiply(std::int64_t products) {
    for (std::int64_t i = 0; i < products; ++i) product_->launch();
    device_.wait();
  }

  Device& device_;
  std::unique_ptr<Instance> product_{};
  std::int64_t side_ = 0, count_ = 1;
  double seconds_ = 0;
};

}  // namespace

std::unique_ptr<TrainingStep> sleep_step(double seconds) { return std::make_unique<Sleep>(seconds); }

std::unique_ptr<TrainingStep> gemm_step(double seconds, Context& context) {
  return std::make_unique<Gemm>(seconds, context);
}

}  // namespace muster::dataload
