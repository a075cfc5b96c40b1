// A training step's machine that does nothing, for tests that need one call of it or two.
#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernels/dataload/memory.hpp"
#include "kernels/train_step/machine.hpp"

namespace muster::train::test {

class NullMachine : public StepMachine {
 public:
  void open_step() override {}
  void mark(Lane, int) override {}
  void wait(Lane, int) override {}
  void take_batch() override {}
  void embed() override {}
  void forward(int) override {}
  void sum_outputs(int) override {}
  void sum_gradients(int) override {}
  void loss() override {}
  void backward(int, bool) override {}
  void embed_gradient(bool) override {}
  void update(Bucket const&) override {}
  void next_update() override {}
  std::uint64_t updates() override { return 0; }
  void copy_state(std::uint64_t, std::uint64_t, std::byte*) override {}
  void reduce(Bucket const&) override {}
  void settle() override {}
  void await_copy() override {}
  std::shared_ptr<std::byte> state_memory(std::uint64_t bytes) override {
    return dataload::allocate_pages(bytes);
  }
  bool take_times(std::span<double>) override { return false; }
  int ranks() const override { return 1; }
  int rank() const override { return 0; }
  void restart() override {}
  std::vector<double> read(Array, int, std::span<std::uint64_t const> indices) override {
    return std::vector<double>(indices.size());
  }
  void use_fixed_batch(bool) override {}
  std::uint64_t weights_hash() override { return 0; }
  std::vector<std::pair<std::string, std::string>> facts() override { return {}; }
};

}  // namespace muster::train::test
