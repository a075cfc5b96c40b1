#include "harness/launch/host_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "harness/record/save.hpp"

namespace muster {

std::string host_lines(Spawn const& spawn) {
  std::string lines;
  int left = spawn.processes;
  for (auto const& node : spawn.nodes) {
    for (int here = std::min(std::max(spawn.per_node, 1), left); here > 0; --here, --left)
      lines += node + '\n';
  }
  return lines;
}

std::filesystem::path save_host_lines(std::filesystem::path const& folder, Spawn const& spawn) {
  auto const lines = host_lines(spawn);
  auto const file =
      folder / "hosts" /
      fmt::format("{}x{}-{}.txt", spawn.nodes.size(), spawn.per_node, sha256(lines).substr(0, 12));
  std::error_code made;  // that it is not there, saving says
  std::filesystem::create_directories(file.parent_path(), made);
  save_atomically(file, lines);
  return file;
}

}  // namespace muster
