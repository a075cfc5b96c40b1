#include "harness/plan/find_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <system_error>

#include "harness/core/error.hpp"
#include "harness/plan/spelling.hpp"

namespace muster {
namespace {

constexpr std::string_view extension = ".toml";

bool is_path(std::string const& text) {
  return text.find('/') != std::string::npos || text.ends_with(extension);
}

}  // namespace

std::vector<std::string> config_names(std::filesystem::path const& folder) {
  std::vector<std::string> names;
  std::error_code absent;  // a folder that is not there has none
  for (auto const& item : std::filesystem::directory_iterator(folder, absent)) {
    if (item.path().extension() == extension) names.push_back(item.path().stem().string());
  }
  std::ranges::sort(names);
  return names;
}

std::filesystem::path find_config(std::string const& what, std::string const& name_or_path,
                                  std::filesystem::path const& folder) {
  auto const names = config_names(folder);
  if (is_path(name_or_path)) {
    std::error_code unreachable;  // then it is no file that could be read
    if (std::filesystem::is_regular_file(name_or_path, unreachable)) return name_or_path;
    throw Error(ExitCode::usage,
                fmt::format("no {} file '{}' (no such file, or a folder) check the path; {}s "
                            "that come along need no path ({})",
                            what, name_or_path, what, suggestion(name_or_path, names)));
  }
  if (std::ranges::find(names, name_or_path) != names.end())
    return folder / (name_or_path + std::string(extension));
  throw Error(ExitCode::usage,
              fmt::format("no {} is called '{}' in {} ({}) use one of these, or the path of a TOML file",
                          what, name_or_path, folder.string(), suggestion(name_or_path, names)));
}

}  // namespace muster
