#include "harness/analyze/common_nodes.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "harness/core/statistics.hpp"

namespace muster {
namespace {

bool is_by_node(SideCase const& one) {
  return one.fault.empty() && std::ranges::all_of(one.all, [](auto const* result) {
           return !result || (result->worlds && (result->rank_spread || !result->rank_figures.empty()));
         });
}

bool complete(SideCase const& one) {
  return std::ranges::all_of(
      one.all, [](auto const* result) { return !result || result->worlds->ok == result->worlds->planned; });
}

bool is_large(Document const& document) {
  return std::ranges::any_of(document.cases, [](auto const& one) { return one.rank_spread.has_value(); });
}

/// By run.
std::vector<RankSamples> samples_of(Side const& side) {
  std::vector<RankSamples> list;
  for (auto const& run : side.runs)
    list.push_back(is_large(*run.document) && run.rank_samples ? run.rank_samples() : RankSamples{});
  return list;
}

std::size_t index_of(Document const& document, CaseResult const& result) {
  return static_cast<std::size_t>(&result - document.cases.data());
}

/// Launches come in any order; each has its place from its index on.
template <class Launches>
typename Launches::value_type& launch_at(Launches& launches, std::size_t before, int index,
                                         std::size_t nodes) {
  auto const place = before + static_cast<std::size_t>(std::max(index, 0));
  if (launches.size() <= place) launches.resize(place + 1);
  launches[place].resize(nodes);
  return launches[place];
}

/// Nodes with figures in every one of them.
template <class Launches>
std::vector<bool> always_there(Launches const& launches, std::vector<bool> nodes) {
  for (auto const& launch : launches) {
    for (std::size_t node = 0; node < nodes.size(); ++node)
      nodes[node] = nodes[node] && !launch[node].empty();
  }
  return nodes;
}

template <class Launches>
std::vector<double> medians_over(std::vector<bool> const& nodes, Launches const& launches) {
  std::vector<double> list;
  for (auto const& launch : launches) {
    std::vector<double> medians;
    for (std::size_t node = 0; node < nodes.size(); ++node) {
      if (nodes[node]) medians.push_back(median(launch[node]));
    }
    list.push_back(median(medians));
  }
  return list;
}

}  // namespace

CommonNodes::CommonNodes(Side const& base, Side const& candidate) : base_(base), candidate_(candidate) {
  auto const a = node_names(base), b = node_names(candidate);
  differ_ = a != b;
  std::vector<std::string> both;
  std::ranges::set_intersection(a, b, std::back_inserter(both));
  for (auto const& name : both) places_.emplace(name, places_.size());
}

bool CommonNodes::wanted(SideCase const& base, SideCase const& candidate) const {
  if (places_.empty() || !is_by_node(base) || !is_by_node(candidate)) return false;
  return differ_ || !complete(base) || !complete(candidate);
}

void CommonNodes::read_side_files() {
  if (std::exchange(read_, true)) return;
  base_samples_ = samples_of(base_);
  candidate_samples_ = samples_of(candidate_);
}

void CommonNodes::add_document(Launches& launches, CaseResult const& result) const {
  std::size_t const before = launches.size();
  for (auto const& rank : result.rank_figures) {
    auto& launch = launch_at(launches, before, rank.launch, places_.size());
    if (auto const found = places_.find(rank.node); found != places_.end())
      launch[found->second].push_back(rank.metric.median);
  }
}

void CommonNodes::add_side_file(Launches& launches, RankSamples const& samples, std::size_t index) const {
  if (index >= samples.cases.size()) return;
  std::vector<std::optional<std::size_t>> places;
  for (auto const& name : samples.nodes) {
    auto const found = places_.find(name);
    places.push_back(found == places_.end() ? std::nullopt : std::optional(found->second));
  }
  std::size_t const before = launches.size();
  for (auto const& rank : samples.cases[index]) {
    auto& launch = launch_at(launches, before, rank.launch, places_.size());
    if (auto const place = places[rank.node]) launch[*place].push_back(rank.median);
  }
}

CommonNodes::Launches CommonNodes::launches_of(Side const& side, SideCase const& one,
                                               std::vector<RankSamples> const& samples) const {
  Launches launches;
  for (std::size_t run = 0; run < one.all.size(); ++run) {
    if (!one.all[run]) continue;
    if (one.all[run]->rank_spread) {
      add_side_file(launches, samples[run], index_of(*side.runs[run].document, *one.all[run]));
    } else {
      add_document(launches, *one.all[run]);
    }
  }
  std::erase_if(launches, [](Launch const& launch) { return launch.empty(); });  // numbers that no launch had
  return launches;
}

PairedLaunches CommonNodes::launches(SideCase const& base, SideCase const& candidate) {
  read_side_files();
  auto const first = launches_of(base_, base, base_samples_);
  auto const second = launches_of(candidate_, candidate, candidate_samples_);
  auto const nodes = always_there(second, always_there(first, std::vector<bool>(places_.size(), true)));
  auto const count = static_cast<std::size_t>(std::ranges::count(nodes, true));
  if (first.empty() || second.empty() || count == 0) return {};
  return {medians_over(nodes, first), medians_over(nodes, second), count};
}

}  // namespace muster
