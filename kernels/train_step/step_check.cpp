#include "kernels/train_step/step_check.hpp"

#include "kernels/contract/random.hpp"
#include "kernels/train_step/micro_examination.hpp"
#include "kernels/train_step/step_examination.hpp"
#include "kernels/train_step/step_replay.hpp"

namespace muster::train {
namespace {

constexpr char const* method =
    "samples of every array of a step in fp64, from its operands; the optimiser bit for bit; weights' bits "
    "over "
    "the ranks; ";

/// Batches in a row that may be the same by chance (a folder with few files) and not by a fault.
constexpr int batches_looked_at = 3;

/// Work of the reference, which does about 1.2 GFLOP/s on one core (measured on an AMD EPYC that others used
/// as well). Before sampling some seconds are spent, once; after it a second at most.
constexpr std::uint64_t flops_of_new_machine = 5'000'000'000, flops_of_used_machine = 1'000'000'000;

class StepCheck {
 public:
  StepCheck(StepPlan const& plan, StepMarks const& marks, StepMachine& machine, Group& group,
            std::uint64_t seed)
      : plan_(plan), marks_(marks), machine_(machine), groups_(plan.tensor_parallel, group), seed_(seed) {}

  Verdict run() {
    machine_.settle();
    drop_times(marks_, machine_);
    findings_.merge(
        weights_agreement(groups_.teams(), groups_.everyones(machine_.weights_hash()), groups_.rank()));
    bool const reads = plan_.options.input && plan_.input != Network::Input::none;
    if (reads) look_at_input();
    machine_.use_fixed_batch(true);
    auto const text = plan_.options.inference ? forward_only() : whole_step();
    machine_.use_fixed_batch(false);
    if (reads && !plan_.options.inference) findings_.merge(check_batches(plan_, marks_, machine_, seed_));
    leave();
    return findings_.verdict(method + text);
  }

 private:
  void look_at_input() {
    auto const places =
        sampled_indices(stream_key(seed_, 0x5F00000000ULL), plan_.layers.front().input_count(), 64);
    machine_.open_step();
    machine_.take_batch();
    auto const first = machine_.read(Array::batch, 0, places);
    for (int more = 1; more < batches_looked_at; ++more) {
      machine_.take_batch();
      if (machine_.read(Array::batch, 0, places) != first) return;
    }
    findings_.fail("the input gave the same batch three times in a row");
  }

  std::string forward_only() {
    MicroExamination examination(plan_, machine_, groups_, seed_);
    machine_.open_step();
    examination.run_forward();
    findings_.merge(examination.findings());
    return "forward pass only";
  }

  /// As rank 0 says, so that all do the same.
  bool wants_reference() {
    bool const used = groups_.everyones(machine_.updates()).front() > 0;
    return small_enough_to_replay(plan_, groups_.all().size(),
                                  used ? flops_of_used_machine : flops_of_new_machine);
  }

  std::string whole_step() {
    bool const replays = wants_reference();
    findings_.merge(examine_step(plan_, machine_, groups_, seed_));
    machine_.restart();
    findings_.merge(check_restart(plan_, machine_, seed_));
    if (replays) {
      findings_.merge(check_against_reference(plan_, marks_, machine_, groups_, seed_));
      return "three steps against a reference in fp64";
    }
    findings_.merge(check_schedule(plan_, marks_, machine_, seed_));
    return "a step as it is enqueued against the same done piece by piece";
  }

  void leave() {
    machine_.restart();
    machine_.settle();
    drop_times(marks_, machine_);
  }

  StepPlan const& plan_;
  StepMarks const& marks_;
  StepMachine& machine_;
  StepGroups groups_;
  std::uint64_t seed_;
  StepFindings findings_{};
};

}  // namespace

Verdict check_step(StepPlan const& plan, StepMarks const& marks, StepMachine& machine, Group& group,
                   std::uint64_t seed) {
  return StepCheck(plan, marks, machine, group, seed).run();
}

}  // namespace muster::train
