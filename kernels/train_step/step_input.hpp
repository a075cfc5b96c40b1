// Where a training step's batches come from: the model's input profile through the family dataload, or one
// batch that was made once.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernels/contract/workload.hpp"
#include "kernels/train_step/step_plan.hpp"

namespace muster::train {

/// A batch in the device's memory; the step takes its elements in turn, from the first again after the last.
struct BatchView {
  enum class Kind { float32, float16, bfloat16, bytes };  ///< bytes: b stands for (b - 127.5) / 127.5
  void const* data = nullptr;
  std::uint64_t count = 0;
  Kind kind = Kind::float32;
};

constexpr std::size_t bytes_of(BatchView::Kind kind) {
  switch (kind) {
    case BatchView::Kind::float32:
      return 4;
    case BatchView::Kind::float16:
    case BatchView::Kind::bfloat16:
      return 2;
    case BatchView::Kind::bytes:
      return 1;
  }
  return 1;
}

class StepInput {
 public:
  virtual ~StepInput() = default;
  /// The next batch. Waits for it, or (a GPU) makes the device's queue wait; the one before may be written
  /// over once what was enqueued until now is done.
  virtual BatchView next() = 0;
  virtual void
  resume() = 0;  ///< metering starts anew; what was made ready while nobody waited is used up first
  /// Before a time in which no batch is asked for: returns when nothing is being made ready any more, so that
  /// what follows is alone (or after a minute, which slow storage may want).
  virtual void rest() {}
  virtual std::uint64_t batches() const = 0;  ///< taken so far
  virtual double bytes_of_batch() const = 0;  ///< mean, from storage; 0: nothing is read
  virtual Verdict verify() = 0;
  /// Of the input alone and inside: the figures and facts of dataload's summary.
  virtual std::vector<Figure> figures() = 0;
  virtual std::vector<std::pair<std::string, std::string>> facts() = 0;
};

/// Of the synthetic set, before they are cropped; `images` also of one's own.
struct InputPictures {
  std::int64_t images = 2000, width = 500, height = 375;
};

/// Where `given` leaves images, width or height to the profile: ImageNet's 500 x 375; a camera's 1280 x 960,
/// as many pixels as its network takes, and few, since they are large (but one for each rank). A small
/// likeness of a model has small pictures. `given` without these parameters is as if they were left to it.
InputPictures input_pictures(StepPlan const& plan, Params const& given, Context const& context);

/// The parameters that dataload's workloads get for the plan's profile: batch, size, ... beside their
/// defaults. `samples` pictures (or camera: samples x pictures) a batch.
Params pipeline_params(StepPlan const& plan, Params const& given, Context const& context);

/// The fact that says what input_pictures() were; none where one's own are read.
std::vector<std::pair<std::string, std::string>> picture_facts(InputPictures const& pictures,
                                                               Context const& context);

/// The backend's input for the plan: one batch made once where nothing is read, else by the model's profile.
template <class Fixed, class Tokens, class Pictures>
std::unique_ptr<StepInput> input_for(StepPlan const& plan, Params const& given, Context& context) {
  if (!plan.options.input) return std::make_unique<Fixed>(plan, context);
  switch (plan.input) {
    case Network::Input::none:
      return std::make_unique<Fixed>(plan, context);
    case Network::Input::tokens:
      return std::make_unique<Tokens>(plan, given, context);
    case Network::Input::pictures:
    case Network::Input::camera:
      return std::make_unique<Pictures>(plan, given, context);
  }
  return nullptr;
}

}  // namespace muster::train
