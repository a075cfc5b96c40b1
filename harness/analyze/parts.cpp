#include "harness/analyze/parts.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "harness/core/statistics.hpp"

namespace muster {
namespace {

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();
constexpr auto no_part = static_cast<std::size_t>(-1);
// What a file says beyond these is not so: tables are made that large.
constexpr int most_devices = 1024, most_launches = 10'000;

bool is_any_of(std::string const& workload, std::initializer_list<char const*> beginnings) {
  return std::ranges::any_of(beginnings, [&](auto const* text) { return workload.starts_with(text); });
}

double value_of(RankSample const& sample, PartQuantity quantity) {
  if (quantity == PartQuantity::at_clock) return sample.percent_at_clock;
  return quantity == PartQuantity::clock ? sample.clock_hz : sample.median;
}

/// Median of those that are numbers; NaN where there are fewer than `least`.
double finite_median(std::vector<double>& values, std::size_t least) {
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  return values.size() < std::max<std::size_t>(least, 1) ? nothing : median(values);
}

/// A number for each different text, in the order in which they come.
class Numbers {
 public:
  int of(std::string const& text) {
    return numbers_.try_emplace(text, static_cast<int>(numbers_.size())).first->second;
  }

 private:
  std::map<std::string, int> numbers_;
};

std::string model_of_node(Node const& node) {
  std::string text = node.cpu.model;
  for (auto const& gpu : node.gpus) text += "; " + gpu.name;
  return text;
}

std::size_t launches_of(std::vector<RankSample> const& samples) {
  int last = -1;
  for (auto const& sample : samples) last = std::max(last, std::min(sample.launch, most_launches - 1));
  return static_cast<std::size_t>(last + 1);
}

void subtract_medians(PartTable& logs, std::vector<int> const& models, std::size_t launch) {
  std::map<int, std::vector<double>> by_model;
  for (std::size_t part = 0; part < logs.parts(); ++part) {
    if (std::isfinite(logs.at(part, launch))) by_model[models[part]].push_back(logs.at(part, launch));
  }
  std::map<int, double> middles;
  for (auto& [model, values] : by_model) middles[model] = finite_median(values, FleetRule::least_peers);
  for (std::size_t part = 0; part < logs.parts(); ++part) {
    if (std::isfinite(logs.at(part, launch))) logs.at(part, launch) -= middles[models[part]];
  }
}

}  // namespace

Subject subject_of(Part const& part) {
  return {part.device < 0 ? Subject::Kind::node : Subject::Kind::gpu, part.node, part.device, part.uuid};
}

Unit unit_of(CaseResult const& result) {
  if (result.workload == "collective/links") return Unit::none;
  if (result.workload.starts_with("collective/")) return result.worlds ? Unit::node : Unit::none;
  bool const of_node = result.backend != "cuda" || is_any_of(result.workload, {"memory/peer", "dataload/"});
  return of_node ? Unit::node : Unit::gpu;
}

bool has_clean_figures(CaseResult const& result) {
  return result.status == CaseStatus::ok || (result.worlds && result.worlds->ok > 0);
}

PartTable::PartTable(std::size_t parts, std::size_t launches)
    : parts_(parts), launches_(launches), values_(parts * launches, nothing) {}

PartFigures::PartFigures(Document const& document, RankSamples const& samples)
    : document_(document), samples_(samples) {
  Numbers gpu_models, node_models;
  std::map<std::string, std::size_t> places;
  gpu_by_device_.resize(samples.nodes.size());
  for (std::size_t i = 0; i < samples.nodes.size(); ++i) {
    Node const* node = i < document.nodes.size() ? &document.nodes[i] : nullptr;
    nodes_.push_back({samples.nodes[i]});
    node_models_.push_back(node_models.of(node ? model_of_node(*node) : ""));
    places.emplace(samples.nodes[i], i);
    if (node == nullptr) continue;
    for (auto const& gpu : node->gpus) {
      if (gpu.index < 0 || gpu.index >= most_devices) continue;
      auto& by_device = gpu_by_device_[i];
      by_device.resize(std::max(by_device.size(), static_cast<std::size_t>(gpu.index) + 1), no_part);
      by_device[static_cast<std::size_t>(gpu.index)] = gpus_.size();
      gpus_.push_back({samples.nodes[i], gpu.index, gpu.uuid, gpu_models.of(gpu.name), &gpu});
      gpu_models_.push_back(gpus_.back().model);
      node_of_.push_back(i);
    }
  }
  std::map<std::string, std::size_t> cases;
  for (std::size_t i = 0; i < document.cases.size(); ++i) cases.emplace(document.cases[i].name, i);
  failed_.resize(document.cases.size());
  for (auto const& failure : document.failures) {
    auto const found = cases.find(failure.case_name);
    auto const node = places.find(failure.node);
    if (found == cases.end() || node == places.end()) continue;
    failed_[found->second].resize(samples.nodes.size());
    failed_[found->second][node->second] = true;
  }
}

std::size_t PartFigures::gpu_at(RankSample const& sample) const {
  auto const& devices = gpu_by_device_[sample.node];
  auto const device = static_cast<std::size_t>(sample.device);
  return sample.device >= 0 && device < devices.size() ? devices[device] : no_part;
}

PartTable PartFigures::figures(std::size_t index, PartQuantity quantity) const {
  auto const& result = document_.cases[index];
  auto const& samples = samples_.cases[index];
  auto const unit = unit_of(result);
  PartTable table(parts(unit).size(), launches_of(samples));
  if (unit == Unit::none || !has_clean_figures(result)) return table;
  auto const& failed = failed_[index];
  std::map<std::pair<std::size_t, std::size_t>, std::vector<double>> shared;  // by part and launch
  for (auto const& sample : samples) {
    if (sample.tainted || sample.launch < 0 || sample.launch >= most_launches ||
        (!failed.empty() && failed[sample.node]))
      continue;
    auto const part = unit == Unit::gpu ? gpu_at(sample) : sample.node;
    double const value = value_of(sample, quantity);
    if (part == no_part || !(value > 0)) continue;
    auto const launch = static_cast<std::size_t>(sample.launch);
    if (unit == Unit::gpu) {
      table.at(part, launch) = value;
    } else {
      shared[{part, launch}].push_back(value);
    }
  }
  for (auto& [place, values] : shared) table.at(place.first, place.second) = median(values);
  return table;
}

PartTable PartFigures::deviations(std::size_t index, PartQuantity quantity) const {
  auto table = figures(index, quantity);
  bool const low_is_good =
      quantity == PartQuantity::figure && document_.cases[index].metric.better == Better::lower;
  for (std::size_t launch = 0; launch < table.launches(); ++launch) {
    for (std::size_t part = 0; part < table.parts(); ++part)
      table.at(part, launch) = (low_is_good ? -1 : 1) * std::log(table.at(part, launch));
    subtract_medians(table, models(unit_of(document_.cases[index])), launch);
  }
  return table;
}

PartTable mean_table(std::vector<PartTable> const& tables) {
  std::size_t launches = 0;
  for (auto const& table : tables) launches = std::max(launches, table.launches());
  PartTable mean(tables.front().parts(), launches);
  for (std::size_t part = 0; part < mean.parts(); ++part) {
    for (std::size_t launch = 0; launch < launches; ++launch) {
      double sum = 0;
      int count = 0;
      for (auto const& table : tables) {
        if (launch >= table.launches() || !std::isfinite(table.at(part, launch))) continue;
        sum += table.at(part, launch);
        ++count;
      }
      if (count > 0) mean.at(part, launch) = sum / count;
    }
  }
  return mean;
}

PartTable node_table(PartTable const& gpus, PartFigures const& figures) {
  PartTable table(figures.nodes().size(), gpus.launches());
  std::vector<std::vector<double>> of_node(table.parts());
  for (std::size_t launch = 0; launch < gpus.launches(); ++launch) {
    for (auto& values : of_node) values.clear();
    for (std::size_t gpu = 0; gpu < gpus.parts(); ++gpu) {
      if (std::isfinite(gpus.at(gpu, launch))) of_node[figures.node_of(gpu)].push_back(gpus.at(gpu, launch));
    }
    for (std::size_t node = 0; node < table.parts(); ++node)
      table.at(node, launch) = finite_median(of_node[node], 1);
  }
  return table;
}

std::vector<PartScore> scores_of(PartTable const& table) {
  std::vector<PartScore> scores(table.parts());
  std::vector<double> all, even, odd, early, late;
  auto const half = table.launches() / 2;
  for (std::size_t part = 0; part < table.parts(); ++part) {
    for (auto* list : {&all, &even, &odd, &early, &late}) list->clear();
    for (std::size_t launch = 0; launch < table.launches(); ++launch) {
      double const value = table.at(part, launch);
      if (!std::isfinite(value)) continue;
      all.push_back(value);
      (launch % 2 == 0 ? even : odd).push_back(value);
      if (launch < half) early.push_back(value);
      if (launch >= table.launches() - half) late.push_back(value);
    }
    double const drift = early.size() >= 2 && late.size() >= 2 ? mean(late) - mean(early) : nothing;
    scores[part] = {finite_median(all, 1), finite_median(even, 1), finite_median(odd, 1), drift};
  }
  return scores;
}

}  // namespace muster
