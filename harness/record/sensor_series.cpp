#include "harness/core/sensor_series.hpp"

#include <fmt/format.h>

#include <string_view>

#include "harness/core/error.hpp"
#include "harness/record/fields.hpp"
#include "harness/record/json_archive.hpp"
#include "harness/record/load.hpp"
#include "harness/record/side_file.hpp"
#include "harness/record/side_lines.hpp"

namespace muster {
namespace {

constexpr std::uint64_t most_bytes = std::uint64_t{128} << 20;

/// The part of a line of samples that is wanted here.
struct RankReadings {
  int rank = 0;
  std::vector<Reading> readings{};
};

void fields(auto& a, Is<RankReadings> auto& v) {
  a("rank", v.rank);
  a.when(!v.readings.empty(), "readings", v.readings);
}

struct SampleLine {
  std::size_t case_index = 0;
  int launch = 0;
  std::vector<RankReadings> ranks{};
};

void fields(auto& a, Is<SampleLine> auto& v) {
  a("case_index", v.case_index);
  a("launch", v.launch);
  a("ranks", v.ranks);
}

SampleLine parse(std::string_view line, std::size_t cases) {
  SampleLine parsed;
  decode(parse_json(line), Path(), parsed);
  if (parsed.case_index >= cases) throw Error(ExitCode::usage, "case_index is none of the document's cases");
  return parsed;
}

void add_line(std::vector<SensorSeries>& all, std::string_view line, std::string const& node,
              std::size_t cases) {
  if (line.find("\"readings\"") == std::string_view::npos) return;
  auto parsed = parse(line, cases);
  for (auto& rank : parsed.ranks) {
    if (!rank.readings.empty())
      all.push_back({parsed.case_index, parsed.launch, rank.rank, node, std::move(rank.readings)});
  }
}

void add_file(std::vector<SensorSeries>& all, std::filesystem::path const& file, Sidecar const& sidecar,
              std::string const& node, std::size_t cases) {
  auto const text = verified_text(file, sidecar);
  std::size_t number = 0;
  for (std::size_t start = 0; start < text.size();) {
    auto const end = std::min(text.find('\n', start), text.size());
    ++number;
    try {
      add_line(all, std::string_view(text).substr(start, end - start), node, cases);
    } catch (Error const& error) {
      throw Error(error.exit_code, fmt::format("{}: line {}: {}", file.string(), number, error.what()));
    }
    start = end + 1;
  }
}

struct NodeFile {
  std::string node;
  Sidecar sidecar;
};

/// The file's name is made from the node's, never taken from the document.
std::vector<NodeFile> sample_files(Document const& document) {
  std::vector<NodeFile> files;
  for (auto const& node : document.nodes) {
    auto const path = "samples/" + side_file_name(node.name);
    for (auto const& sidecar : document.sidecars) {
      if (sidecar.path == path) files.push_back({node.name, sidecar});
    }
  }
  return files;
}

void check_size(std::vector<NodeFile> const& files) {
  std::uint64_t bytes = 0;
  for (auto const& file : files) bytes += std::min(file.sidecar.bytes, most_bytes + 1);
  if (bytes > most_bytes) {
    throw Error(ExitCode::usage,
                fmt::format("the files of samples have {} bytes (readings are taken from up to {} in "
                            "all) they stand in samples/ for other tools",
                            bytes, most_bytes));
  }
}

}  // namespace

std::vector<SensorSeries> sensor_series(LoadedResult const& result) {
  auto const folder = result.file.parent_path();
  auto const files = sample_files(result.document);
  std::vector<SensorSeries> all;
  std::error_code failed;
  if (files.empty() || !std::filesystem::exists(folder / "samples", failed)) return all;
  check_size(files);
  for (auto const& [node, sidecar] : files)
    add_file(all, folder / sidecar.path, sidecar, node, result.document.cases.size());
  return all;
}

}  // namespace muster
