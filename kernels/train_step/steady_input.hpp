// An input whose failure does not leave the other ranks waiting in the middle of a step.
#pragma once
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernels/train_step/step_input.hpp"

namespace muster::train {

/// Once a batch cannot be had, goes on with the last one, so that this rank still takes part in every sum;
/// verify(), which no rank skips, then throws what the input has thrown.
class SteadyInput final : public StepInput {
 public:
  /// Takes the first batch: what is wrong from the beginning comes out here.
  explicit SteadyInput(std::unique_ptr<StepInput> input) : input_(std::move(input)), batch_(input_->next()) {}

  BatchView next() override {
    attempt([this] { batch_ = input_->next(); });
    return batch_;
  }
  void resume() override {
    attempt([this] { input_->resume(); });
  }
  void rest() override {
    attempt([this] { input_->rest(); });
  }
  std::uint64_t batches() const override { return input_->batches(); }
  double bytes_of_batch() const override { return input_->bytes_of_batch(); }
  Verdict verify() override {
    if (failure_) std::rethrow_exception(failure_);
    return input_->verify();
  }
  std::vector<Figure> figures() override { return input_->figures(); }
  std::vector<std::pair<std::string, std::string>> facts() override { return input_->facts(); }

 private:
  template <class Call>
  void attempt(Call const& call) {
    if (failure_) return;
    try {
      call();
    } catch (...) {  // comes out of verify()
      failure_ = std::current_exception();
    }
  }

  std::unique_ptr<StepInput> input_;
  BatchView batch_;
  std::exception_ptr failure_{};
};

}  // namespace muster::train
