// One micro-batch of a training step, piece by piece: batch, forward pass, loss, backward pass.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kernels/train_step/layer_terms.hpp"
#include "kernels/train_step/machine.hpp"
#include "kernels/train_step/step_agreement.hpp"
#include "kernels/train_step/step_findings.hpp"
#include "kernels/train_step/step_samples.hpp"

namespace muster::train {

/// Looks at samples of every array that the machine writes, as soon as it has written it.
class MicroExamination {
 public:
  MicroExamination(StepPlan const& plan, StepMachine& machine, StepGroups& groups, std::uint64_t seed);

  /// The first micro-batch's gradients overwrite what is there; others' (`add`) are added to it.
  void run(bool add);
  /// Batch and forward pass, without the loss.
  void run_forward();
  StepFindings const& findings() const { return findings_; }

 private:
  /// What elements are chosen of: each has random numbers of its own.
  enum class What : std::uint64_t { batch, outputs, mean, loss, operand, inputs, before, embedding };
  using Indices = std::vector<std::uint64_t>;
  using Values = std::vector<double>;

  /// Elements whose products are summed up, and one factor of each.
  struct Products {
    std::vector<ProductElement> elements{};
    std::vector<Values> left{}, right{};
    std::vector<Line> lefts() const;
    std::vector<Line> rights() const;
    Dot dot_of(std::size_t i) const { return dot(left[i], right[i]); }
  };

  /// What was added up in one place.
  struct FoldedSum {
    double value = 0, squares = 0, uncertain = 0;
    std::uint64_t terms = 0;
  };

  struct Expected {
    double value = 0, limit = 0;
  };
  using Formula = std::function<std::vector<Expected>(Indices const&)>;

  void take_batch();
  void forward(int layer);
  void mean_over_sharers(int layer, Array array, void (StepMachine::*sum)(int), int summed,
                         std::string const& what);
  void loss();
  void backward(int layer, bool add);
  void embed_gradient(bool add);

  Products chosen(What what, int layer, std::uint64_t count, std::uint64_t numbers,
                  ProductElement (*element)(PlannedLayer const&, std::uint64_t)) const;
  Products chosen_gradients(int layer, Indices const& before) const;
  void see_products(Array array, int layer, Products const& products, std::string const& what);
  void see_gradients(int layer, Products const& products, Values const& old);
  void see_inputs(int layer, std::vector<Line> const& lines, std::vector<Values> const& x);
  void see_operand(int layer, std::vector<Line> const& lines, std::vector<Values> const& w);
  void see_one_of_each(std::vector<Line> const& lines, std::vector<Values> const& values,
                       Formula const& formula, std::string const& what);
  void see_before(int layer, Indices const& before, Products const& operand);

  void add_product(FoldedSum& sum, Dot const& exact, double scale) const;
  /// Of each place: the sum of what `of` makes of its terms, times `scale`.
  std::vector<FoldedSum> folded(Array array, int layer, Indices const& places, Terms const& terms,
                                double scale = 1, double (*of)(double) = nullptr);

  std::vector<Expected> expected_first_inputs(Indices const& places);
  std::vector<Expected> expected_inputs(int layer, Indices const& places);
  std::vector<Expected> expected_weights(int layer, Indices const& places);
  std::vector<Expected> expected_operand(int layer, Indices const& places);

  PlannedLayer const& planned(int layer) const { return plan_.layers[static_cast<std::size_t>(layer)]; }
  std::uint64_t key(What what, int layer) const;
  Indices sampled(What what, int layer, std::uint64_t count, std::uint64_t numbers) const;
  std::string of_layer(char const* what, int layer) const;
  bool has_input_gradient(int layer) const { return layer > 0 || plan_.first_data_gradient(); }
  Values read(Array array, int layer, Indices const& indices) { return machine_.read(array, layer, indices); }

  StepPlan const& plan_;
  StepMachine& machine_;
  StepGroups& groups_;
  std::uint64_t seed_;
  StepLimits limits_;
  StepFindings findings_{};
};

}  // namespace muster::train
