// Suites on disk: which there are, and which one is meant.
#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "harness/core/error.hpp"
#include "harness/plan/planner.hpp"
#include "harness/plan/spelling.hpp"
#include "harness/plan/suite_file.hpp"

namespace muster {
namespace {

constexpr std::string_view extension = ".toml";

bool is_path(std::string const& text) {
  return text.find('/') != std::string::npos || text.ends_with(extension);
}

}  // namespace

std::vector<std::string> suite_names(std::filesystem::path const& suites_folder) {
  std::vector<std::string> names;
  std::error_code absent;  // a folder that is not there has no suites
  for (auto const& item : std::filesystem::directory_iterator(suites_folder, absent)) {
    if (item.path().extension() == extension) names.push_back(item.path().stem().string());
  }
  std::ranges::sort(names);
  return names;
}

std::filesystem::path find_suite(std::string const& name_or_path,
                                 std::filesystem::path const& suites_folder) {
  if (is_path(name_or_path)) {
    std::error_code unreachable;  // then it is no file that could be read
    if (std::filesystem::is_regular_file(name_or_path, unreachable)) return name_or_path;
    throw Error(ExitCode::usage,
                fmt::format("no suite file '{}' (no such file, or a folder) check the path; suites "
                            "that come along need no path ({})",
                            name_or_path, suggestion(name_or_path, suite_names(suites_folder))));
  }
  auto const names = suite_names(suites_folder);
  if (std::ranges::find(names, name_or_path) != names.end()) {
    return suites_folder / (name_or_path + std::string(extension));
  }
  throw Error(ExitCode::usage,
              fmt::format("no suite is called '{}' in {} ({}) use one of these, or the path of a "
                          "TOML file",
                          name_or_path, suites_folder.string(), suggestion(name_or_path, names)));
}

std::string suite_summary(std::filesystem::path const& file) {
  Faults faults(file);
  auto const suite = read_suite(file, faults);
  auto const report = faults.report();
  return report.empty() ? suite.summary : "not usable: " + report.substr(0, report.find('\n'));
}

}  // namespace muster
