// nccl-tests' JSON. Format: its src/util.cu, versions 1 to 3 (its own number, "version").
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <optional>

#include "harness/record/fields.hpp"
#include "harness/record/foreign_values.hpp"
#include "harness/record/nccl_rows.hpp"

namespace muster {
namespace {

struct NcclDevice {
  int rank = 0, device = 0;
  std::string hostname, device_hex, device_info;
};

void fields(auto& a, Is<NcclDevice> auto& v) {
  a("rank", v.rank);
  a("device", v.device);
  a("hostname", v.hostname);
  a("device_hex", v.device_hex);
  a("device_info", v.device_info);
}

struct NcclConfig {
  int nthreads = 1, ngpus = 1;
  std::vector<NcclDevice> devices;
};

void fields(auto& a, Is<NcclConfig> auto& v) {
  a("nthreads", v.nthreads);
  a("ngpus", v.ngpus);
  a("devices", v.devices);
}

double number_at(Json const& json, char const* key, Path const& path) {
  auto const found = json.find(key);
  Path const at(path, key);
  if (found == json.end()) at.fail("missing");
  return foreign_number(*found, at);
}

/// A text in that format: "    -1".
int root_of(Json const& json, Path const& path) {
  std::string text;
  Reader(json, path)("root", text);
  text.erase(0, std::min(text.find_first_not_of(' '), text.size()));
  int root = -1;
  auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), root);
  if (problem != std::errc{} || *end != '\0') Path(path, "root").fail("'" + text + "' is no rank");
  return root;
}

NcclRow common_part(Json const& json, Path const& path) {
  NcclRow row;
  Reader read(json, path);
  read("size", row.bytes);
  read("count", row.count);
  read("type", row.type);
  read("redop", row.reduction);
  row.root = root_of(json, path);
  return row;
}

NcclRow with_figures(NcclRow row, Json const& json, Path const& path) {
  expect_object(json, path);
  row.cpu_time = json.contains("cpu_time");
  row.microseconds = number_at(json, row.cpu_time ? "cpu_time" : "time", path);
  row.algorithm_gb = number_at(json, "alg_bw", path);
  row.bus_gb = number_at(json, "bus_bw", path);
  row.wrong = number_at(json, "nwrong", path);
  return row;
}

void add_rows(ForeignResult& result, NcclRun const& run, Json const& json, Path const& path) {
  auto const common = common_part(json, path);
  if (common.bytes == 0) return;  // rounded down to nothing: not an operation
  for (bool const in_place : {false, true}) {
    char const* const key = in_place ? "in_place" : "out_of_place";
    auto const found = json.find(key);
    if (found == json.end() || found->is_null()) continue;
    auto row = with_figures(common, *found, Path(path, key));
    row.in_place = in_place;
    result.rows.push_back(nccl_row(run, row));
  }
}

/// Each process writes its first device only; all have as many.
int ranks_of(NcclConfig const& config, Path const& path) {
  auto const per_process = static_cast<std::int64_t>(config.nthreads) * config.ngpus;
  auto const ranks = per_process * static_cast<std::int64_t>(config.devices.size());
  constexpr std::int64_t most = 1 << 24;
  if (config.nthreads < 1 || config.ngpus < 1 || ranks > most)
    path.fail(fmt::format("{} threads of {} GPUs in {} processes", config.nthreads, config.ngpus,
                          config.devices.size()));
  return static_cast<int>(ranks);
}

NcclRun read_config(ForeignResult& result, Json const& json, Path const& root) {
  auto& run = result.about.run;
  Reader read(json, root);
  std::string start;
  int nccl = 0;
  NcclConfig config;
  read.when(true, "start_time", start);
  read.when(true, "args", run.argv);
  read.when(true, "nccl_version", nccl);
  read.when(true, "config", config);
  run.started = iso_time(start);
  NcclRun about{run.argv.empty() ? "" : std::filesystem::path(run.argv[0]).filename().string(),
                ranks_of(config, Path(root, "config")), 0};
  for (auto const& device : config.devices)
    add_nccl_device(result.about, device.hostname, device.device, device.device_hex, device.device_info);
  for (auto& node : result.about.nodes) {
    if (nccl > 0) node.software.emplace_back("NCCL", nccl_version_words(nccl));
  }
  return about;
}

}  // namespace

ForeignResult nccl_tests_result(Json const& json, std::string const& name) {
  Path const root;
  ForeignResult result;
  int version = 0;
  Reader(json, root).when(true, "version", version);
  constexpr int newest = 3;
  if (version > newest)
    result.notes.push_back(fmt::format(
        "nccl-tests' JSON is of version {} (this muster knows {}): what is new in it was passed over",
        version, newest));
  auto& about = result.about.run;
  about.status = RunStatus::complete;
  about.launcher = "nccl-tests";
  about.backend = "cuda";
  about.version = fmt::format("nccl-tests JSON {}", version);
  auto run = read_config(result, json, root);
  if (run.program.empty()) run.program = name;
  about.suite = run.program;
  Path const path(root, "results");
  auto const& rows = json.at("results");
  expect_array(rows, path);
  for (std::size_t i = 0; i < rows.size(); ++i) add_rows(result, run, rows[i], Path(path, i));
  if (!json.contains("end_time")) {
    about.status = RunStatus::aborted;
    result.notes.push_back("nccl-tests did not come to its end (no end_time)");
  }
  note_nccl_limits(result);
  return result;
}

}  // namespace muster
