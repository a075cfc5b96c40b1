// The order of a training step's work, and the marks that tell where its time goes.
#pragma once
#include <vector>

#include "kernels/train_step/machine.hpp"

namespace muster::train {

/// The numbers of a step's marks.
class StepMarks {
 public:
  explicit StepMarks(StepPlan const& plan);

  // Of each micro-batch, on the compute lane.
  int begin(int micro) const { return 4 * micro; }
  int batch_taken(int micro) const { return 4 * micro + 1; }
  int forward_end(int micro) const { return 4 * micro + 2; }
  int backward_end(int micro) const { return 4 * micro + 3; }
  // Of each bucket.
  int ready(int bucket) const { return buckets_ + 5 * bucket; }  ///< compute: its gradients are complete
  int reduce_begin(int bucket) const { return buckets_ + 5 * bucket + 1; }  ///< communication
  int reduce_end(int bucket) const { return buckets_ + 5 * bucket + 2; }    ///< communication
  int resumed(int bucket) const { return buckets_ + 5 * bucket + 3; }       ///< compute: it waits no more
  int updated(int bucket) const { return buckets_ + 5 * bucket + 4; }       ///< compute
  /// Sums over ranks that share a layer, in the order of the schedule: [begin, end] of each, on the compute
  /// lane.
  int sum_begin(int sum) const { return sums_ + 2 * sum; }
  int sum_end(int sum) const { return sums_ + 2 * sum + 1; }
  /// The state is being taken, or written (steps with a checkpoint; not set in the others), on the compute
  /// lane.
  int checkpoint_begin() const { return checkpoint_; }
  int checkpoint_end() const { return checkpoint_ + 1; }
  int end() const { return checkpoint_ + 2; }  ///< compute
  int count() const { return end() + 1; }

  int micros() const { return micros_; }
  int bucket_count() const { return (sums_ - buckets_) / 5; }
  int sum_count() const { return (checkpoint_ - sums_) / 2; }
  int forward_sums() const { return forward_sums_; }  ///< of a micro-batch
  int sums_of_micro() const { return sums_of_micro_; }

 private:
  int micros_, buckets_, sums_, checkpoint_, forward_sums_, sums_of_micro_;
};

/// Which parts of a step are done; all of them in training, some of them to see what each costs by itself.
struct StepParts {
  bool input = true, compute = true, communicate = true;
};

/// Takes the state of a step whose updates are enqueued: what writes checkpoints.
class StateTaker {
 public:
  virtual ~StateTaker() = default;
  /// The state may change again when the compute lane has done what this has enqueued.
  virtual void take(StepMachine& machine) = 0;
};

/// Enqueues one step: batch, forward pass, backward pass in reverse order, each bucket summed on the
/// communication lane as soon as it is ready (overlap) or after the backward pass, updates in the same order;
/// at the end `checkpoint`, where this step has one. Does nothing but call the machine: no allocation, no
/// waiting of its own.
void enqueue_step(StepPlan const& plan, StepMarks const& marks, StepParts const& parts, StepMachine& machine,
                  StateTaker* checkpoint = nullptr);

/// Enqueues one forward pass (StepOptions::inference): the batch, the layers, and with parts.communicate the
/// sums among ranks that share layers.
void enqueue_pass(StepPlan const& plan, StepParts const& parts, StepMachine& machine);

}  // namespace muster::train
