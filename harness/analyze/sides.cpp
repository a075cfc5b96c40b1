#include "harness/analyze/sides.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>

namespace muster {
namespace {

std::string parameter_mismatch(Params const& a, Params const& b) {
  for (auto const& [name, value] : a.all()) {
    auto const own = to_string(value), other = b.has(name) ? to_string(b.at(name)) : "not given";
    if (own != other) return fmt::format("parameter {}: {} and {}", name, own, other);
  }
  for (auto const& [name, value] : b.all()) {
    if (!a.has(name)) return fmt::format("parameter {}: not given and {}", name, to_string(value));
  }
  return {};
}

std::string data_of(CaseResult const& result) {
  auto const found = std::ranges::find(result.facts, std::string_view("data"), &Facts::value_type::first);
  return found == result.facts.end() ? "" : found->second;
}

std::string text_mismatch(std::string_view what, std::string const& a, std::string const& b) {
  return a == b ? "" : fmt::format("{}: {} and {}", what, a, b);
}

/// Figures that are to be the same may be any number.
std::string bad_figure(CaseResult const& result) {
  bool const exact = result.metric.better == Better::exact;
  for (auto const& launch : result.launches) {
    if (exact ? !is_number(launch.metric.median) : !is_figure(launch.metric.median))
      return fmt::format("launch {} has a figure of {}, which is none", launch.index, launch.metric.median);
  }
  return {};
}

bool is_wrong_somewhere(CaseResult const& result) { return result.worlds && result.worlds->wrong > 0; }

/// A wrong answer on one node of many leaves a document's case ok: the others' figures stand.
CaseStatus status_of(CaseResult const& result) {
  bool const failed = result.status == CaseStatus::ok && !result.verification.ok() &&
                      result.verification.status != Verdict::Status::skipped;
  return failed || is_wrong_somewhere(result) ? CaseStatus::wrong : result.status;
}

std::string fault_of(CaseResult const& result) {
  if (is_wrong_somewhere(result))
    return fmt::format("its answer was wrong on {} of {} nodes", result.worlds->wrong,
                       result.worlds->planned);
  if (result.status != CaseStatus::ok)
    return std::string(words(result.status)) + (result.message.empty() ? "" : ": " + result.message);
  if (result.verification.status == Verdict::Status::skipped) return "its answer was not verified";
  if (!result.verification.ok()) return "its answer failed verification: " + result.verification.detail;
  if (result.launches.empty()) return "it has no launch with a figure";
  return bad_figure(result);
}

/// Of several runs' the worst: a wrong answer outweighs all others, any failure what is merely unsupported.
bool outweighs(CaseStatus a, CaseStatus b) {
  auto const weight = [](CaseStatus status) {
    return status == CaseStatus::wrong ? 3 : is_failure(status) ? 2 : status != CaseStatus::ok ? 1 : 0;
  };
  return weight(a) > weight(b);
}

void add_run(SideCase& side, CaseResult const& result, SideRun const& run) {
  if (!side.result) side.result = &result;
  if (side.mixed.empty()) side.mixed = mismatch(*side.result, result);
  if (outweighs(status_of(result), side.status)) side.status = status_of(result);
  if (side.fault.empty()) side.fault = fault_of(result);
  if (side.fault.empty() && !same_metric(side.result->metric, result.metric))
    side.fault = "its runs have figures of different kinds";
  for (auto const& launch : result.launches) side.launches.push_back(launch.metric.median);
  side.tainted.insert(side.tainted.end(), result.tainted.begin(), result.tainted.end());
  if (run.document->run.oversubscribed)
    side.tainted.push_back("the run was oversubscribed: several ranks shared a device or a core");
}

}  // namespace

bool is_number(double x) { return std::abs(x) <= 1e300; }

bool is_figure(double x) { return x >= 1e-300 && x <= 1e300; }

bool same_metric(Metric const& a, Metric const& b) {
  return a.name == b.name && a.unit == b.unit && a.better == b.better;
}

std::string mismatch(CaseResult const& a, CaseResult const& b) {
  if (!same_metric(a.metric, b.metric))
    return fmt::format("metric: {} in {} and {} in {}", a.metric.name, a.metric.unit, b.metric.name,
                       b.metric.unit);
  if (auto text = text_mismatch("workload", a.workload, b.workload); !text.empty()) return text;
  if (auto text = text_mismatch("backend", a.backend, b.backend); !text.empty()) return text;
  if (auto text = parameter_mismatch(a.params, b.params); !text.empty()) return text;
  if (auto text = text_mismatch("ranks", std::to_string(a.ranks), std::to_string(b.ranks)); !text.empty())
    return text;
  return text_mismatch("data", data_of(a), data_of(b));
}

SideCases cases_of(Side const& side) {
  SideCases cases;
  for (std::size_t run = 0; run < side.runs.size(); ++run) {
    for (auto const& result : side.runs[run].document->cases) {
      auto const [found, fresh] = cases.by_name.try_emplace(result.name);
      if (fresh) cases.order.push_back(result.name);
      found->second.all.resize(side.runs.size());
      found->second.all[run] = &result;
      add_run(found->second, result, side.runs[run]);
    }
  }
  for (auto& [name, one] : cases.by_name) {
    one.all.resize(side.runs.size());
    if (!one.fault.empty()) one.launches.clear();
  }
  return cases;
}

std::vector<std::string> node_names(Side const& side) {
  std::set<std::string> names;
  for (auto const& run : side.runs) {
    for (auto const& node : run.document->nodes) names.insert(node.name);
  }
  return {names.begin(), names.end()};
}

}  // namespace muster
