// A step without input: one batch, made once from counters.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "kernels/contract/workload.hpp"
#include "kernels/train_step/step_input.hpp"

namespace muster::train {

/// `Batch`: a backend's, with view() and hash().
template <class Batch>
class OneBatch final : public StepInput {
 public:
  OneBatch(StepPlan const& plan, Context& context) : batch_(plan, context), hash_(batch_.hash()) {}

  BatchView next() override {
    ++batches_;
    return batch_.view();
  }
  void resume() override {}
  std::uint64_t batches() const override { return batches_; }
  double bytes_of_batch() const override { return 0; }
  /// Is it as it was?
  Verdict verify() override {
    return Verdict::judge("the one batch is as it was made", batch_.hash() == hash_ ? 0 : 1, 0,
                          "it has other bytes");
  }
  std::vector<Figure> figures() override { return {}; }
  std::vector<std::pair<std::string, std::string>> facts() override {
    return {{"input", "one batch, made once: nothing is read"}};
  }

 private:
  Batch batch_;
  std::uint64_t hash_;
  std::uint64_t batches_ = 0;
};

}  // namespace muster::train
