#include "harness/record/side_file.hpp"

#include <fmt/format.h>

#include "harness/core/error.hpp"
#include "harness/core/files.hpp"
#include "harness/record/json_archive.hpp"
#include "harness/record/save.hpp"

namespace muster {

std::string verified_text(std::filesystem::path const& file, Sidecar const& sidecar) {
  if (sidecar.bytes > JsonLimits::text_bytes) {
    throw Error(ExitCode::usage, fmt::format("{}: {} bytes (such a file has at most {})", file.string(),
                                             sidecar.bytes, JsonLimits::text_bytes));
  }
  std::error_code failed;
  auto const bytes = std::filesystem::file_size(file, failed);
  if (failed) {
    throw Error(ExitCode::infrastructure,
                fmt::format("cannot read {} ({}) keep a run's folder together: these files stand beside "
                            "its document",
                            file.string(), failed.message()));
  }
  std::string text = bytes == sidecar.bytes ? read_file(file) : std::string();
  if (bytes != sidecar.bytes || sha256(text) != sidecar.sha256) {
    throw Error(ExitCode::usage,
                fmt::format("{} is not the file that the document was written with (its size or SHA-256 "
                            "differs from integrity.sidecars) `muster collect` writes both anew",
                            file.string()));
  }
  return text;
}

}  // namespace muster
