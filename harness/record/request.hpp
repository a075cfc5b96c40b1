// What a batch job's run is to do: a file beside its results, so that nothing of it passes through a shell.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace muster {

/// As JSON: {"arguments": [...], "environment": {"NAME": "value"}}.
struct RunRequest {
  std::vector<std::string> arguments;  ///< of `muster run`
  std::vector<std::pair<std::string, std::string>> environment;
};

/// Throws Error(usage) for a text that JSON cannot hold as it is (not UTF-8), or that is too long for
/// request_from_json.
std::string to_json(RunRequest const& request);

/// Only those two keys, both there; texts without zero bytes, names that an environment can have, at most 1
/// MiB. Throws Error(usage) with the position or the path of what is wrong.
RunRequest request_from_json(std::string_view text);

}  // namespace muster
