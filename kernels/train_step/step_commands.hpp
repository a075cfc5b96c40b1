// The pieces of a training step's work as values, so that a step can be kept, compared, and done again.
#pragma once
#include "kernels/train_step/machine.hpp"
#include "kernels/train_step/step_input.hpp"

namespace muster::train {

struct Command {
  enum class Kind {
    mark,
    wait,
    embed,
    forward,
    sum_outputs,
    sum_gradients,
    loss,
    backward,
    embed_gradient,
    next_update,
    update,
    reduce
  };
  Kind kind = Kind::mark;
  Lane lane = Lane::compute;  ///< mark, wait
  int number = 0;             ///< of the mark or the layer
  bool add = false;           ///< to the gradients that are there
  Bucket bucket{};
  BatchView batch{};  ///< that x_0 is made of
};

inline bool operator==(Command const& a, Command const& b) {
  bool const same_bucket =
      a.bucket.begin == b.bucket.begin && a.bucket.end == b.bucket.end && a.bucket.after == b.bucket.after;
  bool const same_batch =
      a.batch.data == b.batch.data && a.batch.count == b.batch.count && a.batch.kind == b.batch.kind;
  return a.kind == b.kind && a.lane == b.lane && a.number == b.number && a.add == b.add && same_bucket &&
         same_batch;
}

}  // namespace muster::train
