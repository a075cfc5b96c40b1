// Slurm's lists of host names: `node[1-3,07-12],login` and back.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

constexpr std::size_t most_hosts = 100'000;  ///< of one list; the largest clusters have a tenth of it

/// Letters, digits, '.', '_' and '-', the first one a letter or a digit, 253 characters at most: what may
/// become part of a file's name or a program's argument.
bool is_host_name(std::string_view name);

/// What a person may be shown of a text from outside: one line, no control characters, not too long.
std::string shown_text(std::string_view text);

/// The names in the list's order, repeated ones as often as they stand there. A name may have several
/// brackets
/// (`rack[1-2]n[01-16]`, the last one counting fastest) and text between and behind them. Numbers keep the
/// width of a range's first. Throws Error(usage): no such list, a name that is none, more than most_hosts.
std::vector<std::string> expand_host_list(std::string_view list);

/// The shortest list that expands to these names in this order, but that each group of them counts in one
/// place.
std::string compress_host_list(std::vector<std::string> const& names);

}  // namespace muster
