// NCCL's log of its choices, switched on for a while in a process that runs.
#pragma once
#include <map>
#include <optional>
#include <string>

#include "kernels/collective/nccl_api.hpp"

namespace muster::cuda {

/// While it lives, NCCL writes the lines of its TUNING subsystem to a file of ours. For that it changes
/// environment variables (NCCL_DEBUG, NCCL_DEBUG_SUBSYS, NCCL_DEBUG_FILE), which nobody else may read or
/// write meanwhile, and puts them back.
class NcclTuningLog {
 public:
  /// Not where the library cannot read its environment anew, nor where the user has switched a log on: NCCL
  /// would begin the user's file anew.
  static bool possible(NcclApi const& api);

  explicit NcclTuningLog(NcclApi const& api);
  NcclTuningLog(NcclTuningLog const&) = delete;
  NcclTuningLog& operator=(NcclTuningLog const&) = delete;
  ~NcclTuningLog();

  std::string text() const;  ///< so far

 private:
  void set(char const* name, std::string const& value);

  NcclApi const& api_;
  std::string file_;
  std::map<std::string, std::optional<std::string>> before_;
};

}  // namespace muster::cuda
