// What a training step does besides its products, on the host: passes over arrays. Each function does the
// part of the elements that it is given, so that a team can share them out; what an element becomes does not
// depend on the parts.
#pragma once
#include <cstdint>

#include "kernels/contract/share.hpp"
#include "kernels/train_step/layer_terms.hpp"
#include "kernels/train_step/step_input.hpp"
#include "kernels/training/adamw.hpp"

namespace muster::train {

/// to[i] = (the sum of phi(from) over its terms + s) x scale; s: operand_sign(i) where `signs` is set, else
/// 0.
struct Gather {
  float* to = nullptr;
  float const* from = nullptr;
  Terms terms{};
  float scale = 1;
  bool signs = false;  ///< only of single terms
};
void gather(Gather const& job, Share part);

/// Terms in an array, times `scale`.
struct Summed {
  float const* from = nullptr;
  Terms terms{};
  float scale = 1;
};

/// to[i] = phi'(outputs[i]) x (the sums of both): what goes back through gather().
/// Without `outputs` the sum itself, on top of what is there where `add` is set.
struct Adjoint {
  float* to = nullptr;
  float const* outputs = nullptr;
  Summed inputs{}, operand{};
  bool add = false;
};
void adjoint(Adjoint const& job, Share part);

/// to[k] = batch[k mod its count] + embedding[k mod embedding_count]; without an embedding the batch alone.
struct Embedding {
  float* to = nullptr;
  std::uint64_t count = 0;
  BatchView batch{};
  float const* embedding = nullptr;
  std::uint64_t embedding_count = 0;
};
/// Throws std::logic_error for a batch of 16-bit numbers, which no input of the host makes.
void embed(Embedding const& job, Share part);

/// gradient[j] = (outputs[j] - target(key, j)) / count.
struct Loss {
  float* gradient = nullptr;
  float const* outputs = nullptr;
  std::uint64_t key = 0, count = 1;
};
void loss(Loss const& job, Share part);

/// One step of AdamW with the mean of `parts` gradients, of which `gradient` is the sum.
struct Update {
  float *weight = nullptr, *first_moment = nullptr, *second_moment = nullptr;
  float const* gradient = nullptr;
  int parts = 1;
  training::AdamwStep step{};
};
void update(Update const& job, Share part);

}  // namespace muster::train
