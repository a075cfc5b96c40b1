#include "harness/record/load_runs.hpp"

#include <algorithm>
#include <filesystem>

#include "harness/core/files.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;

bool is_folder(fs::path const& path) {
  std::error_code failed;
  return fs::is_directory(path, failed);
}

/// LABEL=PATH in two, unless all of it is a path.
std::pair<std::string, fs::path> label_and_folder(std::string const& argument) {
  auto const equals = argument.find('=');
  if (is_folder(argument) || equals == std::string::npos)
    return {fs::absolute(fs::path(argument) / ".").parent_path().filename().string(), argument};
  return {argument.substr(0, equals), argument.substr(equals + 1)};
}

std::vector<fs::path> run_folders(fs::path const& folder) {
  std::vector<fs::path> list;
  std::error_code failed;
  if (!is_folder(folder) || fs::exists(folder / "result.json", failed)) return list;
  for (auto const& entry : entries_of(folder)) {
    if (fs::exists(entry / "result.json", failed)) list.push_back(entry);
  }
  std::ranges::sort(list);
  return list;
}

}  // namespace

std::vector<LoadedResult> load_runs(std::string const& argument) {
  auto const [label, folder] = label_and_folder(argument);
  auto const folders = run_folders(folder);
  if (folders.empty()) return {load_result(argument)};
  std::vector<LoadedResult> list;
  for (auto const& one : folders) {
    list.push_back(load_result(one.string()));
    list.back().label = label;
  }
  return list;
}

}  // namespace muster
