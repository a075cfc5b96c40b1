#include "harness/analyze/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <tuple>
#include <utility>

#include "harness/analyze/case_maker.hpp"
#include "harness/analyze/compare_at.hpp"
#include "harness/analyze/environment_differences.hpp"
#include "harness/analyze/false_discovery.hpp"
#include "harness/analyze/sides.hpp"
#include "harness/analyze/suspects.hpp"
#include "harness/analyze/verdict.hpp"

namespace muster {
namespace {

ComparedSide described(Side const& side) {
  ComparedSide result{side.label, {}, {}, {}, static_cast<int>(node_names(side).size())};
  for (auto const& run : side.runs) {
    result.files.push_back(run.file);
    result.sha256.push_back(run.sha256);
    result.runs.push_back(run.document->run.id);
  }
  return result;
}

void add_cases(Comparison& result, Side const& base, Side const& candidate, CompareOptions const& options) {
  auto const first = cases_of(base), second = cases_of(candidate);
  CaseMaker maker(base, candidate, options,
                  result.comparability == Comparability::incomparable && !result.forced);
  auto const add = [&](std::string const& name) {
    if (options.keep && !options.keep(name)) return;
    auto const a = first.by_name.find(name), b = second.by_name.find(name);
    result.cases.push_back(maker.make(name, a == first.by_name.end() ? nullptr : &a->second,
                                      b == second.by_name.end() ? nullptr : &b->second));
  };
  for (auto const& name : first.order) add(name);
  for (auto const& name : second.order) {
    if (!first.by_name.contains(name)) add(name);
  }
}

/// Cases of too few launches can show nothing and would only be in the others' way.
std::vector<CaseComparison*> family_of(Comparison& result) {
  std::vector<CaseComparison*> family;
  for (auto& one : result.cases) {
    auto const launches = static_cast<int>(std::min(one.base.launches.size(), one.candidate.launches.size()));
    if (one.gated && launches >= fewest_launches(result.alpha)) family.push_back(&one);
  }
  return family;
}

void correct(Comparison& result) {
  auto const family = family_of(result);
  std::vector<double> p;
  for (auto const* one : family) p.push_back(*one->p);
  auto const q = benjamini_hochberg(p);
  for (std::size_t i = 0; i < family.size(); ++i) family[i]->q = q[i];
  result.family = static_cast<int>(family.size());
}

void decide_all(Comparison& result, double level) {
  for (auto& one : result.cases) {
    if (!one.gated) continue;
    auto const conditions = one.reason;
    decide(one, level, result.alpha);
    if (!conditions.empty()) one.reason += "; " + conditions;
  }
}

void add_mean(std::map<std::tuple<std::string, std::string, Better>, std::pair<UnitMean, double>>& means,
              CaseComparison const& one) {
  auto const& metric = one.metric;
  auto const [found, fresh] = means.try_emplace({metric.name, metric.unit, metric.better},
                                                UnitMean{metric.name, metric.unit, metric.better}, 0);
  auto& [mean, logarithms] = found->second;
  ++mean.of;
  if (!one.gated) return;
  ++mean.rows;
  logarithms += std::log(*one.ratio);
}

void add_means(Comparison& result) {
  std::map<std::tuple<std::string, std::string, Better>, std::pair<UnitMean, double>> means;
  for (auto const& one : result.cases) add_mean(means, one);
  for (auto& [key, value] : means) {
    auto& [mean, logarithms] = value;
    if (mean.rows == 0) continue;
    mean.ratio = std::exp(logarithms / mean.rows);
    result.means.push_back(mean);
  }
}

Comparability level_of(std::vector<EnvironmentDifference> const& differences) {
  if (differences.empty()) return Comparability::identical;
  return std::ranges::any_of(differences, &EnvironmentDifference::blocks) ? Comparability::incomparable
                                                                          : Comparability::compatible;
}

void note_same_documents(Comparison& result) {
  for (auto const& hash : result.base.sha256) {
    if (!hash.empty() && std::ranges::find(result.candidate.sha256, hash) != result.candidate.sha256.end())
      result.notes.push_back("both sides hold the same document: nothing can differ");
  }
}

void note_pairing(Comparison& result) {
  bool const differ =
      std::ranges::any_of(result.differences, [](auto const& d) { return d.what == "nodes"; });
  if (!differ) return;
  auto const paired =
      std::ranges::count_if(result.cases, [](auto const& one) { return !one.paired.empty(); });
  if (paired > 0)
    result.notes.push_back(
        fmt::format("{} cases that nodes ran by themselves are compared over the nodes that "
                    "both sides have",
                    paired));
  if (paired < std::ssize(result.cases))
    result.notes.push_back(
        "figures of ranks that worked together belong to all their nodes at once and cannot be "
        "paired by node; neither can nodes that only one side has");
}

}  // namespace

Comparison compare_at(Side const& base, Side const& candidate, CompareOptions const& options, double level) {
  Comparison result;
  result.base = described(base);
  result.candidate = described(candidate);
  result.alpha = options.alpha;
  result.differences = environment_differences(base, candidate);
  result.comparability = level_of(result.differences);
  result.forced = options.force_incomparable;
  result.notes = quality_notes(base, candidate);
  add_cases(result, base, candidate, options);
  correct(result);
  decide_all(result, level);
  add_means(result);
  note_same_documents(result);
  note_pairing(result);
  return result;
}

Comparison compare(Side const& base, Side const& candidate, CompareOptions const& options) {
  auto result = compare_at(base, candidate, options, options.alpha);
  name_fresh_launches(result);
  return result;
}

}  // namespace muster
