#include "harness/analyze/common_nodes.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "harness/core/statistics.hpp"

namespace muster {
namespace {

/// By run and launch, by node: the median of the node's ranks.
using ByLaunch = std::map<std::pair<std::size_t, int>, std::map<std::string, std::vector<double>>>;

void add_figures(ByLaunch& by_launch, std::size_t run, CaseResult const& result) {
  for (auto const& rank : result.rank_figures)
    by_launch[{run, rank.launch}][rank.node].push_back(rank.metric.median);
}

void add_samples(ByLaunch& by_launch, std::size_t run, RankSamples const& samples, std::size_t index) {
  if (index >= samples.cases.size()) return;
  for (auto const& rank : samples.cases[index])
    by_launch[{run, rank.launch}][samples.nodes[rank.node]].push_back(rank.median);
}

std::size_t index_of(Document const& document, CaseResult const& result) {
  return static_cast<std::size_t>(&result - document.cases.data());
}

ByLaunch figures_of(Side const& side, SideCase const& one, std::vector<RankSamples> const& samples) {
  ByLaunch by_launch;
  for (std::size_t run = 0; run < one.all.size(); ++run) {
    if (!one.all[run]) continue;
    if (one.all[run]->rank_spread) {
      add_samples(by_launch, run, samples[run], index_of(*side.runs[run].document, *one.all[run]));
    } else {
      add_figures(by_launch, run, *one.all[run]);
    }
  }
  return by_launch;
}

void keep_those_of(std::set<std::string>& nodes, ByLaunch const& by_launch) {
  for (auto const& [launch, figures] : by_launch)
    std::erase_if(nodes, [&](std::string const& node) { return !figures.contains(node); });
}

std::vector<double> launches_over(std::set<std::string> const& nodes, ByLaunch const& by_launch) {
  std::vector<double> launches;
  for (auto const& [launch, figures] : by_launch) {
    std::vector<double> medians;
    for (auto const& node : nodes) medians.push_back(median(figures.at(node)));
    launches.push_back(median(medians));
  }
  return launches;
}

bool is_by_node(SideCase const& one) {
  return one.fault.empty() && std::ranges::all_of(one.all, [](auto const* result) {
           return !result || (result->worlds && (result->rank_spread || !result->rank_figures.empty()));
         });
}

bool complete(SideCase const& one) {
  return std::ranges::all_of(
      one.all, [](auto const* result) { return !result || result->worlds->ok == result->worlds->planned; });
}

}  // namespace

bool CommonNodes::wanted(SideCase const& base, SideCase const& candidate) const {
  if (!is_by_node(base) || !is_by_node(candidate)) return false;
  return differ_ || !complete(base) || !complete(candidate);
}

std::vector<RankSamples> const& CommonNodes::samples(Side const& side,
                                                     std::vector<RankSamples>& known) const {
  if (!known.empty()) return known;
  for (auto const& run : side.runs) {
    bool const large =
        std::ranges::any_of(run.document->cases, [](auto const& c) { return c.rank_spread.has_value(); });
    known.push_back(large && run.rank_samples ? run.rank_samples() : RankSamples{});
  }
  return known;
}

PairedLaunches CommonNodes::launches(SideCase const& base, SideCase const& candidate) {
  auto const first = figures_of(base_, base, samples(base_, base_samples_));
  auto const second = figures_of(candidate_, candidate, samples(candidate_, candidate_samples_));
  if (first.empty() || second.empty()) return {};
  std::set<std::string> nodes;
  for (auto const& [node, values] : first.begin()->second) nodes.insert(node);
  keep_those_of(nodes, first);
  keep_those_of(nodes, second);
  if (nodes.empty()) return {};
  return {launches_over(nodes, first), launches_over(nodes, second), nodes.size()};
}

}  // namespace muster
