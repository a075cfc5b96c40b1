#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <unordered_map>

#include "harness/core/error.hpp"
#include "harness/record/each_index.hpp"
#include "harness/record/json_archive.hpp"
#include "harness/record/load.hpp"
#include "harness/record/rank_lines.hpp"
#include "harness/record/side_file.hpp"
#include "harness/record/side_lines.hpp"
#include "harness/record/telemetry.hpp"
#include "harness/record/warnings.hpp"

namespace muster {
namespace {

constexpr int reading_threads = 2;
constexpr std::string_view ranks_folder = "ranks/";

class Names {
 public:
  explicit Names(std::vector<std::string>& list) : list_(list) {
    for (auto const& name : list) places_.emplace(name, static_cast<std::uint32_t>(places_.size()));
  }
  std::uint32_t place(std::string const& name) {
    auto const [found, fresh] = places_.try_emplace(name, static_cast<std::uint32_t>(list_.size()));
    if (fresh) list_.push_back(name);
    return found->second;
  }

 private:
  std::vector<std::string>& list_;
  std::unordered_map<std::string, std::uint32_t> places_;
};

std::vector<std::string> node_names(Document const& document) {
  std::vector<std::string> names;
  for (auto const& node : document.nodes) names.push_back(node.name);
  return names;
}

/// As the digest of a journal's record says it, from what the document keeps of that record.
bool is_tainted(RankFigures const& figures) {
  RankRecord record;
  record.before = figures.before;
  record.after = figures.after;
  record.conditions.soak.steady = true;
  if (auto const& telemetry = figures.telemetry) {
    if (telemetry->corrected_errors.value_or(0) > 0 || telemetry->uncorrected_errors.value_or(0) > 0)
      return true;
    auto held = [](auto const& reason) { return reason.second > 0 && taints(reason.first); };
    if (telemetry->throttled_samples > 0 && std::ranges::any_of(telemetry->throttled_seconds, held))
      return true;
  }
  return std::ranges::any_of(device_remarks(record), &DeviceRemark::taints);
}

RankSample sample_of(RankFigures const& figures, Names& nodes, Names& uuids) {
  RankSample sample{nodes.place(figures.node),
                    uuids.place(figures.device_uuid),
                    figures.rank,
                    figures.device,
                    figures.launch,
                    figures.metric.median};
  auto const middle = [&](double& value, std::optional<Range> const& range) {
    if (range) value = range->median;
  };
  if (figures.percent_at_clock) sample.percent_at_clock = *figures.percent_at_clock;
  if (auto const& telemetry = figures.telemetry) {
    middle(sample.clock_hz, telemetry->clock_hz);
    middle(sample.temperature_c, telemetry->temperature_c);
    middle(sample.power_watts, telemetry->power_watts);
    sample.throttled_samples = telemetry->throttled_samples;
  }
  sample.tainted = is_tainted(figures);
  return sample;
}

RankSamples of_document(Document const& document) {
  RankSamples samples{node_names(document), {""}, {}};
  Names nodes(samples.nodes), uuids(samples.uuids);
  for (auto const& result : document.cases) {
    auto& entries = samples.cases.emplace_back();
    for (auto const& figures : result.rank_figures) entries.push_back(sample_of(figures, nodes, uuids));
  }
  return samples;
}

/// Node by node of the document; the file's name is made from the node's, never taken from the document.
std::vector<std::optional<Sidecar>> rank_files(Document const& document) {
  std::map<std::string, Sidecar> listed;
  for (auto const& sidecar : document.sidecars) {
    if (sidecar.path.starts_with(ranks_folder)) listed.emplace(sidecar.path, sidecar);
  }
  std::vector<std::optional<Sidecar>> files;
  for (auto const& node : document.nodes) {
    auto const found = listed.extract(std::string(ranks_folder) + side_file_name(node.name));
    files.push_back(found ? std::optional(found.mapped()) : std::nullopt);
  }
  if (!listed.empty()) {
    throw Error(ExitCode::usage, fmt::format("integrity.sidecars names {}, which is no node's file",
                                             compact(Json(listed.begin()->first))));
  }
  return files;
}

NodeSamples read_node(std::filesystem::path const& file, Sidecar const& sidecar, std::size_t cases) {
  auto const text = verified_text(file, sidecar);
  try {
    return read_rank_lines(text, cases);
  } catch (Error const& error) {
    throw Error(error.exit_code, fmt::format("{}: {}", file.string(), error.what()));
  }
}

void add_node(RankSamples& samples, std::uint32_t node, NodeSamples const& read, Names& uuids) {
  std::vector<std::uint32_t> places;
  for (auto const& uuid : read.uuids) places.push_back(uuids.place(uuid));
  for (auto const& [index, entry] : read.entries) {
    auto& added = samples.cases[index].emplace_back(entry);
    added.node = node;
    added.uuid = places[entry.uuid];
  }
}

RankSamples of_side_files(LoadedResult const& result) {
  auto const& document = result.document;
  auto const files = rank_files(document);
  std::vector<NodeSamples> read(files.size());
  each_index(files.size(), reading_threads, [&](std::size_t i) {
    if (files[i])
      read[i] = read_node(result.file.parent_path() / files[i]->path, *files[i], document.cases.size());
  });
  RankSamples samples{node_names(document), {""}, {}};
  Names uuids(samples.uuids);
  samples.cases.resize(document.cases.size());
  for (std::size_t i = 0; i < read.size(); ++i)
    add_node(samples, static_cast<std::uint32_t>(i), std::exchange(read[i], {}), uuids);
  return samples;
}

void sort_entries(std::vector<RankSample>& entries) {
  std::ranges::stable_sort(entries, {},
                           [](RankSample const& s) { return std::tuple(s.node, s.rank, s.launch); });
}

}  // namespace

RankSamples rank_samples(LoadedResult const& result) {
  auto const& document = result.document;
  bool const large = std::ranges::any_of(
      document.cases, [](CaseResult const& found) { return found.rank_spread.has_value(); });
  auto samples = large ? of_side_files(result) : of_document(document);
  for (auto& entries : samples.cases) sort_entries(entries);
  return samples;
}

}  // namespace muster
