// Files of stands: one a launch and node, one line a rank, there only when something took too long.
#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/stand.hpp"
#include "harness/record/journal.hpp"

namespace muster {

std::string to_line(Stand const& stand);  ///< without the newline
/// Absent for a torn line and for one that is not JSON.
std::optional<Stand> stand_from_line(std::string_view line);

/// Adds the line to its file with one write, which also ranks of one node may do at once. False where that
/// cannot be done: a rank that hangs has nobody to tell.
bool append_stand(RunFolder const& folder, Stand const& stand);

/// The stands of a run folder as they come.
class StandReader {
 public:
  /// `node`: only of that one.
  explicit StandReader(RunFolder folder, std::string node = {})
      : folder_(std::move(folder)), node_(std::move(node)) {}
  std::vector<Stand> poll(int launch);  ///< of that launch, written since the last call

 private:
  RunFolder folder_;
  std::string node_;
  std::map<std::string, std::uintmax_t> read_;  ///< bytes of each file that were seen
};

}  // namespace muster
