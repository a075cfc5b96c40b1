#include "harness/record/load_runs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "harness/core/error.hpp"
#include "harness/core/files.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;

bool is_folder(fs::path const& path) {
  std::error_code failed;
  return fs::is_directory(path, failed);
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

void refuse_two_sides(fs::path const& folder) {
  std::error_code failed;
  if (!fs::exists(folder / "versus.json", failed)) return;
  throw Error(
      ExitCode::usage,
      fmt::format("{0} is a run of two sides (it has versus.json), not one of them give {0}/base and {0}/new",
                  folder.string()));
}

/// A launch that counts twice makes any difference certain.
void refuse_repeated_cases(LoadedResult const& result) {
  std::set<std::string> names;
  for (auto const& one : result.document.cases) {
    if (!names.insert(one.name).second)
      throw Error(ExitCode::usage,
                  fmt::format("{}: case {} is in it twice (no run writes that) give the document as "
                              "it was written",
                              result.file.string(), one.name));
  }
}

void refuse_repeated_runs(std::vector<LoadedResult> const& list) {
  std::map<std::string, std::string> files;
  for (auto const& one : list) {
    auto const [found, fresh] = files.try_emplace(one.document.run.id, one.file.string());
    if (!fresh && !found->first.empty())
      throw Error(
          ExitCode::usage,
          fmt::format(
              "{} and {} are of the same run, {} (its launches would count twice) leave out one of them",
              found->second, one.file.string(), found->first));
  }
}

}  // namespace

std::vector<LoadedResult> load_runs(std::string const& argument) {
  auto const [given, folder] = named_path(argument);
  if (is_folder(folder)) refuse_two_sides(folder);
  auto const folders = run_folders(folder);
  std::vector<LoadedResult> list;
  if (folders.empty()) {
    list.push_back(load_result(argument));
  } else {
    auto const label = given.empty() ? fs::absolute(folder / ".").parent_path().filename().string() : given;
    for (auto const& one : folders) {
      list.push_back(load_result(one.string()));
      list.back().label = label;
    }
  }
  std::ranges::for_each(list, refuse_repeated_cases);
  refuse_repeated_runs(list);
  return list;
}

}  // namespace muster
