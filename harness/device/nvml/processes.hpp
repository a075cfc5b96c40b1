// Whose processes compute on a GPU besides this one.
#pragma once
#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace muster {

/// Does getpid() here give the number by which the host knows this process? True in the first process
/// namespace, whose number is fixed (PROC_PID_INIT_INO in the kernel's include/linux/proc_ns.h); false in
/// most containers.
inline bool has_host_process_numbers(std::filesystem::path const& root = "/") {
  std::error_code unknown;  // no such link: taken for a container
  auto const space = std::filesystem::read_symlink(root / "proc/self/ns/pid", unknown);
  return space == "pid:[4026531836]";
}

/// Other processes among `listed`, the host's numbers of those that compute on a GPU which this process,
/// number `self`, has open.
///   - With this process in the list: the rest, exactly.
///   - Not in it although numbers are the host's (`host_numbers`): this process computes through another
///   (MPS), and
///     all that are listed are others.
///   - In a container the number of this process is unknown, so one of those listed is taken for this one. A
///     container that shows a process of its neighbour but hides this one is therefore counted one too low.
///   - Nobody listed: NVML hides processes from this one, and nothing can be told.
inline std::optional<int> other_processes(std::vector<unsigned> const& listed, unsigned self,
                                          bool host_numbers) {
  if (listed.empty()) return std::nullopt;
  auto const own = std::ranges::count(listed, self);
  auto const all = static_cast<std::ptrdiff_t>(listed.size());
  if (own > 0) return static_cast<int>(all - own);
  return static_cast<int>(host_numbers ? all : all - 1);
}

}  // namespace muster
