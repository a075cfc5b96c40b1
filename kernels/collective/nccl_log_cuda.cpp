#include "kernels/collective/nccl_log.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

#include "kernels/contract/error.hpp"

namespace muster::cuda {
namespace {

/// Without '%', which NCCL would expand.
std::string new_file() {
  auto name = (std::filesystem::temp_directory_path() / "muster-nccl-XXXXXX").string();
  int const file = mkstemp(name.data());
  if (file < 0)
    throw CaseError("no file for NCCL's log (" + name + ") set TMPDIR to a folder that can be written");
  close(file);
  return name;
}

}  // namespace

bool NcclTuningLog::possible(NcclApi const& api) {
  auto const* const level = std::getenv("NCCL_DEBUG");
  if (!level) return api.reset_debug != nullptr;
  bool const quiet = std::string_view(level) == "WARN" || std::string_view(level) == "VERSION";
  return api.reset_debug != nullptr && quiet && std::getenv("NCCL_DEBUG_FILE") == nullptr;
}

NcclTuningLog::NcclTuningLog(NcclApi const& api) : api_(api), file_(new_file()) {
  set("NCCL_DEBUG", "INFO");
  set("NCCL_DEBUG_SUBSYS", "TUNING");
  set("NCCL_DEBUG_FILE", file_);
  api_.reset_debug();
}

NcclTuningLog::~NcclTuningLog() {
  for (auto const& [name, value] : before_) {
    value ? setenv(name.c_str(), value->c_str(), 1) : unsetenv(name.c_str());
  }
  api_.reset_debug();
  unlink(file_.c_str());
}

void NcclTuningLog::set(char const* name, std::string const& value) {
  char const* const old = std::getenv(name);
  before_.emplace(name, old ? std::optional<std::string>(old) : std::nullopt);
  setenv(name, value.c_str(), 1);
}

std::string NcclTuningLog::text() const {
  std::ifstream in(file_);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace muster::cuda
