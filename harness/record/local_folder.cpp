#include "harness/record/local_folder.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "harness/core/error.hpp"
#include "harness/record/io_error.hpp"
#include "harness/record/save.hpp"

namespace muster {

namespace fs = std::filesystem;

namespace {

fs::path temporary_folder() {
  std::error_code unreadable;  // then it is not the one
  for (auto const* name : {"SLURM_TMPDIR", "TMPDIR"}) {
    char const* folder = std::getenv(name);
    if (folder && fs::path(folder).is_absolute() && fs::is_directory(folder, unreadable)) return folder;
  }
  return "/tmp";
}

/// Tells a run from an earlier one in a folder of the same name, on every node alike.
std::string made_at(fs::path const& plan) {
  struct stat info {};
  if (::stat(plan.c_str(), &info) != 0) return {};
  return fmt::format(" {} {}.{:09}", info.st_ino, info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
}

}  // namespace

fs::path local_folder(RunFolder const& run) {
  std::error_code unresolved;
  auto const resolved = fs::weakly_canonical(run.root, unresolved);
  auto const root = (unresolved ? fs::absolute(run.root) : resolved).string();
  auto const name = sha256(root + made_at(run.plan()));
  return temporary_folder() / fmt::format("muster-{}-{}", ::geteuid(), name.substr(0, 16));
}

void own_folder(fs::path const& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) throw not_saved(folder, errno);
  struct stat info {};
  if (::lstat(folder.c_str(), &info) != 0) throw not_saved(folder, errno);
  if (!S_ISDIR(info.st_mode) || info.st_uid != ::geteuid()) throw not_saved(folder, EPERM);
}

}  // namespace muster
