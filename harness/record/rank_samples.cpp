#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <unordered_map>

#include "harness/core/each_index.hpp"
#include "harness/core/error.hpp"
#include "harness/record/device_lines.hpp"
#include "harness/record/json_archive.hpp"
#include "harness/record/load.hpp"
#include "harness/record/pool.hpp"
#include "harness/record/rank_lines.hpp"
#include "harness/record/side_file.hpp"
#include "harness/record/side_lines.hpp"
#include "harness/record/telemetry.hpp"
#include "harness/record/warnings.hpp"

namespace muster {
namespace {

constexpr int reading_threads = 2;
constexpr std::string_view ranks_folder = "ranks/", devices_folder = "devices/";
constexpr double throttled_share = 0.01;  ///< of the samples' time: counters tick when a clock changes

std::vector<std::string> node_names(Document const& document) {
  std::vector<std::string> names;
  for (auto const& node : document.nodes) names.push_back(node.name);
  return names;
}

/// As the digest of a journal's record says it, from what the document keeps of that record.
std::string taint_of(RankFigures const& figures) {
  RankRecord record;
  record.before = figures.before;
  record.after = figures.after;
  record.conditions.soak.steady = true;
  auto const& telemetry = figures.telemetry;
  auto const add_errors = [](std::optional<std::uint64_t>& counter,
                             std::optional<std::uint64_t> const& rise) {
    if (rise.value_or(0) > 0) counter = counter.value_or(0) + *rise;
  };
  if (telemetry) {
    record.before.corrected_errors = record.before.uncorrected_errors = 0;
    record.after.corrected_errors = record.after.uncorrected_errors = 0;
    add_errors(record.after.corrected_errors, telemetry->corrected_errors);
    add_errors(record.after.uncorrected_errors, telemetry->uncorrected_errors);
    auto& reasons = record.conditions.readings.emplace_back().state.throttle_reasons;
    double const long_enough = throttled_share * figures.sampling.window_seconds;
    for (auto const& [reason, seconds] : telemetry->throttled_seconds) {
      if (telemetry->throttled_samples > 0 && seconds > long_enough && taints(reason))
        reasons.push_back(reason);
    }
  }
  std::string text;
  for (auto const& remark : device_remarks(record)) {
    if (remark.taints) text += (text.empty() ? "" : "; ") + remark.text;
  }
  return text;
}

RankSample sample_of(RankFigures const& figures, Pool& nodes, Pool& uuids, Pool& taint_texts) {
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
  sample.taint = taint_texts.place(taint_of(figures));
  sample.tainted = sample.taint != 0;
  return sample;
}

std::vector<TaintText> read_taints(std::vector<std::string> const& texts) {
  std::vector<TaintText> read;
  for (auto const& text : texts) read.push_back({text, taints_in(text)});
  return read;
}

RankSamples empty_samples(Document const& document) {
  RankSamples samples;
  samples.nodes = node_names(document);
  samples.uuids = {""};
  return samples;
}

RankSamples of_document(Document const& document) {
  auto samples = empty_samples(document);
  std::vector<std::string> texts{""};
  Pool nodes(samples.nodes), uuids(samples.uuids), taint_texts(texts);
  for (auto const& result : document.cases) {
    auto& entries = samples.cases.emplace_back();
    for (auto const& figures : result.rank_figures)
      entries.push_back(sample_of(figures, nodes, uuids, taint_texts));
  }
  samples.taints = read_taints(texts);
  samples.devices = device_histories(document);
  return samples;
}

/// Node by node of the document; the file's name is made from the node's, never taken from the document.
std::vector<std::optional<Sidecar>> files_in(std::string_view folder, Document const& document) {
  std::map<std::string, Sidecar> listed;
  for (auto const& sidecar : document.sidecars) {
    if (sidecar.path.starts_with(folder)) listed.emplace(sidecar.path, sidecar);
  }
  std::vector<std::optional<Sidecar>> files;
  for (auto const& node : document.nodes) {
    auto const found = listed.extract(std::string(folder) + side_file_name(node.name));
    files.push_back(found ? std::optional(found.mapped()) : std::nullopt);
  }
  if (!listed.empty()) {
    throw Error(ExitCode::usage, fmt::format("integrity.sidecars names {}, which is no node's file",
                                             compact(Json(listed.begin()->first))));
  }
  return files;
}

template <class F>
auto read_side_file(std::filesystem::path const& file, Sidecar const& sidecar, F const& read) {
  auto const text = verified_text(file, sidecar);
  try {
    return read(text);
  } catch (Error const& error) {
    throw Error(error.exit_code, fmt::format("{}: {}", file.string(), error.what()));
  }
}

void add_node(RankSamples& samples, std::uint32_t node, NodeSamples const& read, Pool& uuids,
              Pool& taint_texts) {
  std::vector<std::uint32_t> places, taint_places;
  for (auto const& uuid : read.uuids) places.push_back(uuids.place(uuid));
  for (auto const& text : read.taints) taint_places.push_back(taint_texts.place(text));
  for (auto const& [index, entry] : read.entries) {
    auto& added = samples.cases[index].emplace_back(entry);
    added.node = node;
    added.uuid = places[entry.uuid];
    added.taint = taint_places[entry.taint];
  }
}

/// Of documents that were written before there were such files: none.
DeviceHistories devices_beside(LoadedResult const& result) {
  DeviceHistories all;
  auto const files = files_in(devices_folder, result.document);
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!files[i]) continue;
    auto read = read_side_file(result.file.parent_path() / files[i]->path, *files[i], read_device_lines);
    for (auto& [device, history] : read) all[{result.document.nodes[i].name, device}] = std::move(history);
  }
  return all;
}

RankSamples of_side_files(LoadedResult const& result) {
  auto const& document = result.document;
  auto const files = files_in(ranks_folder, document);
  auto const read_lines = [&](std::string_view text) { return read_rank_lines(text, document.cases.size()); };
  std::vector<NodeSamples> read(files.size());
  each_index(files.size(), reading_threads, [&](std::size_t i) {
    if (files[i]) read[i] = read_side_file(result.file.parent_path() / files[i]->path, *files[i], read_lines);
  });
  auto samples = empty_samples(document);
  std::vector<std::string> texts{""};
  Pool uuids(samples.uuids), taint_texts(texts);
  samples.cases.resize(document.cases.size());
  for (std::size_t i = 0; i < read.size(); ++i)
    add_node(samples, static_cast<std::uint32_t>(i), std::exchange(read[i], {}), uuids, taint_texts);
  samples.taints = read_taints(texts);
  samples.devices = devices_beside(result);
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
