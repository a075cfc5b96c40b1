// What carries out a training step: the pieces of work, on two lanes that run side by side, and marks between
// them. The host's, a GPU's, and one whose pieces take set times (tests).
//
// The network that is computed (T: the step's type, all of it deterministic):
//
// clang-format off
//   first layer:  x_0[k] = T(batch[k mod n_batch] + P[k mod n_P])
//                 P: the embedding, left out where n_P = 0
//   other layers: x_i[j] = T(r_i x the sum of phi(y_{i-1}[k mod n_{i-1}]) over k < s_i, k = j mod |x_i|)
//                 n_i: y_i's elements; phi(v) = v / (1 + |v|)
//                 s_i: the larger of |x_i| and n_{i-1} - |w_i| (with weights: n_{i-1}); r_i = sqrt(|x_i| / s_i)
//   operands:     W_i; or, without weights,
//                 w_i[j] = T((phi(y_{i-1}[(j + s_i) mod n_{i-1}]) + operand_sign(j)) / sqrt(inputs))
//   products:     y_i = T(x_i w_i^T), each of `batch` products with its own part of x, w and y
//   loss:         L = sum (y_last - t)^2 / (2 n_last), t[j] = target(j)
//                 dy_last = T((y_last - t) / n_last)
//   backward:     dw_i = dy_i^T x_i
//                 dx_i = T(dy_i w_i)
//                 dy_{i-1}[k] = T(phi'(y_{i-1}[k]) x (r_i x the sum of dx_i[j mod |x_i|] over j < s_i,
//                               j = k mod n_{i-1}, and without weights that of dw_i[j] / sqrt(inputs) over
//                               its own places))
//                 phi'(v) = 1 / (1 + |v|)^2
//                 dP[k] = T(the sum of dx_0[j] over j = k mod n_P); 0, and no dx_0, where the input is pictures
//   update:       AdamW (kernels/training/adamw.hpp) with the mean of the gradients over ranks and
//                 micro-batches (mean_gradient() of step_data.hpp)
// clang-format on
//
// layer_terms.hpp says which elements of y go to which of x and w. A layer that takes fewer elements than the
// one before made (an attention's queries, a gated unit, pooling, the last words of a sequence) adds several
// up, as networks do with gates, pooling and residual connections, so that all are read and each gets a
// gradient. If only the first were taken, the rest's gradients would be 0, and rows of zeros stay rows of
// zeros through all layers before: of a shipped model's dy 23 to 52 % only were not 0.
//
// A real network's activations, normalisations and rearrangements are as many passes over memory; what they
// are does not matter to time, that they are there does. Residual connections are left out.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kernels/contract/verdict.hpp"
#include "kernels/train_step/step_plan.hpp"

namespace muster::train {

enum class Lane { compute, communication };

/// Numbers of what a check reads.
enum class Array {
  batch,            ///< what the step was given, in the order of x_0 (one micro-batch)
  inputs,           ///< x of the layer worked on last
  operand,          ///< w of a layer: its weights as multiplied; without weights of the one worked on last
  outputs,          ///< y of a layer
  output_gradient,  ///< dy of the layer whose backward() comes next
  input_gradient,   ///< dx of the layer worked on last
  gradient,         ///< all parameters
  weight,           ///< all parameters, fp32
  first_moment,     ///< all parameters
  second_moment     ///< all parameters
};

/// Steps that may be enqueued, or done, before their marks' times are taken.
inline constexpr std::uint64_t kept_steps = 8;

/// Work of a lane is done in the order in which it is enqueued. Every call may return before its work is done
/// (a GPU) or after it (the host). Calls come from one thread.
/// With StepOptions::inference only embed(), forward() and sum_outputs() are asked for: a machine has neither
/// gradients nor moments then, nor master weights; weights are kept as T, and read as that (Array::weight).
/// Of the outputs it keeps those of the layer worked on last and of the one before.
class StepMachine {
 public:
  virtual ~StepMachine() = default;

  /// Marks from here on belong to another step. Those of kept_steps steps are kept, this one among them; of
  /// more that were not taken the oldest are lost.
  virtual void open_step() = 0;
  /// Notes the moment at which `lane` gets here.
  virtual void mark(Lane lane, int mark) = 0;
  /// `lane` goes on only when the mark of this step, set before, has been reached on its own lane.
  virtual void wait(Lane lane, int mark) = 0;

  // Compute lane:
  virtual void take_batch() = 0;  ///< the next one from the input; waits for it
  virtual void embed() = 0;       ///< x_0
  virtual void forward(int layer) = 0;
  virtual void sum_outputs(int layer) = 0;    ///< y over the ranks that share the layer, their mean
  virtual void sum_gradients(int layer) = 0;  ///< dy of the layer before, likewise
  virtual void loss() = 0;
  /// `add`: gradients are added to what is there (not the first micro-batch).
  virtual void backward(int layer, bool add) = 0;
  virtual void embed_gradient(bool add) = 0;
  virtual void update(Bucket const& bucket) = 0;
  /// Before the first update of a step: AdamW's step number is one more.
  virtual void next_update() = 0;
  /// How often next_update() was done since the beginning or restart(); settles first.
  virtual std::uint64_t updates() = 0;

  /// Bytes [begin, end) of the state as it is when the lane gets here, to host memory. The state: master
  /// weights, then first, then second moments of all parameters, fp32 (state_bytes()).
  virtual void copy_state(std::uint64_t begin, std::uint64_t end, std::byte* to) = 0;

  // Communication lane:
  virtual void reduce(Bucket const& bucket) = 0;  ///< the sum of its gradients over ranks

  /// Until everything enqueued is done. Throws DeviceError.
  virtual void settle() = 0;
  /// Until the last copy_state() is done, whatever follows it. Throws DeviceError. The one call that may come
  /// from another thread, while others go on.
  virtual void await_copy() = 0;
  /// Host memory that copy_state() fills at full speed (a GPU: pinned), from a multiple of 4096 on. Throws
  /// OutOfMemory.
  virtual std::shared_ptr<std::byte> state_memory(std::uint64_t bytes) = 0;
  /// Seconds, on one clock, of the marks of the oldest step that is done and was not handed out: one for each
  /// mark, negative where it was not set. False: there is none. In the order of the steps, none left out:
  /// only then do ranks speak of the same step.
  virtual bool take_times(std::span<double> seconds) = 0;
  /// For whoever waits for take_times(), and has waited `seconds`: throws DeviceError when steps will never
  /// be done. A machine whose calls return after their work has nothing to look at.
  virtual void look(double /*seconds*/) {}

  virtual int ranks() const = 0;  ///< over which gradients are summed
  virtual int rank() const = 0;   ///< which of these this one is
  /// Weights as they were at the beginning, moments 0, no steps done.
  virtual void restart() = 0;
  /// The elements of an array, as numbers; settles first. `layer` where the array is a layer's.
  virtual std::vector<double> read(Array array, int layer, std::span<std::uint64_t const> indices) = 0;
  /// The batch that is the same in every step, in place of the input (verification), or the input again.
  virtual void use_fixed_batch(bool fixed) = 0;
  /// Of all master weights' bits, in order: XXH3 or any other 64-bit hash, the same on every machine of a
  /// kind.
  virtual std::uint64_t weights_hash() = 0;
  virtual std::vector<std::pair<std::string, std::string>> facts() = 0;
};

/// First weights: uniform in +-sqrt(3 / inputs), so that y is of the order of 1; the embedding's in +-0.02.
/// Target of the loss: uniform in [-1, 1). The fixed batch: x_0's elements, uniform in [-1, 1), other
/// for each rank (its number in the group); every micro-batch gets the same.
/// All by kernels/training's formulas, from the case's seed: see step_data.hpp.

}  // namespace muster::train
