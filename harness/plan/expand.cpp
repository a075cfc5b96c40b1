#include "harness/plan/expand.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/core/quantities.hpp"
#include "harness/plan/spelling.hpp"

namespace muster {
namespace {

std::vector<std::string> names_of(std::vector<ParamSpec> const& specs) {
  std::vector<std::string> names;
  for (auto const& spec : specs) names.push_back(spec.name);
  return names;
}

/// As the declaration wants it: sizes may be written "1MiB", reals without a point.
Value converted(ParamSpec const& spec, Value const& value) {
  if (spec.kind == ParamSpec::Kind::bytes && std::holds_alternative<std::string>(value)) {
    if (auto const bytes = parse_bytes(std::get<std::string>(value))) return *bytes;
  }
  if (spec.kind == ParamSpec::Kind::real && std::holds_alternative<std::int64_t>(value)) {
    return static_cast<double>(std::get<std::int64_t>(value));
  }
  return value;
}

std::string value_fault(ParamSpec const& spec, Value const& value) {
  bool const real = std::holds_alternative<double>(value);
  if (real && !std::isfinite(std::get<double>(value))) {
    return fmt::format("parameter '{}' = {} is not finite (nothing can be run with it) use a number",
                       spec.name, to_string(value));
  }
  if (real && (spec.kind == ParamSpec::Kind::integer || spec.kind == ParamSpec::Kind::bytes)) {
    return fmt::format("parameter '{}' = {} has a decimal point (it takes whole numbers) write it without",
                       spec.name, to_string(value));
  }
  return fault(spec, value);
}

std::vector<Value> checked_values(ParamSpec const& spec, Setting const& setting, Faults& faults) {
  std::vector<Value> values;
  for (auto const& [written, line] : setting.values) {
    auto value = converted(spec, written);
    auto const problem = value_fault(spec, value);
    if (problem.empty()) {
      values.push_back(std::move(value));
    } else {
      faults.add(line, problem);
    }
  }
  return values;
}

bool unknown_names(Workload const& workload, Settings const& settings, Faults& faults) {
  auto const known = names_of(workload.params);
  bool any = false;
  for (auto const& setting : settings) {
    if (std::ranges::find(known, setting.name.value) != known.end()) continue;
    any = true;
    faults.add(setting.name.line, fmt::format("{} has no parameter '{}' ({})", workload.name,
                                              setting.name.value, suggestion(setting.name.value, known)));
  }
  return any;
}

/// The values of every spec, its default where the settings say nothing; shorter than the specs where one is
/// at fault.
std::vector<std::vector<Value>> axes_of(Workload const& workload, Settings const& settings, Faults& faults) {
  std::vector<std::vector<Value>> axes;
  for (auto const& spec : workload.params) {
    auto const setting = std::ranges::find_if(
        settings, [&](Setting const& candidate) { return candidate.name.value == spec.name; });
    if (setting == settings.end()) {
      axes.push_back({converted(spec, spec.fallback)});
      continue;
    }
    auto values = checked_values(spec, *setting, faults);
    if (values.size() == setting->values.size() && !values.empty()) axes.push_back(std::move(values));
  }
  return axes;
}

std::size_t product(std::vector<std::vector<Value>> const& axes) {
  std::size_t count = 1;
  for (auto const& axis : axes) {
    count *= axis.size();
    if (count > most_cases) return count;  // enough to know; no overflow this way
  }
  return count;
}

/// Case `index` of the product; the last axis varies fastest.
Params combination(std::vector<ParamSpec> const& specs, std::vector<std::vector<Value>> const& axes,
                   std::size_t index) {
  std::vector<std::size_t> digits(axes.size());
  for (std::size_t i = axes.size(); i-- > 0;) {
    digits[i] = index % axes[i].size();
    index /= axes[i].size();
  }
  Params params;
  for (std::size_t i = 0; i < axes.size(); ++i) params.set(specs[i].name, axes[i][digits[i]]);
  return params;
}

/// The workload's own check of each; the first case at fault stands for all of its sweep.
bool combinations_hold(Workload const& workload, std::vector<Params> const& all, long line, Faults& faults) {
  std::vector<std::string> first;
  std::string first_name;
  std::size_t bad = 0;
  for (auto const& params : all) {
    auto problems = workload.check(params);
    if (problems.empty()) continue;
    if (++bad > 1) continue;
    first = std::move(problems);
    first_name = case_name(workload.name, workload.params, params);
  }
  std::string const others = bad > 1 ? fmt::format("; {} cases of this sweep have faults", bad) : "";
  for (auto const& problem : first) faults.add(line, fmt::format("{}: {}{}", first_name, problem, others));
  return bad == 0;
}

}  // namespace

std::vector<Params> expand(Workload const& workload, At<Settings> const& settings, Faults& faults) {
  bool const unknown = unknown_names(workload, settings.value, faults);
  auto const axes = axes_of(workload, settings.value, faults);
  if (unknown || axes.size() != workload.params.size()) return {};
  std::size_t const count = product(axes);
  if (count > most_cases) {
    faults.add(
        settings.line,
        fmt::format("this sweep makes more than {} cases (no run would ever end) shorten it", most_cases));
    return {};
  }
  std::vector<Params> all;
  all.reserve(count);
  for (std::size_t index = 0; index < count; ++index)
    all.push_back(combination(workload.params, axes, index));
  return combinations_hold(workload, all, settings.line, faults) ? all : std::vector<Params>{};
}

}  // namespace muster
