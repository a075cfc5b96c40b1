// When the marks of the last few steps were reached on a GPU's two lanes.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/cuda/stream.hpp"
#include "kernels/train_step/machine.hpp"

namespace muster::train::cuda {

/// Events, of which none is ever waited for by the host. The time of a step's marks counts from its own
/// beginning, since CUDA tells times between events in floats of milliseconds: over an hour they would be
/// 0.25 ms coarse.
class StepClock {
 public:
  struct Lanes {
    cudaStream_t compute, communication;
    cudaStream_t of(Lane lane) const { return lane == Lane::compute ? compute : communication; }
  };
  /// `recorded`: steps are recorded, which takes events of another kind beside the timed ones.
  StepClock(Lanes const& lanes, int marks, bool recorded);

  void open();
  int slot() const { return static_cast<int>((opened_ - 1) % kept_steps); }  ///< of the step opened last

  void mark(Lane lane, int mark);
  void wait(Lane lane, int mark);
  // The same while the lanes are being recorded.
  void mark_recorded(Lane lane, int mark);
  void wait_recorded(Lane lane, int mark);
  /// A recording has been launched that will set the mark.
  void will_be_set(Lane lane, int mark);

  /// As StepMachine::take_times().
  bool take(std::span<double> seconds);

 private:
  struct Step {
    muster::cuda::Event begin{muster::cuda::Event::Timing::on};
    muster::cuda::Event end{};  ///< events of a recording tell nothing before it has reached them
    std::vector<muster::cuda::Event> marks{};
    std::vector<char> set{};
    std::array<int, 2> last{};  ///< of each lane; -1: none
    bool done() const;
  };
  Step& now() { return steps_[static_cast<std::size_t>(slot())]; }
  double begin_of(Step const& step) const;

  Lanes lanes_;
  std::array<Step, kept_steps> steps_{};
  std::vector<muster::cuda::Event> order_{};  ///< of marks inside a recording
  muster::cuda::Event anchor_{
      muster::cuda::Event::Timing::on};  ///< the beginning of the step handed out last
  double anchor_seconds_ = 0;
  bool anchored_ = false;
  std::uint64_t opened_ = 0, taken_ = 0;
};

}  // namespace muster::train::cuda
