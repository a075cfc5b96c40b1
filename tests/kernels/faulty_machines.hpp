// A training step's machine that passes all on to another, and others that plant a fault on the way.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kernels/train_step/machine.hpp"

namespace muster::train::test {

/// Does what another machine does; tests plant faults by overriding.
class PassingOn : public StepMachine {
 public:
  explicit PassingOn(std::unique_ptr<StepMachine> inner) : own_(std::move(inner)), inner_(*own_) {}

  void open_step() override { inner_.open_step(); }
  void mark(Lane lane, int mark) override { inner_.mark(lane, mark); }
  void wait(Lane lane, int mark) override { inner_.wait(lane, mark); }
  void take_batch() override { inner_.take_batch(); }
  void embed() override { inner_.embed(); }
  void forward(int layer) override { inner_.forward(layer); }
  void sum_outputs(int layer) override { inner_.sum_outputs(layer); }
  void sum_gradients(int layer) override { inner_.sum_gradients(layer); }
  void loss() override { inner_.loss(); }
  void backward(int layer, bool add) override { inner_.backward(layer, add); }
  void embed_gradient(bool add) override { inner_.embed_gradient(add); }
  void update(Bucket const& bucket) override { inner_.update(bucket); }
  void next_update() override { inner_.next_update(); }
  std::uint64_t updates() override { return inner_.updates(); }
  void copy_state(std::uint64_t begin, std::uint64_t end, std::byte* to) override {
    inner_.copy_state(begin, end, to);
  }
  void reduce(Bucket const& bucket) override { inner_.reduce(bucket); }
  void settle() override { inner_.settle(); }
  void await_copy() override { inner_.await_copy(); }
  std::shared_ptr<std::byte> state_memory(std::uint64_t bytes) override { return inner_.state_memory(bytes); }
  bool take_times(std::span<double> seconds) override { return inner_.take_times(seconds); }
  int ranks() const override { return inner_.ranks(); }
  int rank() const override { return inner_.rank(); }
  void restart() override { inner_.restart(); }
  std::vector<double> read(Array array, int layer, std::span<std::uint64_t const> indices) override {
    return inner_.read(array, layer, indices);
  }
  void use_fixed_batch(bool fixed) override { inner_.use_fixed_batch(fixed); }
  std::uint64_t weights_hash() override { return inner_.weights_hash(); }
  std::vector<std::pair<std::string, std::string>> facts() override { return inner_.facts(); }

 private:
  std::unique_ptr<StepMachine> own_;

 protected:
  StepMachine& inner_;
};

/// One bucket is never summed.
class DropsBucket final : public PassingOn {
 public:
  DropsBucket(std::unique_ptr<StepMachine> inner, Bucket const& bucket)
      : PassingOn(std::move(inner)), begin_(bucket.begin) {}
  void reduce(Bucket const& bucket) override {
    if (bucket.begin != begin_) inner_.reduce(bucket);
  }

 private:
  std::uint64_t begin_;
};

/// One bucket's update is left out.
class SkipsUpdate final : public PassingOn {
 public:
  SkipsUpdate(std::unique_ptr<StepMachine> inner, Bucket const& bucket)
      : PassingOn(std::move(inner)), begin_(bucket.begin) {}
  void update(Bucket const& bucket) override {
    if (bucket.begin != begin_) inner_.update(bucket);
  }

 private:
  std::uint64_t begin_;
};

/// A layer's backward pass is done once and then never again: its buffers keep what was in them.
class KeepsGradient final : public PassingOn {
 public:
  KeepsGradient(std::unique_ptr<StepMachine> inner, int layer) : PassingOn(std::move(inner)), layer_(layer) {}
  void backward(int layer, bool add) override {
    if (layer != layer_ || !done_) inner_.backward(layer, add);
    done_ = done_ || layer == layer_;
  }

 private:
  int layer_;
  bool done_ = false;
};

/// Only every so many batches are taken; the others are the one before once more.
class KeepsBatch final : public PassingOn {
 public:
  KeepsBatch(std::unique_ptr<StepMachine> inner, int every) : PassingOn(std::move(inner)), every_(every) {}
  void take_batch() override {
    if (taken_++ % every_ == 0) inner_.take_batch();
  }

 private:
  int every_, taken_ = 0;
};

/// Two layers of one shape change places, in the forward pass or in both.
class SwapsLayers final : public PassingOn {
 public:
  SwapsLayers(std::unique_ptr<StepMachine> inner, int one, int other, bool backward_too)
      : PassingOn(std::move(inner)), one_(one), other_(other), backward_too_(backward_too) {}
  void forward(int layer) override { inner_.forward(swapped(layer)); }
  void backward(int layer, bool add) override {
    inner_.backward(backward_too_ ? swapped(layer) : layer, add);
  }

 private:
  int swapped(int layer) const { return layer == one_ ? other_ : layer == other_ ? one_ : layer; }

  int one_, other_;
  bool backward_too_;
};

/// Sums of gradients take their time, as on a GPU: they are done when somebody waits for their mark, or for
/// everything. Where `waits` is false, an update does not wait.
class SumsLater final : public PassingOn {
 public:
  SumsLater(std::unique_ptr<StepMachine> inner, bool waits) : PassingOn(std::move(inner)), waits_(waits) {}
  void reduce(Bucket const& bucket) override { waiting_.push_back({bucket, -1}); }
  void mark(Lane lane, int mark) override {
    if (lane == Lane::communication && !waiting_.empty() && waiting_.back().mark < 0)
      waiting_.back().mark = mark;
    inner_.mark(lane, mark);
  }
  void wait(Lane lane, int mark) override {
    if (lane == Lane::compute && waits_) finish(mark);
    inner_.wait(lane, mark);
  }
  void settle() override { finish(-1); }
  std::vector<double> read(Array array, int layer, std::span<std::uint64_t const> indices) override {
    settle();
    return inner_.read(array, layer, indices);
  }
  std::uint64_t weights_hash() override {
    settle();
    return inner_.weights_hash();
  }
  void open_step() override {
    settle();
    inner_.open_step();
  }

 private:
  struct Waiting {
    Bucket bucket;
    int mark;
  };
  /// All up to the one that ends with `mark`; -1: all.
  void finish(int mark) {
    while (!waiting_.empty()) {
      auto const next = waiting_.front();
      waiting_.pop_front();
      inner_.reduce(next.bucket);
      if (mark >= 0 && next.mark == mark) return;
    }
  }

  bool waits_;
  std::deque<Waiting> waiting_{};
};

/// Neither weights nor moments nor the number of updates go back to the beginning.
class NeverRestarts final : public PassingOn {
 public:
  using PassingOn::PassingOn;
  void restart() override {}
};

/// The optimiser's step number moves on by two.
class CountsTwice final : public PassingOn {
 public:
  using PassingOn::PassingOn;
  void next_update() override {
    inner_.next_update();
    inner_.next_update();
  }
};

/// Layers that ranks share are not summed.
class SharesNothing final : public PassingOn {
 public:
  SharesNothing(std::unique_ptr<StepMachine> inner, bool outputs)
      : PassingOn(std::move(inner)), outputs_(outputs) {}
  void sum_outputs(int layer) override {
    if (!outputs_) inner_.sum_outputs(layer);
  }
  void sum_gradients(int layer) override {
    if (outputs_) inner_.sum_gradients(layer);
  }

 private:
  bool outputs_;
};

/// Weights of one rank have other bits.
class OtherBits final : public PassingOn {
 public:
  using PassingOn::PassingOn;
  std::uint64_t weights_hash() override { return inner_.weights_hash() + 1; }
};

}  // namespace muster::train::test
