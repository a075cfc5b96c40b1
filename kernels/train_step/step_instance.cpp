#include "kernels/train_step/step_instance.hpp"

#include "kernels/collective/collective_instance.hpp"
#include "kernels/train_step/left_out_of_model.hpp"
#include "kernels/train_step/step_check.hpp"

namespace muster::train {
namespace {

template <class List>
void append(List& list, List more) {
  for (auto& one : more) list.push_back(std::move(one));
}

}  // namespace

StepInstance::StepInstance(StepPlan plan, std::unique_ptr<StepInput> input,
                           std::unique_ptr<StepMachine> machine, Context& context,
                           std::unique_ptr<Checkpoints> checkpoints)
    : context_(context),
      plan_(std::move(plan)),
      marks_(plan_),
      teams_(step_teams(plan_.tensor_parallel, context.group)),
      input_(std::move(input)),
      machine_(std::move(machine)),
      checkpoints_(std::move(checkpoints)),
      runner_(plan_, marks_, *machine_),
      record_(marks_) {
  runner_.tell([this](std::span<double const> seconds) { record_.add(seconds); });
}

void StepInstance::launch() {
  if (std::exchange(paused_, false)) {
    runner_.start_over();
    input_->resume();
  }
  bool const due = checkpoints_ && checkpoints_->due(step_++);
  runner_.run({}, due ? checkpoints_.get() : nullptr);
}

/// A recording is made when a step comes to its place for times again: in all places before any of them
/// counts.
void StepInstance::sampling_begins() {
  for (std::uint64_t i = 0; plan_.options.graph && i < 2 * kept_steps; ++i) launch();
  runner_.finish();
  record_.clear();
}

double StepInstance::samples_of_all() const {
  return static_cast<double>(plan_.samples) * plan_.options.accumulate * machine_->ranks();
}

Work StepInstance::work() const {
  auto const micros = static_cast<std::uint64_t>(plan_.options.accumulate);
  auto const ranks = static_cast<std::uint64_t>(context_.group.size());
  return {.flops = ranks * micros * (plan_.forward_flops() + plan_.backward_flops()),
          .items = static_cast<std::uint64_t>(samples_of_all())};
}

Regime StepInstance::regime() const {
  return plan_.options.endurance ? Regime::endurance : Regime::sustained;
}

Verdict StepInstance::verify() {
  runner_.finish();
  paused_ = true;
  if (checkpoints_) checkpoints_->finish();
  auto const step = check_step(plan_, marks_, *machine_, context_.group, context_.seed);
  auto const input = input_->verify();
  if (!step.ok()) return step;
  if (!input.ok()) return input;
  return checkpoints_ ? checkpoints_->verify() : step;
}

/// The input is asked first: batches that are taken later, alone, say nothing of the steps.
StepMeasured StepInstance::measure() {
  StepMeasured measured{.mean = record_.mean(),
                        .steps = record_.count(),
                        .alone = AloneTimes(marks_),
                        .bytes_of_batch = input_->bytes_of_batch()};
  auto const team = teams_.reducers[static_cast<std::size_t>(context_.group.rank())];
  measured.team = team, measured.teams = teams_.sharing;
  measured.ranks = compare_ranks(record_, team, teams_.sharing, context_.group);
  on_all_ranks(context_.group, [&] {  // group calls follow
    measured.input_figures = input_->figures();
    measured.input_facts = input_->facts();
  });
  auto const rounds = alone_rounds(context_.group.max(measured.mean.step));
  measured.alone = measure_alone(plan_, marks_, *input_, *machine_, rounds, context_);
  return measured;
}

/// Batches were taken since it was last verified. Throws what it throws; the group's calls are over.
void StepInstance::require_input() {
  if (auto const verdict = input_->verify(); !verdict.ok())
    throw DeviceError(verdict.method + ": " + verdict.detail + " (while parts of the step were timed alone)");
}

std::optional<Bound> StepInstance::bound() {
  report_ = report_of(plan_, measure(), context_.device, context_.group);
  require_input();
  return Bound{"the_longest_alone", samples_of_all() / report_->limit, "samples/s"};
}

std::vector<Figure> StepInstance::figures() {
  auto figures = figures_of(plan_, *report_, samples_of_all(), context_.group.rank());
  append(figures, report_->measured.input_figures);
  if (checkpoints_) append(figures, checkpoints_->figures());
  return figures;
}

std::vector<Matrix> StepInstance::matrices() {
  return context_.group.rank() == 0 ? matrices_of(*report_) : std::vector<Matrix>{};
}

std::vector<std::pair<std::string, std::string>> StepInstance::facts() {
  auto facts = facts_of(*report_);
  // The input's own bottleneck is not that of the whole.
  for (auto [name, text] : report_->measured.input_facts)
    facts.emplace_back((name.find("bottleneck") == std::string::npos ? "" : "input_") + name, text);
  facts.emplace_back("left_out_of_model", left_out_of_model(plan_));
  append(facts, facts_of_parts(plan_.tensor_parallel, teams_));
  append(facts, machine_->facts());
  if (checkpoints_) append(facts, checkpoints_->facts());
  return facts;
}

}  // namespace muster::train
