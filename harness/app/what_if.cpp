#include "harness/app/what_if.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <numeric>

#include "harness/core/datasheets.hpp"
#include "harness/core/error.hpp"
#include "harness/core/quantities.hpp"
#include "harness/project/other_batch.hpp"
#include "harness/report/table.hpp"

namespace muster {
namespace {

constexpr char const* added_name = "what if";
constexpr double least_bucket = 64 * 1024;
constexpr int most_buckets = 4096;  // of a step

/// In TOML a text has quotes; on a command line they would be lost.
std::string quoted_if_text(std::string const& value) {
  bool const plain = value == "true" || value == "false" || value.find_first_of("\"'{[") != std::string::npos;
  char* end = nullptr;
  std::strtod(value.c_str(), &end);
  bool const number = !value.empty() && *end == '\0';
  return plain || number ? value : fmt::format("\"{}\"", value);
}

std::string line_of(std::string const& change) {
  auto const equals = change.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == change.size())
    throw Error(ExitCode::usage,
                fmt::format("--set {} changes nothing (no KEY=VALUE) write it like --set node.nics=4",
                            printable(change)));
  auto value = change.substr(equals + 1);
  value.erase(0, value.find_first_not_of(' '));
  return fmt::format("{} = {}", change.substr(0, equals), quoted_if_text(value));
}

std::vector<std::string> names_of(ClusterDescription const& cluster) {
  std::vector<std::string> names;
  for (auto const& scenario : cluster.parts->scenarios) names.push_back(scenario.name);
  return names;
}

using ByModel = std::map<std::string, std::vector<project::StepPremise>>;

/// One step a model, with that batch.
std::vector<project::StepPremise> with_batch(std::vector<project::StepPremise> const& steps, double samples,
                                             std::vector<std::string>& missing) {
  ByModel by_model;
  for (auto const& step : steps) by_model[step.model].push_back(step);
  std::vector<project::StepPremise> changed;
  for (auto const& [model, group] : by_model) {
    changed.push_back(project::with_batch(group, samples));
    bool const measured =
        std::ranges::any_of(group, [&](auto const& step) { return step.samples == samples; });
    changed.back().name = fmt::format("{} with {} samples", model, samples);
    if (!measured && group.size() == 1)
      missing.push_back(fmt::format(
          "the time of {} with {} samples is taken in proportion (only {} were measured, and smaller "
          "batches are less efficient) measure a second batch of it",
          model, samples, group.front().samples));
  }
  return changed;
}

double gradient_bytes(project::StepPremise const& step) {
  return std::accumulate(step.buckets.begin(), step.buckets.end(), 0.0,
                         [](double sum, auto const& bucket) { return sum + bucket.bytes; });
}

[[noreturn]] void refuse_bucket(std::string const& text, std::string const& why) {
  throw Error(ExitCode::usage, fmt::format("--bucket {} {}", printable(text), why));
}

/// Every bucket is a sum that is timed by itself, in every draw.
double bucket_bytes(std::string const& text, std::vector<project::StepPremise> const& steps) {
  auto const bytes = parse_bytes(text);
  if (!bytes || *bytes < 1)
    refuse_bucket(text, "is no size (a number of bytes, above 0) write it like 25MiB");
  auto const size = static_cast<double>(*bytes);
  if (size < least_bucket)
    refuse_bucket(text, "is too small (nobody sums so few bytes at once) give 64KiB or more, such as 25MiB");
  for (auto const& step : steps) {
    double const sums = gradient_bytes(step) / size;
    if (sums > most_buckets)
      refuse_bucket(text,
                    fmt::format("makes {:.0f} sums of a step of {} (more than {} are not projected) give "
                                "{:.0f}KiB or more",
                                sums, printable(step.name), most_buckets,
                                std::ceil(gradient_bytes(step) / most_buckets / 1024)));
  }
  return size;
}

}  // namespace

std::vector<AddedScenario> added_scenarios(std::vector<std::string> const& changes) {
  if (changes.empty()) return {};
  AddedScenario added{added_name, "the description as it stands, changed on the command line", {}};
  for (auto const& change : changes) added.lines.push_back(line_of(change));
  return {added};
}

void keep_scenarios(std::vector<std::string> const& names, ClusterDescription& cluster) {
  if (names.empty() || !cluster.parts) return;
  auto const known = names_of(cluster);
  std::string faults;
  for (auto const& name : names) {
    if (std::ranges::find(known, name) == known.end())
      faults += fmt::format("{} has no scenario '{}' (there are: {}) name one of these\n", cluster.name,
                            printable(name), fmt::join(known, ", "));
  }
  if (!faults.empty()) throw Error(ExitCode::usage, faults.substr(0, faults.size() - 1));
  if (!cluster.parts->described) cluster.parts->described = cluster.parts->scenarios.front();
  std::erase_if(cluster.parts->scenarios, [&](Scenario const& scenario) {
    return scenario.name != added_name && std::ranges::find(names, scenario.name) == names.end();
  });
}

void check_gpu(std::string const& name, ClusterDescription const& cluster) {
  if (name.empty() || datasheet_of(name) != nullptr || is_of_model(cluster, name)) return;
  std::vector<std::string_view> known;
  for (auto const& sheet : datasheets) known.push_back(sheet.part);
  throw Error(
      ExitCode::usage,
      fmt::format("--gpu {} is not known (times of it could not be carried over to '{}') name one of: {}",
                  printable(name), cluster.gpu, fmt::join(known, ", ")));
}

void change_steps(StepChanges const& changes, project::Premises& premises) {
  if (changes.batch)
    premises.steps = with_batch(premises.steps, static_cast<double>(*changes.batch), premises.missing);
  if (changes.bucket.empty()) return;
  double const bytes = bucket_bytes(changes.bucket, premises.steps);
  for (auto& step : premises.steps) {
    step.buckets = project::rebucketed(step.buckets, bytes);
    step.changed = true;
  }
}

}  // namespace muster
