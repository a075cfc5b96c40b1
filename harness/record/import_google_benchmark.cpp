// Google Benchmark's JSON. Format: its src/json_reporter.cc, and what its tools/compare.py asks of a row.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "harness/core/error.hpp"
#include "harness/core/quantities.hpp"
#include "harness/record/fields.hpp"
#include "harness/record/foreign.hpp"
#include "harness/record/foreign_values.hpp"

namespace muster {
namespace {

/// A row's own members; every other number in it is a counter of the user's.
struct GoogleRow {
  std::string name, run_type, aggregate_name, time_unit, error_message, skip_message, label;
  bool error_occurred = false, skipped = false;
  std::optional<std::int64_t> family, instance;
  std::uint64_t iterations = 0;
};

constexpr std::array<std::string_view, 21> own_members{"name",
                                                       "family_index",
                                                       "per_family_instance_index",
                                                       "run_name",
                                                       "run_type",
                                                       "repetitions",
                                                       "repetition_index",
                                                       "threads",
                                                       "aggregate_name",
                                                       "aggregate_unit",
                                                       "iterations",
                                                       "real_time",
                                                       "cpu_time",
                                                       "time_unit",
                                                       "label",
                                                       "error_occurred",
                                                       "error_message",
                                                       "skipped",
                                                       "skip_message",
                                                       "big_o",
                                                       "rms"};

GoogleRow read_row(Json const& json, Path const& path) {
  GoogleRow row;
  Reader read(json, path);
  read("name", row.name);
  read.when(true, "run_type", row.run_type);
  read.when(true, "aggregate_name", row.aggregate_name);
  read.when(true, "time_unit", row.time_unit);
  read.when(true, "error_occurred", row.error_occurred);
  read.when(true, "error_message", row.error_message);
  read.when(true, "skipped", row.skipped);
  read.when(true, "skip_message", row.skip_message);
  read.when(true, "label", row.label);
  read("family_index", row.family);
  read("per_family_instance_index", row.instance);
  return row;
}

/// Before 1.5 aggregates had no mark but their name: they end so, and the rest is another row's name.
bool is_aggregate(GoogleRow const& row, std::set<std::string> const& names) {
  if (!row.run_type.empty() || !row.aggregate_name.empty())
    return row.run_type == "aggregate" || !row.aggregate_name.empty();
  for (std::string_view const ending : {"_mean", "_median", "_stddev", "_cv", "_BigO", "_RMS"}) {
    if (row.name.ends_with(ending) && names.contains(row.name.substr(0, row.name.size() - ending.size())))
      return true;
  }
  return false;
}

double seconds_in(std::string const& unit, Path const& path) {
  if (unit == "ns") return 1e-9;
  if (unit == "us") return 1e-6;
  if (unit == "ms") return 1e-3;
  if (unit == "s") return 1;
  path.fail(fmt::format("'{}' is none of the units of time that Google Benchmark has: s, ms, us, ns", unit));
}

double member_number(Json const& json, char const* key, Path const& path) {
  auto const found = json.find(key);
  Path const at(path, key);
  if (found == json.end()) at.fail("missing");
  return foreign_number(*found, at);
}

std::string counter_unit(std::string_view name) {
  constexpr std::string_view ending = "_per_second";
  if (name == "bytes_per_second") return "B/s";
  if (!name.ends_with(ending)) return {};
  return std::string(name.substr(0, name.size() - ending.size())) + "/s";
}

std::vector<Figure> counters(Json const& json, Path const& path) {
  std::vector<Figure> figures;
  for (auto const& [name, value] : json.items()) {
    if (std::ranges::find(own_members, name) != own_members.end() || !value.is_number()) continue;
    double const number = decode_number(value, Path(path, name));
    if (std::isfinite(number)) figures.push_back({name, number, counter_unit(name)});
  }
  return figures;
}

void fail(ForeignRow& row, CaseStatus status, std::string message) {
  row.about.status = status;
  row.about.message = std::move(message);
}

/// A failed row carries real_time 0: it must never count as a figure.
void read_times(ForeignRow& row, GoogleRow const& read, Json const& json, Path const& path) {
  double const unit = seconds_in(read.time_unit, Path(path, "time_unit"));
  row.value = row.seconds = member_number(json, "real_time", path) * unit;
  row.figures = counters(json, path);
  if (json.contains("cpu_time")) {
    double const cpu = member_number(json, "cpu_time", path) * unit;
    if (std::isfinite(cpu)) row.figures.insert(row.figures.begin(), {"cpu_time", cpu, "s"});
  }
  if (!std::isfinite(row.seconds) || row.seconds <= 0)
    fail(row, CaseStatus::internal, fmt::format("real_time is {} (nothing was measured)", row.seconds));
}

ForeignRow foreign_row(GoogleRow const& read, Json const& json, Path const& path) {
  ForeignRow row;
  row.about.name = read.name;
  row.about.workload = "google_benchmark";
  row.about.metric = {"real_time", "s", Quantity::items, Better::lower};
  row.about.status = CaseStatus::ok;
  row.about.verification = {Verdict::Status::not_applicable, "Google Benchmark checks no answers", 0, 0, ""};
  if (!read.label.empty()) row.about.labels = {read.label};
  Reader(json, path).when(true, "iterations", row.iterations);
  if (read.error_occurred) {
    fail(row, CaseStatus::device_error,
         read.error_message.empty() ? "the benchmark reported an error" : read.error_message);
  } else if (read.skipped) {
    fail(row, CaseStatus::unsupported, read.skip_message.empty() ? "skipped" : read.skip_message);
  } else {
    read_times(row, read, json, path);
  }
  return row;
}

/// Counts repetitions, and tells benchmarks apart that were registered under one name.
class Repetitions {
 public:
  void place(ForeignRow& row, GoogleRow const& read) {
    auto& instances = names_[read.name];
    std::pair const which{read.family, read.instance};
    auto const at = static_cast<std::size_t>(std::ranges::find(instances, which) - instances.begin());
    if (at == instances.size()) instances.push_back(which);
    if (at > 0) row.about.name += fmt::format(" #{}", at + 1);
    row.run = counts_[row.about.name]++;
  }

 private:
  std::map<std::string, std::vector<std::pair<std::optional<std::int64_t>, std::optional<std::int64_t>>>>
      names_;
  std::map<std::string, int> counts_;
};

struct Cache {
  std::string type;
  std::uint64_t level = 0, size = 0;
};

void fields(auto& a, Is<Cache> auto& v) {
  a("type", v.type);
  a("level", v.level);
  a("size", v.size);
}

std::string cache_name(Cache const& cache) {
  auto const kind = cache.type == "Data" ? "d" : cache.type == "Instruction" ? "i" : "";
  return fmt::format("L{}{}", cache.level, kind);
}

/// The CPU's model is not said; its caches tell models apart.
std::string model_words(Cpu const& cpu) {
  std::string words;
  for (auto const& [name, bytes] : cpu.caches)
    words += (words.empty() ? "" : ", ") + name + " " + human_bytes(bytes);
  return words.empty() ? "" : "caches " + words;
}

Node node_of(Json const& context, BenchmarkContext const& about, Path const& path) {
  Node node;
  node.name = about.host_name;
  node.cpu.threads = node.cpu.usable = about.num_cpus;
  std::vector<Cache> caches;
  Reader(context, path).when(true, "caches", caches);
  for (auto const& cache : caches) node.cpu.caches.emplace_back(cache_name(cache), cache.size);
  node.cpu.model = model_words(node.cpu);
  if (!about.library_version.empty()) node.software.emplace_back("Google Benchmark", about.library_version);
  constexpr std::array<std::string_view, 5> own{"date", "host_name", "executable", "library_version",
                                                "library_build_type"};
  for (auto const& [name, value] : context.items()) {
    if (value.is_string() && std::ranges::find(own, name) == own.end())
      node.software.emplace_back(name, value.get<std::string>());
  }
  return node;
}

BenchmarkContext read_context(Json const& context, Path const& path) {
  BenchmarkContext about;
  Reader read(context, path);
  read.when(true, "date", about.date);
  read.when(true, "host_name", about.host_name);
  read.when(true, "executable", about.executable);
  read.when(true, "num_cpus", about.num_cpus);
  read.when(true, "mhz_per_cpu", about.mhz_per_cpu);
  read.when(true, "cpu_scaling_enabled", about.cpu_scaling_enabled);
  read.when(true, "load_avg", about.load_avg);
  read.when(true, "library_version", about.library_version);
  read.when(true, "library_build_type", about.library_build_type);
  std::optional<std::int64_t> version;
  read("json_schema_version", version);
  if (version.value_or(1) != 1)
    Path(path, "json_schema_version").fail(fmt::format("{} (this muster reads version 1)", *version));
  return about;
}

void read_about(ForeignResult& result, Json const& json, Path const& root) {
  auto const found = json.find("context");
  if (found == json.end() || found->is_null()) return;
  Path const path(root, "context");
  auto& about = result.about;
  about.context = read_context(*found, path);
  about.nodes = {node_of(*found, about.context, path)};
  about.run.started = iso_time(about.context.date);
  about.run.suite = std::filesystem::path(about.context.executable).filename().string();
  if (!about.context.executable.empty()) about.run.argv = {about.context.executable};
  if (about.context.library_build_type == "debug")
    result.notes.push_back("Google Benchmark's library was a debug build: its own loop is slower then");
  if (about.context.cpu_scaling_enabled)
    result.notes.push_back("the CPUs' clocks were free to change (cpu_scaling_enabled)");
}

}  // namespace

ForeignResult google_benchmark_result(Json const& json) {
  Path const root;
  ForeignResult result;
  result.runs_share_process = true;
  result.about.run.status = RunStatus::complete;
  result.about.run.launcher = "Google Benchmark";
  read_about(result, json, root);
  auto const& library = result.about.context.library_version;
  result.about.run.version = "Google Benchmark" + (library.empty() ? "" : " " + library);

  Path const path(root, "benchmarks");
  auto const& rows = json.at("benchmarks");
  expect_array(rows, path);
  std::vector<GoogleRow> read;
  std::set<std::string> names;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    names.insert(read.emplace_back(read_row(rows[i], Path(path, i))).name);
  }
  Repetitions repetitions;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (is_aggregate(read[i], names)) continue;
    auto& row = result.rows.emplace_back(foreign_row(read[i], rows[i], Path(path, i)));
    repetitions.place(row, read[i]);
  }
  if (result.rows.empty() && !rows.empty()) {
    path.fail(
        "only aggregates (means and medians cannot be compared with statistics) run it without "
        "--benchmark_report_aggregates_only");
  }
  return result;
}

}  // namespace muster
