#include "kernels/train_step/schedule.hpp"

#include <algorithm>

namespace muster::train {
namespace {

int count_of(StepPlan const& plan, bool PlannedLayer::*flag) {
  return static_cast<int>(std::ranges::count_if(plan.layers, [&](auto const& layer) { return layer.*flag; }));
}

/// One step's way through the machine.
class Enqueuer {
 public:
  Enqueuer(StepPlan const& plan, StepMarks const& marks, StepParts const& parts, StepMachine& machine,
           StateTaker* checkpoint)
      : plan_(plan), marks_(marks), parts_(parts), machine_(machine), checkpoint_(checkpoint) {}

  void run() {
    machine_.open_step();
    for (int micro = 0; micro < marks_.micros(); ++micro) run_micro(micro);
    if (!plan_.options.overlap) {
      for (int bucket = 0; bucket < marks_.bucket_count(); ++bucket) reduce(bucket);
    }
    update_all();
    take_state();
    machine_.mark(Lane::compute, marks_.end());
  }

 private:
  void run_micro(int micro) {
    machine_.mark(Lane::compute, marks_.begin(micro));
    if (parts_.input) machine_.take_batch();
    machine_.mark(Lane::compute, marks_.batch_taken(micro));
    forward();
    machine_.mark(Lane::compute, marks_.forward_end(micro));
    backward(micro);
    machine_.mark(Lane::compute, marks_.backward_end(micro));
  }

  void forward() {
    if (parts_.compute) machine_.embed();
    for (int layer = 0; layer < static_cast<int>(plan_.layers.size()); ++layer) {
      if (parts_.compute) machine_.forward(layer);
      if (plan_.layers[static_cast<std::size_t>(layer)].sum_outputs)
        sum([&] { machine_.sum_outputs(layer); });
    }
    if (parts_.compute) machine_.loss();
  }

  void backward(int micro) {
    bool const add = micro > 0, last = micro + 1 == marks_.micros();
    int bucket = 0;
    for (int layer = static_cast<int>(plan_.layers.size()) - 1; layer >= 0; --layer) {
      backward_layer(layer, add);
      if (last) finish_buckets(layer, bucket);
    }
    if (parts_.compute && plan_.first_data_gradient()) machine_.embed_gradient(add);
    if (last) finish_buckets(-1, bucket);
  }

  void backward_layer(int layer, bool add) {
    if (parts_.compute) machine_.backward(layer, add);
    if (layer > 0 && plan_.layers[static_cast<std::size_t>(layer)].sum_gradients)
      sum([&] { machine_.sum_gradients(layer); });
  }

  void finish_buckets(int layer, int& bucket) {
    while (bucket < marks_.bucket_count() && plan_.buckets[static_cast<std::size_t>(bucket)].after == layer) {
      machine_.mark(Lane::compute, marks_.ready(bucket));
      if (plan_.options.overlap) reduce(bucket);
      ++bucket;
    }
  }

  void reduce(int bucket) {
    if (!reduces()) return;
    machine_.wait(Lane::communication,
                  plan_.options.overlap ? marks_.ready(bucket) : marks_.backward_end(marks_.micros() - 1));
    machine_.mark(Lane::communication, marks_.reduce_begin(bucket));
    machine_.reduce(plan_.buckets[static_cast<std::size_t>(bucket)]);
    machine_.mark(Lane::communication, marks_.reduce_end(bucket));
  }

  void update_all() {
    if (parts_.compute) machine_.next_update();
    for (int bucket = 0; bucket < marks_.bucket_count(); ++bucket) {
      if (reduces()) machine_.wait(Lane::compute, marks_.reduce_end(bucket));
      machine_.mark(Lane::compute, marks_.resumed(bucket));
      if (parts_.compute) machine_.update(plan_.buckets[static_cast<std::size_t>(bucket)]);
      machine_.mark(Lane::compute, marks_.updated(bucket));
    }
  }

  void take_state() {
    if (!checkpoint_) return;
    machine_.mark(Lane::compute, marks_.checkpoint_begin());
    checkpoint_->take(machine_);
    machine_.mark(Lane::compute, marks_.checkpoint_end());
  }

  template <class Call>
  void sum(Call&& call) {
    machine_.mark(Lane::compute, marks_.sum_begin(sums_));
    if (parts_.communicate) call();
    machine_.mark(Lane::compute, marks_.sum_end(sums_));
    ++sums_;
  }

  bool reduces() const { return parts_.communicate && machine_.ranks() > 1; }

  StepPlan const& plan_;
  StepMarks const& marks_;
  StepParts const& parts_;
  StepMachine& machine_;
  StateTaker* checkpoint_;
  int sums_ = 0;
};

}  // namespace

StepMarks::StepMarks(StepPlan const& plan)
    : micros_(plan.options.accumulate),
      buckets_(4 * micros_),
      forward_sums_(count_of(plan, &PlannedLayer::sum_outputs)) {
  // The first layer's data gradient goes nowhere that has to be summed.
  sums_of_micro_ = forward_sums_ + count_of(plan, &PlannedLayer::sum_gradients) -
                   (!plan.layers.empty() && plan.layers.front().sum_gradients ? 1 : 0);
  sums_ = buckets_ + 5 * static_cast<int>(plan.buckets.size());
  checkpoint_ = sums_ + 2 * sums_of_micro_ * micros_;
}

void enqueue_step(StepPlan const& plan, StepMarks const& marks, StepParts const& parts, StepMachine& machine,
                  StateTaker* checkpoint) {
  Enqueuer(plan, marks, parts, machine, checkpoint).run();
}

void enqueue_pass(StepPlan const& plan, StepParts const& parts, StepMachine& machine) {
  machine.take_batch();
  machine.embed();
  for (int layer = 0; layer < static_cast<int>(plan.layers.size()); ++layer) {
    machine.forward(layer);
    if (parts.communicate && plan.layers[static_cast<std::size_t>(layer)].sum_outputs)
      machine.sum_outputs(layer);
  }
}

}  // namespace muster::train
