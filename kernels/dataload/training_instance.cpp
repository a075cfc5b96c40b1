#include "kernels/dataload/training_instance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kernels/contract/error.hpp"

namespace muster::dataload {
namespace {

double seconds_between(MeterClock::time_point begin, MeterClock::time_point end) {
  return std::chrono::duration<double>(end - begin).count();
}

void append(std::vector<std::pair<std::string, std::string>>& facts,
            std::vector<std::pair<std::string, std::string>> more) {
  for (auto& fact : more) facts.push_back(std::move(fact));
}

/// Seconds of every step but the first, whose batch may have been there for long.
double summed(StepBlock const& block, double Step::*what) {
  double sum = 0;
  for (std::size_t i = 1; i < block.steps.size(); ++i) sum += block.steps[i].*what;
  return sum;
}

double mean_compute(StepBlock const& block) {
  return summed(block, &Step::compute) /
         static_cast<double>(std::max<std::size_t>(block.steps.size(), 2) - 1);
}

}  // namespace

TrainingSetup training_setup(Params const& params) {
  auto const& model = params.text("model");
  auto const& accelerator = params.text("accelerator");
  TrainingSetup setup{.step = params.text("step"), .decode = params.text("decode")};
  setup.model = training_model(model, accelerator).value_or(TrainingModel{model, accelerator, 0, 0, 0, 0});
  if (auto const batch = params.integer("batch"); batch > 0) setup.model.batch = static_cast<int>(batch);
  if (auto const seconds = params.real("seconds"); seconds > 0) setup.model.seconds = seconds;
  if (setup.model.batch > 0 && setup.model.seconds > 0) return setup;
  throw BadInput(
      fmt::format("no step of {} on {} is published (see the workload's sources) give batch and seconds",
                  model, accelerator));
}

TrainingInstance::TrainingInstance(TrainingSetup setup, std::unique_ptr<TrainingStep> step,
                                   std::unique_ptr<TrainingInput> input, Context& context)
    : context_(context), setup_(std::move(setup)), step_(std::move(step)), input_(std::move(input)) {}

void TrainingInstance::launch() {
  auto const called = MeterClock::now();
  auto const begun = std::exchange(begun_, std::nullopt).value_or(called);
  if (std::exchange(paused_, false)) {
    block_ = {.batch = input_->batch()};
    step_seconds_.clear();
    input_->resume();
  }
  input_->next();
  auto const loaded = MeterClock::now();
  step_->run();
  auto const done = MeterClock::now();
  block_.steps.push_back({seconds_between(called, loaded), seconds_between(loaded, done)});
  step_seconds_.push_back(seconds_between(begun, done));
  block_.seconds += step_seconds_.back();
}

Work TrainingInstance::work() const {
  return {.items = static_cast<std::uint64_t>(input_->batch()) *
                   static_cast<std::uint64_t>(context_.group.size())};
}

Verdict TrainingInstance::verify() {
  paused_ = true;
  begun_.reset();
  auto const input = input_->verify(), step = step_->verify();
  return input.ok() ? (step.ok() ? input : step) : input;
}

/// An accelerator that never waits: what is missing to it is what the input costs.
std::optional<Bound> TrainingInstance::bound() {
  double const each = samples() / step_->seconds();
  return Bound{"the_step_alone", each * context_.group.size(), "samples/s"};
}

PipelineSummary const& TrainingInstance::summary() {
  if (summary_) return *summary_;
  auto summary = input_->summary();
  summary.unit = "samples/s";
  double const steps = static_cast<double>(block_.steps.size());
  summary.pictures_per_second = block_.seconds > 0 ? steps * samples() / block_.seconds : 0;
  double const compute = mean_compute(block_);
  summary.stages.push_back(
      {"consumer", Resource::consumer, samples() / step_->seconds(), compute > 0 ? samples() / compute : 0});
  double const elapsed = block_.seconds - (step_seconds_.empty() ? 0 : step_seconds_.front());
  summary.stall_share = elapsed > 0 ? summed(block_, &Step::load) / elapsed : 0;
  summary.batch_seconds = step_seconds_;
  note_other_records(summary.mean_record_bytes);
  return summary_.emplace(std::move(summary));
}

/// A utilisation with records of another size says nothing about MLPerf Storage's.
void TrainingInstance::note_other_records(double mean_bytes) {
  double const nominal = setup_.model.record_bytes;
  if (nominal <= 0 || mean_bytes <= 0 || std::abs(mean_bytes / nominal - 1) < 0.25) return;
  context_.note(
      fmt::format("the records have {:.0f} bytes on average, {}'s have {:.0f}: the utilisation is of these "
                  "records, not of that "
                  "model's",
                  mean_bytes, setup_.model.model, nominal));
}

std::vector<Figure> TrainingInstance::step_figures() const {
  auto const& model = setup_.model;
  double const utilisation = accelerator_utilisation(block_), ranks = context_.group.size();
  double const v1 = ranks * samples_per_second_v1(block_), v2 = ranks * samples_per_second_v2(block_);
  std::vector<Figure> figures{{"accelerator_utilisation", utilisation, ""},
                              {"dlio_samples_per_second_v1", v1, "samples/s"},
                              {"dlio_samples_per_second_v2", v2, "samples/s"},
                              {"step_time", mean_compute(block_), "s"},
                              {"step_time_alone", step_->seconds(), "s"},
                              {"step_time_nominal", model.seconds, "s"},
                              {"steps", static_cast<double>(block_.steps.size()), ""},
                              {"batch", samples(), "samples"}};
  if (model.record_bytes > 0) {
    figures.push_back({"dlio_mib_per_second_v1", nominal_mib_per_second(v1, model.record_bytes), "MiB/s"});
    figures.push_back({"dlio_mib_per_second_v2", nominal_mib_per_second(v2, model.record_bytes), "MiB/s"});
    figures.push_back({"nominal_record_bytes", model.record_bytes, "B"});
  }
  if (model.utilisation > 0) {
    figures.push_back({"expected_utilisation", model.utilisation, ""});
    figures.push_back({"meets_expectation", utilisation >= model.utilisation ? 1.0 : 0.0, ""});
  }
  return figures;
}

std::vector<Figure> TrainingInstance::figures() {
  auto figures = figures_of(summary());
  auto const steps = step_figures();
  figures.insert(figures.end(), steps.begin(), steps.end());
  return figures;
}

std::vector<std::pair<std::string, std::string>> TrainingInstance::facts() {
  auto facts = input_->facts();
  // The input's own bottleneck is not that of the whole.
  std::erase_if(facts, [](auto const& fact) { return fact.first.find("bottleneck") != std::string::npos; });
  append(facts, {{"step", step_->words()}});
  append(facts, facts_of(summary()));
  return facts;
}

void RecordsInstance::reset() {
  if (std::exchange(paused_, false)) input_->restart();
}

void RecordsInstance::launch() {
  auto const begun = MeterClock::now();
  input_->next();
  batch_seconds_.add(seconds_between(begun, MeterClock::now()));
}

Verdict RecordsInstance::verify() {
  paused_ = true;
  return input_->verify();
}

PipelineSummary const& RecordsInstance::summary() {
  if (summary_) return *summary_;
  auto summary = input_->summary();
  summary.batch_seconds = batch_seconds_.values();
  summary.stall_share = 1;
  return summary_.emplace(std::move(summary));
}

/// The slower one of reading and copying, each alone.
std::optional<Bound> RecordsInstance::bound() {
  auto const slowest = std::ranges::min_element(summary().stages, {}, &StageRate::alone);
  if (slowest == summary().stages.end() || slowest->alone <= 0) return std::nullopt;
  return Bound{slowest->name + "_alone", slowest->alone, "records/s"};
}

std::vector<std::pair<std::string, std::string>> RecordsInstance::facts() {
  auto facts = input_->facts();
  append(facts, facts_of(summary()));
  return facts;
}

std::unique_ptr<Instance> make_training_case(Params const& params, Context& context,
                                             RecordMemory const& memory) {
  auto const setup = training_setup(params);
  double const seconds = setup.model.seconds;
  // A batch that the user gives is meant.
  bool const given = params.integer("batch") > 0;
  NominalRecords const nominal{std::string(setup.model.model), given ? 0 : setup.model.record_bytes};
  // The step is timed before anything is read beside it.
  auto step = setup.step == "gemm" ? gemm_step(seconds, context) : sleep_step(seconds);
  auto input = setup.decode == "jpeg" ? picture_input(params, setup.model.batch, context)
                                      : record_input(params, setup.model.batch, nominal, context, memory);
  return std::make_unique<TrainingInstance>(setup, std::move(step), std::move(input), context);
}

std::unique_ptr<Instance> make_records_case(Params const& params, Context& context,
                                            RecordMemory const& memory) {
  auto const batch = static_cast<int>(params.integer("batch"));
  return std::make_unique<RecordsInstance>(record_input(params, batch, {}, context, memory));
}

}  // namespace muster::dataload
