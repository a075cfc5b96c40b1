#include "harness/launch/lost_rank.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <regex>
#include <sstream>

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
  LostRank lost{rank.empty() ? -1 : number(rank), process.empty() ? -1 : number(process), -1, -1, node, {}};
  if (lost.process == 0) lost.process = -1;  // Open MPI no longer knows it
  auto const who = rank.empty() ? fmt::format("process {}", process) : fmt::format("rank {}", lost.rank);
  lost.message = fmt::format("{}{}{}: {}", who, node.empty() ? "" : " on ", node, how);
  return lost;
}

LostRank gave_up(std::string const& rank, std::string const& code) {
  auto ended = lost(rank, "", "", "it gave up with code " + code);
  ended.gave_up = number(code);
  return ended;
}

/// "srun: error: node2: tasks 2-3: Killed".
std::optional<LostRank> ended_task(std::string const& line) {
  auto const m = match(line, R"(^srun: error: (\S+): tasks? (\d+)([0-9,-]*): (.+)$)");
  if (m.empty()) return std::nullopt;
  bool const alone = m[3].empty();
  LostRank ended{alone ? number(m[2]) : -1, -1, -1, -1, m[1], {}};
  ended.message = fmt::format("rank{} {}{} on {}: {}", alone ? "" : "s", m[2], m[3], m[1], m[4]);
  if (auto const code = match(m[4], R"(^Exited with exit code (\d+))"); !code.empty())
    ended.exit_code = number(code[1]);
  return ended;
}

std::optional<LostRank> lost_node(std::string const& line) {
  auto const m = match(line, R"(^srun: error: Node failure on (\S+))");
  if (m.empty()) return std::nullopt;
  return LostRank{-1, -1, -1, -1, m[1], fmt::format("node {} failed", m[1])};
}

/// Slurm ended the step: what follows are its victims.
std::optional<LostRank> cancelled(std::string const& line) {
  if (line.starts_with("srun: Job step aborted") || line.starts_with("srun: forcing job termination"))
    return LostRank{};
  if (match(line, R"(\*\*\* (?:STEP|JOB) \S+ ON \S+ CANCELLED AT )").empty()) return std::nullopt;
  auto const reason = match(line, R"( DUE TO (.+?),? (?:SEE|\*\*\*))");
  LostRank ended;
  if (!reason.empty()) ended.message = "Slurm ended it: " + reason[1];
  return ended;
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
    return gave_up(m[1], m[2]);
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
    return gave_up(m[2], m[1]);
  auto const m = match(
      text, R"(BAD TERMINATION .{0,100}?(?:RANK (\d+) )?PID (\d+) RUNNING AT (\S+) = EXIT CODE: (\d+))");
  if (m.empty()) return std::nullopt;
  auto const words = match(text, R"(EXIT STRING: ([^(]*\(signal \d+\)))");
  return lost(m[1], m[2], m[3], words.empty() ? "exit code " + m[4] : words[1]);
}

std::optional<LostRank> lost_by_srun(std::string_view log) {
  for (auto const& by_mpi : {lost_by_open_mpi(log), lost_by_mpich(log)}) {
    if (by_mpi && by_mpi->gave_up >= 0) return by_mpi;
  }
  std::istringstream lines{std::string(log)};
  for (std::string line; std::getline(lines, line);) {
    for (auto const& found : {ended_task(line), lost_node(line), cancelled(line)}) {
      if (found) return found->message.empty() ? std::nullopt : found;
    }
  }
  return std::nullopt;
}

}  // namespace muster
