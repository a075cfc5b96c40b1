#include "harness/launch/lost_rank.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <regex>

namespace muster {
namespace {

/// Launchers break their sentences into lines as they like.
std::string one_line(std::string_view log) {
  std::string text;
  for (char const c : log) {
    bool const space = std::isspace(static_cast<unsigned char>(c)) != 0;
    if (!space) text += c;
    if (space && !text.empty() && text.back() != ' ') text += ' ';
  }
  return text;
}

/// The groups of the first match; empty where there is none. [0] is the match itself.
std::vector<std::string> match(std::string const& text, char const* pattern) {
  std::smatch found;
  if (!std::regex_search(text, found, std::regex(pattern))) return {};
  return {found.begin(), found.end()};
}

int number(std::string const& digits) { return std::stoi(digits.substr(0, 9)); }

LostRank lost(std::string const& rank, std::string const& process, std::string const& node,
              std::string const& how) {
  LostRank lost{rank.empty() ? -1 : number(rank), process.empty() ? -1 : number(process), -1, node, {}};
  if (lost.process == 0) lost.process = -1;  // Open MPI no longer knows it
  auto const who = rank.empty() ? fmt::format("process {}", process) : fmt::format("rank {}", lost.rank);
  lost.message = fmt::format("{}{}{}: {}", who, node.empty() ? "" : " on ", node, how);
  return lost;
}

}  // namespace

std::optional<LostRank> lost_by_open_mpi(std::string_view log) {
  auto const text = one_line(log);
  if (auto const m =
          match(text, R"(process rank (\d+) with PID (\d+) on node (\S+) exited on (signal \d+ \([^)]*\)))");
      !m.empty())
    return lost(m[1], m[2], m[3], m[4]);
  if (auto const m = match(text, R"(process rank (\d+) with PID (\d+) on node (\S+) exiting improperly)");
      !m.empty())
    return lost(m[1], m[2], m[3], "it ended without leaving the others");
  if (auto const m =
          match(text, R"(MPI_ABORT was invoked on rank (\d+) in communicator .{0,200}?errorcode (\d+))");
      !m.empty())
    return lost(m[1], "", "", "it gave up with code " + m[2]);
  auto const m = match(text, R"(Process name: \[\[\d+,\d+\],(\d+)\] Exit code: (\d+))");
  if (m.empty()) return std::nullopt;
  auto ended = lost(m[1], "", "", "exit code " + m[2]);
  ended.exit_code = number(m[2]);
  return ended;
}

std::optional<LostRank> lost_by_mpich(std::string_view log) {
  auto const text = one_line(log);
  if (auto const m = match(text, R"(application called MPI_Abort\([^)]*, (\d+)\) - process (\d+))");
      !m.empty())
    return lost(m[2], "", "", "it gave up with code " + m[1]);
  auto const m = match(
      text, R"(BAD TERMINATION .{0,100}?(?:RANK (\d+) )?PID (\d+) RUNNING AT (\S+) = EXIT CODE: (\d+))");
  if (m.empty()) return std::nullopt;
  auto const words = match(text, R"(EXIT STRING: ([^(]*\(signal \d+\)))");
  return lost(m[1], m[2], m[3], words.empty() ? "exit code " + m[4] : words[1]);
}

}  // namespace muster
