// Instances of kernels that write the same outputs anew in every launch, on either side.
#pragma once
#include <memory>
#include <optional>

#include "kernels/contract/workload.hpp"
#include "kernels/training/limit.hpp"

namespace muster::training {

/// `Kernel` is what differs from one to another:
///   Problem                          with work() and memory(); require_memory(Problem, bytes) throws
///   OutOfMemory problem_of(Params, seed)         the Problem of a case recordable                       see
///   Instance Kernel(Problem const&, Device&)  allocates and fills launch()                         the timed
///   call compare()                        the verdict on every element of the outputs spoil() makes the
///   outputs all NaN
template <class Kernel>
class OutputsInstance final : public Instance {
 public:
  using Problem = typename Kernel::Problem;

  OutputsInstance(Problem const& problem, Regime regime, Device& device)
      : problem_(problem), regime_(regime), device_(device), kernel_(problem, device) {
    kernel_.spoil();
    device.wait();
  }

  void launch() override {
    kernel_.launch();
    launched_ = true;
  }

  Work work() const override { return problem_.work(); }
  Regime regime() const override { return regime_; }
  bool recordable() const override { return Kernel::recordable; }

  /// What was checked once must not be found again by a later check.
  Verdict verify() override {
    if (!launched_) launch();
    auto verdict = kernel_.compare();
    kernel_.spoil();
    launched_ = false;
    return verdict;
  }

  std::optional<Bound> bound() override { return memory_limit(device_, problem_.memory()); }

 private:
  Problem problem_;
  Regime regime_;
  Device& device_;
  Kernel kernel_;
  bool launched_ = false;
};

/// A Maker.
template <class Kernel>
std::unique_ptr<Instance> make_outputs(Params const& params, Context& context) {
  auto const problem = Kernel::problem_of(params, context.seed);
  auto const regime = regime_of(params);
  require_memory(problem, free_memory_for(regime, context.device));
  return std::make_unique<OutputsInstance<Kernel>>(problem, regime, context.device);
}

}  // namespace muster::training
