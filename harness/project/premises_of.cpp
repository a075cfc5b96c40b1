#include "harness/project/premises_of.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "harness/core/error.hpp"
#include "harness/project/case_premises.hpp"

namespace muster::project {
namespace {

bool is_throttled(CaseResult const& result) {
  return std::ranges::any_of(result.warnings,
                             [](auto const& warning) { return warning.starts_with("throttled"); });
}

/// Why its figures are none of a healthy GPU, or of another machine than the described one.
std::vector<std::string> stamps_of(Document const& document) {
  std::vector<std::string> stamps;
  auto const& run = document.run;
  if (run.status == RunStatus::partial || run.status == RunStatus::aborted ||
      run.status == RunStatus::running)
    stamps.push_back("partial");
  if (run.oversubscribed) stamps.push_back("oversubscribed");
  if (run.backend == "host") stamps.push_back("host backend");
  if (std::ranges::any_of(document.cases, is_throttled)) stamps.push_back("throttled");
  if (std::ranges::any_of(document.cases, [](auto const& result) { return !result.tainted.empty(); }))
    stamps.push_back("tainted");
  return stamps;
}

std::set<std::string> gpu_models(Document const& document) {
  std::set<std::string> models;
  for (auto const& node : document.nodes) {
    for (auto const& gpu : node.gpus) models.insert(gpu.name);
  }
  return models;
}

/// Steps by model and batch, with the one nearest to how models are trained: with input and overlap, not
/// recorded.
void keep_usual_steps(std::vector<std::pair<bool, StepPremise>>& found, Premises& premises) {
  std::ranges::stable_sort(found, {}, [](auto const& one) { return one.first; });
  std::set<std::pair<std::string, double>> seen;
  for (auto& [variant, premise] : found) {
    if (seen.insert({premise.model, premise.samples}).second) premises.steps.push_back(std::move(premise));
  }
}

void add_cases(Document const& document, Premises& premises,
               std::vector<std::pair<bool, StepPremise>>& steps) {
  for (auto const& result : document.cases) {
    if (auto step = step_premise(result, document)) steps.emplace_back(is_variant(result), std::move(*step));
    if (auto const point = collective_point(result, document)) premises.collectives.push_back(*point);
    if (auto device = device_premise(result)) premises.devices.push_back(std::move(*device));
    if (auto storage = storage_premise(result, document)) premises.storage.push_back(std::move(*storage));
  }
}

void measure_size(Premises& premises) {
  for (auto const& step : premises.steps) {
    premises.nodes = std::max(premises.nodes, step.nodes);
    premises.gpus = std::max(premises.gpus, step.ranks / std::max(step.nodes, 1));
  }
  for (auto const& point : premises.collectives) {
    premises.nodes = std::max(premises.nodes, point.nodes);
    premises.gpus = std::max(premises.gpus, point.gpus);
  }
}

bool has_sums(Premises const& premises, bool between) {
  return std::ranges::any_of(premises.collectives,
                             [&](auto const& point) { return (point.nodes > 1) == between; });
}

void note_missing(Premises& premises) {
  auto const lacks = [&](char const* what) { premises.missing.push_back(what); };
  if (!has_sums(premises, false))
    lacks(
        "no all-reduce inside a node is among the results (NCCL's own estimate stands for it) run the suite "
        "collectives on all GPUs of a node");
  if (!has_sums(premises, true))
    lacks(
        "no all-reduce between nodes is among the results (all terms between nodes are assumed) run the "
        "suite scaling on two nodes or more");
  if (premises.storage.empty())
    lacks(
        "no read from storage is among the results (what the cluster's description says stands for it) run "
        "the suite input with --data");
  if (premises.devices.empty())
    lacks(
        "no matrix product is among the results (the GPU's peak stands alone) run the suite quick or "
        "compute");
}

/// Case names that a training step was looked for in, and why each was none.
std::string why_no_step(std::span<Source const> sources) {
  std::string why;
  for (auto const& source : sources) {
    for (auto const& result : source.document.cases) {
      if (result.workload == "train_step")
        why += fmt::format("; {} is {}{}{}", result.name, name(result.status),
                           result.message.empty() ? "" : ": ", result.message);
    }
  }
  return why.empty() ? "none of its cases is a train_step" : why.substr(2);
}

void refuse_what_does_not_fit(std::span<Source const> sources, Premises const& premises) {
  std::string faults;
  std::set<std::string> models;
  std::map<std::string, std::string> runs;
  for (auto const& source : sources) {
    models.merge(gpu_models(source.document));
    auto const [other, fresh] = runs.emplace(source.sha256, source.label);
    if (!fresh)
      faults += fmt::format("{} and {} are one document (it would count twice) name it once\n", other->second,
                            source.label);
  }
  if (models.size() > 1)
    faults += fmt::format(
        "the results are of GPUs of several models: {} (one cluster is projected from one) give results of "
        "one model\n",
        fmt::join(models, ", "));
  if (premises.steps.empty())
    faults += fmt::format(
        "no training step is among the results ({}) run the suite train, or a case of train_step with the "
        "model that matters to you\n",
        why_no_step(sources));
  if (faults.empty()) return;
  faults.pop_back();
  throw Error(ExitCode::usage, faults);
}

}  // namespace

Premises premises_of(std::span<Source const> sources) {
  Premises premises;
  std::vector<std::pair<bool, StepPremise>> steps;
  for (auto const& source : sources) {
    premises.origins.push_back({source.label, source.file, source.sha256,
                                source.published ? "published" : "measured", stamps_of(source.document)});
    add_cases(source.document, premises, steps);
    for (auto const& model : gpu_models(source.document)) premises.gpu = model;
  }
  keep_usual_steps(steps, premises);
  measure_size(premises);
  refuse_what_does_not_fit(sources, premises);
  note_missing(premises);
  return premises;
}

}  // namespace muster::project
