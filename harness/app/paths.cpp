#include "harness/app/paths.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "harness/core/error.hpp"
#include "harness/core/plugin.hpp"
#include "harness/record/environment.hpp"

namespace muster {

namespace fs = std::filesystem;

fs::path program_path() { return fs::read_symlink("/proc/self/exe"); }

fs::path configs_folder() {
  if (char const* folder = std::getenv("MUSTER_CONFIGS")) return folder;
  auto folder = program_folder();
  for (int level = 0; level < 5; ++level, folder = folder.parent_path()) {
    for (auto const& place : {folder / "configs", folder / "share" / "muster" / "configs"}) {
      if (fs::is_directory(place / "suites")) return place;
    }
  }
  throw Error(ExitCode::usage,
              fmt::format("no configs folder (looked in {} and above) set MUSTER_CONFIGS to it",
                          program_folder().string()));
}

fs::path cache_folder() {
  if (char const* folder = std::getenv("MUSTER_CACHE")) return folder;
  if (char const* folder = std::getenv("XDG_CACHE_HOME"); folder && *folder)
    return fs::path(folder) / "muster";
  if (char const* home = std::getenv("HOME"); home && *home && access(home, W_OK) == 0)
    return fs::path(home) / ".cache" / "muster";
  return fs::temp_directory_path() / fmt::format("muster-cache-{}", getuid());
}

fs::path new_run_folder(fs::path const& results, std::string const& where) {
  auto time = utc_now();
  std::ranges::replace(time, ':', '-');
  auto const base = results / where / time;
  auto folder = base;
  for (int n = 2; fs::exists(folder); ++n) folder = base.string() + "-" + std::to_string(n);
  return folder;
}

std::string shown(fs::path const& path) {
  auto const relative = fs::absolute(path).lexically_relative(fs::current_path());
  return relative.empty() || relative.string().starts_with("..") ? path.string() : relative.string();
}

}  // namespace muster
