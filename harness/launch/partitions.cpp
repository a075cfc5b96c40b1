#include "harness/launch/partitions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>

#include "harness/core/error.hpp"
#include "harness/launch/child.hpp"

namespace muster {
namespace {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream{std::string(text)};
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

std::optional<int> whole(std::string_view text) {
  int value = 0;
  auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  bool const all = problem == std::errc{} && end == text.data() + text.size() && value >= 0;
  return all ? std::optional(value) : std::nullopt;
}

/// "infinite", "30:00", "2:00:00", "1-00:00:00".
std::optional<double> limit_of(std::string_view text) {
  double days = 0, seconds = 0;
  if (auto const dash = text.find('-'); dash != std::string_view::npos) {
    auto const given = whole(text.substr(0, dash));
    if (!given) return std::nullopt;
    days = *given;
    text.remove_prefix(dash + 1);
  }
  for (auto const& part : split(text, ':')) {
    auto const number = whole(part);
    if (!number) return std::nullopt;
    seconds = seconds * 60 + *number;
  }
  return days * 86400 + seconds;
}

/// Without what stands in brackets: "gpu:a100:8(S:0-1)" -> "gpu:a100:8".
std::string without_brackets(std::string_view text) {
  std::string plain;
  int depth = 0;
  for (char const c : text) {
    if (c == '(') ++depth;
    if (depth == 0) plain += c;
    if (c == ')') --depth;
  }
  return plain;
}

Partition& partition_named(std::vector<Partition>& all, std::string name) {
  bool const is_default = name.ends_with('*');
  if (is_default) name.pop_back();
  auto const found = std::ranges::find(all, name, &Partition::name);
  if (found != all.end()) return *found;
  all.push_back({name, is_default, true, std::nullopt});
  return all.back();
}

}  // namespace

bool NodeGroup::usable() const {
  constexpr std::array gone{"down", "drain", "fail", "error", "future", "unknown", "inval", "unk"};
  if (state.ends_with('*')) return false;  // does not answer
  return std::ranges::none_of(gone, [&](char const* word) { return state.starts_with(word); });
}

int gpus_in(std::string_view gres, std::string_view type) {
  int count = 0;
  for (auto const& entry : split(without_brackets(gres), ',')) {
    auto const parts = split(entry, ':');  // gpu:8 or gpu:a100:8
    bool const wanted =
        parts.size() >= 2 && parts[0] == "gpu" && (type.empty() || (parts.size() == 3 && parts[1] == type));
    if (wanted) count += whole(parts.back()).value_or(0);
  }
  return count;
}

std::vector<Partition> partitions_from(std::string_view answer) {
  std::vector<Partition> all;
  for (auto const& line : split(answer, '\n')) {
    auto const columns = split(line, '|');
    auto const nodes = columns.size() == 6 ? whole(columns[3]) : std::nullopt;
    if (!nodes) continue;
    auto& partition = partition_named(all, columns[0]);
    partition.up = columns[1] == "up";
    partition.limit_seconds = limit_of(columns[2]);
    partition.groups.push_back({*nodes, columns[4], columns[5]});
  }
  return all;
}

std::vector<Partition> ask_partitions(double deadline_seconds) {
  auto const answer =
      ask({{"sinfo", "--noheader", "--exact", std::string(partitions_format)}}, deadline_seconds);
  if (answer.timed_out)
    throw Error(ExitCode::infrastructure,
                fmt::format("sinfo does not answer (it was given {} s) is slurmctld running? try: sinfo",
                            deadline_seconds));
  if (!answer.ending.ok())
    throw Error(ExitCode::infrastructure, fmt::format("sinfo cannot tell of the partitions ({}) it says: {}",
                                                      answer.ending.text(), answer.errors));
  return partitions_from(answer.output);
}

}  // namespace muster
