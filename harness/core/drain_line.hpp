// The line with which a node is taken out of use, to be read by a person and pasted into a shell.
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace muster {

/// `scontrol update NodeName=gpu0007 State=DRAIN Reason="muster: ..."`. Absent where `node` is no name that
/// Slurm and a shell take as it is. The reason is plain ASCII: what a shell, Slurm or a terminal would obey
/// (quotes, $, `, \, =, ;, !, control characters) becomes a blank or ?, and it is cut at 200 characters.
std::optional<std::string> drain_line(std::string const& node, std::vector<std::string> const& reasons);

}  // namespace muster
