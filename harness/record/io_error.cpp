#include "harness/record/io_error.hpp"

#include <cctype>
#include <cerrno>
#include <string>
#include <system_error>

namespace muster {
namespace {

char const* remedy(int reason) {
  switch (reason) {
    case ENOSPC:
      return "free some space";
    case EDQUOT:
      return "free some of your quota";
    case EFBIG:
      return "raise the limit on file sizes (ulimit -f)";
    case EISDIR:
      return "give a file's name with -o";
    case EIO:
      return "check the disk (dmesg), choose another folder with -o";
    default:
      return "choose a folder you can write to with -o";
  }
}

/// Finished cases stand in a run folder's journals; what was not written can be made from them.
std::filesystem::path run_folder_of(std::filesystem::path const& file) {
  std::error_code ignored;
  for (auto folder = file.parent_path();; folder = folder.parent_path()) {
    if (std::filesystem::is_directory(folder / "journal", ignored)) return folder;
    if (folder.empty() || folder == folder.parent_path()) return {};
  }
}

std::string words(int reason) {
  std::string text = std::generic_category().message(reason);
  if (!text.empty()) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

}  // namespace

Error not_saved(std::filesystem::path const& file, int reason) {
  auto const folder = run_folder_of(file);
  std::string const then = folder.empty() ? "" : ", then: muster collect " + folder.string();
  return Error(ExitCode::not_saved,
               "cannot save " + file.string() + " (" + words(reason) + ") " + remedy(reason) + then);
}

}  // namespace muster
