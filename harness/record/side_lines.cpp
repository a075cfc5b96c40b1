#include "harness/record/side_lines.hpp"

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <optional>

#include "harness/record/fields.hpp"
#include "harness/record/json_archive.hpp"

namespace muster {
namespace {

/// One rank's lists as they stand in the journal.
struct RawRank {
  std::string_view sample_seconds, group_seconds, alone_seconds, sample_ends, readings;
};

/// Every rank has its sample_seconds, before its other lists that matter here.
std::vector<RawRank> by_rank(std::vector<RawList> const& lists) {
  std::vector<RawRank> ranks;
  for (auto const& [key, text] : lists) {
    if (key == "sample_seconds") ranks.emplace_back().sample_seconds = text;
    if (ranks.empty()) continue;
    if (key == "group_seconds") ranks.back().group_seconds = text;
    if (key == "alone_seconds") ranks.back().alone_seconds = text;
    if (key == "sample_ends") ranks.back().sample_ends = text;
    if (key == "readings") ranks.back().readings = text;
  }
  return ranks;
}

template <class T>
void add_list(std::string& line, std::string_view key, std::vector<T> const& values, std::string_view raw) {
  if (values.empty()) return;
  line += fmt::format(",\"{}\":", key);
  line += raw.empty() ? compact(encode(values, Path())) : raw;
}

void add_rank(std::string& line, RankRecord const& rank, RawRank const& raw, bool readings) {
  fmt::format_to(std::back_inserter(line), "{{\"rank\":{},\"ops_per_sample\":{}", rank.rank,
                 rank.ops_per_sample);
  add_list(line, "sample_seconds", rank.sample_seconds, raw.sample_seconds);
  add_list(line, "group_seconds", rank.group_seconds, raw.group_seconds);
  add_list(line, "alone_seconds", rank.alone_seconds, raw.alone_seconds);
  add_list(line, "sample_ends", rank.conditions.sample_ends, raw.sample_ends);
  if (readings) add_list(line, "readings", rank.conditions.readings, raw.readings);
  line += '}';
}

/// A column of the ranks' line; left out where no rank has an entry.
template <class F>
void add_column(std::string& line, std::string_view name, CaseDigest const& digest, F const& value) {
  std::string cells;
  bool any = false;
  for (auto const& rank : digest.ranks) {
    if (!rank.whole) continue;
    auto const cell = value(*rank.whole, rank);
    any = any || cell;
    if (!cells.empty()) cells += ',';
    cell ? void(fmt::format_to(std::back_inserter(cells), "{}", *cell)) : void(cells += "null");
  }
  if (any) fmt::format_to(std::back_inserter(line), ",\"{}\":[{}]", name, cells);
}

std::optional<double> finite(std::optional<double> value) {
  return value && std::isfinite(*value) ? value : std::nullopt;
}

std::optional<double> middle(std::optional<Telemetry> const& telemetry,
                             std::optional<Range> Telemetry::*sensor) {
  if (!telemetry || !((*telemetry).*sensor)) return std::nullopt;
  return finite(((*telemetry).*sensor)->median);
}

std::optional<std::string> quoted(std::string const& text) {
  return text.empty() ? std::nullopt : std::optional(compact(Json(text)));
}

std::string taints_of(RankDigest const& rank) {
  std::string text;
  if (!rank.remarks) return text;
  for (auto const& taint : rank.remarks->tainted) text += (text.empty() ? "" : "; ") + *taint;
  return text;
}

void add_figures(std::string& line, CaseDigest const& digest) {
  using Whole = RankFigures;
  auto const column = [&](std::string_view name, auto const& value) {
    add_column(line, name, digest,
               [&](Whole const& whole, RankDigest const&) { return finite(value(whole)); });
  };
  column("median", [](Whole const& w) { return std::optional(w.metric.median); });
  column("p05", [](Whole const& w) { return std::optional(w.metric.p05); });
  column("p95", [](Whole const& w) { return std::optional(w.metric.p95); });
  column("min", [](Whole const& w) { return std::optional(w.metric.min); });
  column("max", [](Whole const& w) { return std::optional(w.metric.max); });
  column("half_width", [](Whole const& w) { return w.metric.half_width; });
  column("percent_of_bound", [](Whole const& w) { return w.percent_of_bound; });
  column("percent_at_clock", [](Whole const& w) { return w.percent_at_clock; });
  column("per_joule", [](Whole const& w) { return w.per_joule; });
  column("alone", [](Whole const& w) { return w.alone ? std::optional(w.alone->median) : std::nullopt; });
  column("clock_hz", [](Whole const& w) { return middle(w.telemetry, &Telemetry::clock_hz); });
  column("temperature_c", [](Whole const& w) { return middle(w.telemetry, &Telemetry::temperature_c); });
  column("power_watts", [](Whole const& w) { return middle(w.telemetry, &Telemetry::power_watts); });
}

}  // namespace

std::string sample_line(CaseRecord const& record, std::vector<RawList> const& lists, bool readings) {
  auto const raw = by_rank(lists);
  bool const known = raw.size() == record.ranks.size();
  std::string line;
  for (std::size_t i = 0; i < record.ranks.size(); ++i) {
    RankRecord const& rank = record.ranks[i];
    if (rank.status != CaseStatus::ok || !rank.verification.ok()) continue;
    line += line.empty() ? fmt::format("{{\"case_index\":{},\"launch\":{},\"ranks\":[", record.case_index,
                                       record.launch)
                         : ",";
    add_rank(line, rank, known ? raw[i] : RawRank{}, readings);
  }
  return line.empty() ? line : line + "]}\n";
}

std::string rank_line(CaseDigest const& digest) {
  std::string line;
  auto const text = [&](std::string_view name, auto const& value) { add_column(line, name, digest, value); };
  text("rank", [](RankFigures const& w, RankDigest const&) { return std::optional(w.rank); });
  if (line.empty()) return line;
  text("device", [](RankFigures const& w, RankDigest const&) { return std::optional(w.device); });
  text("device_uuid", [](RankFigures const& w, RankDigest const&) { return quoted(w.device_uuid); });
  text("samples", [](RankFigures const& w, RankDigest const&) { return std::optional(w.metric.samples); });
  add_figures(line, digest);
  text("throttled_samples", [](RankFigures const& w, RankDigest const&) {
    return w.telemetry && w.telemetry->throttled_samples > 0 ? std::optional(w.telemetry->throttled_samples)
                                                             : std::nullopt;
  });
  text("fingerprint", [](RankFigures const& w, RankDigest const&) { return quoted(w.fingerprint); });
  text("tainted", [](RankFigures const&, RankDigest const& rank) { return quoted(taints_of(rank)); });
  return fmt::format("{{\"case_index\":{},\"launch\":{}{}}}\n", digest.case_index, digest.launch, line);
}

std::string side_file_name(std::string node) {
  for (char& c : node) {
    bool const plain =
        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.';
    if (!plain) c = '_';
  }
  return (node.empty() || node[0] == '.' ? "node" + node : node) + ".ndjson";
}

}  // namespace muster
