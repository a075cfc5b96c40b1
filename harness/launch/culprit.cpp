#include "harness/launch/culprit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

namespace muster {
namespace {

constexpr double asleep = 0.1, polling = 0.5;  // shares of the time: see Stand::busy
constexpr std::size_t most_groups = 3;         // of ranks at different points that a message names

using ByRank = std::map<int, Stand>;
using Ranks = std::vector<int>;

ByRank by_rank(std::vector<Stand> const& stands) {
  ByRank map;
  for (auto const& stand : stands) map.insert_or_assign(stand.rank, stand);
  return map;
}

Ranks silent(ByRank const& stands, int ranks) {
  Ranks list;
  for (int rank = 0; rank < ranks; ++rank) {
    if (!stands.contains(rank)) list.push_back(rank);
  }
  return list;
}

/// Those of `among` whose number is the lowest; empty where all have the same.
template <class Number>
Ranks lowest(ByRank const& stands, Ranks const& among, Number const& number) {
  auto const of = [&](int rank) { return number(stands.at(rank)); };
  auto const [low, high] = std::ranges::minmax(among, {}, of);
  auto const least = of(low);
  Ranks list;
  if (least == of(high)) return list;
  std::ranges::copy_if(among, std::back_inserter(list), [&](int rank) { return of(rank) == least; });
  return list;
}

/// At the same point of the whole: those in no call of a part, if others wait in one; else the last of a
/// part.
Ranks behind_in_parts(ByRank const& stands, Ranks const& among) {
  Ranks outside;
  std::map<std::string, Ranks> parts;
  for (int const rank : among) {
    auto const& stand = stands.at(rank);
    if (stand.part.empty()) outside.push_back(rank);
    if (!stand.part.empty()) parts[stand.part].push_back(rank);
  }
  if (parts.empty() || !outside.empty()) return parts.empty() ? Ranks{} : outside;
  Ranks list;
  for (auto const& [part, members] : parts) {
    auto const late = lowest(stands, members, [](Stand const& stand) { return stand.part_steps; });
    list.insert(list.end(), late.begin(), late.end());
  }
  return list;
}

Ranks behind(ByRank const& stands) {
  Ranks all;
  for (auto const& [rank, stand] : stands) all.push_back(rank);
  auto const late = lowest(stands, all, [](Stand const& stand) { return stand.steps; });
  auto const in_parts = behind_in_parts(stands, late.empty() ? all : late);
  auto list = in_parts.empty() ? late : in_parts;
  std::ranges::sort(list);
  return list;
}

/// Ranks that sleep in the call that all the others poll in: a library that waits, waits in one way.
Ranks sleeping(ByRank const& stands) {
  Ranks list;
  std::size_t awake = 0;
  for (auto const& [rank, stand] : stands) {
    if (stand.call.empty()) return {};
    if (stand.busy < asleep) list.push_back(rank);
    awake += stand.busy > polling ? 1 : 0;
  }
  bool const told_apart = awake > 0 && list.size() <= awake && list.size() + awake == stands.size();
  return told_apart ? list : Ranks{};
}

std::string place_of(Stand const& stand) {
  auto const place =
      stand.call.empty() ? fmt::format("outside of group calls, after call {}", stand.steps / 2)
      : stand.part.empty()
          ? fmt::format("in {}, group call {}", stand.call, (stand.steps + 1) / 2)
          : fmt::format("in {}, call {} of {}", stand.call, (stand.part_steps + 1) / 2, stand.part);
  return fmt::format("{}, phase '{}'", place, stand.phase);
}

struct Together {
  std::string place;
  Ranks ranks{};
  double seconds = 0;
};

/// The ranks but `some`, those at the same place together, most of them first.
std::vector<Together> together(ByRank const& stands, Ranks const& some) {
  std::vector<Together> list;
  for (auto const& [rank, stand] : stands) {
    if (std::ranges::binary_search(some, rank)) continue;
    auto const place = place_of(stand);
    auto found = std::ranges::find(list, place, &Together::place);
    if (found == list.end()) found = list.insert(list.end(), {place});
    found->ranks.push_back(rank);
    found->seconds = std::max(found->seconds, stand.seconds);
  }
  std::ranges::stable_sort(list, std::greater{}, [](Together const& one) { return one.ranks.size(); });
  return list;
}

/// "ranks 0, 2, 3 waited 8.1 s in barrier, group call 512, phase 'sample'".
std::string waits(ByRank const& stands, Ranks const& but) {
  std::string text;
  auto const list = together(stands, but);
  for (std::size_t i = 0; i < std::min(list.size(), most_groups); ++i) {
    text += fmt::format("{}{} {} {:.1f} s {}", i == 0 ? "" : "; ", rank_list(list[i].ranks),
                        list[i].place.starts_with("outside") ? "spent" : "waited", list[i].seconds,
                        list[i].place);
  }
  if (list.size() > most_groups) text += fmt::format("; and {} more places", list.size() - most_groups);
  return text;
}

/// The first of `ranks` stands for all of them; the message names them all.
Culprit accuse(Ranks const& ranks, std::string const& node, std::string const& others,
               std::string const& fact) {
  auto const message = fmt::format("{}{}{} {}", others, others.empty() ? "" : "; ", rank_list(ranks), fact);
  return {ranks.front(), node, message};
}

std::string what_they_do(ByRank const& stands, Ranks const& late) {
  auto const& first = stands.at(late.front());
  return fmt::format("{} behind: {:.1f} s {}", late.size() == 1 ? "is" : "are", first.seconds,
                     place_of(first));
}

}  // namespace

std::string rank_list(std::vector<int> const& ranks) {
  std::string text;
  for (std::size_t i = 0, end = 0; i < ranks.size(); i = end) {
    for (end = i + 1; end < ranks.size() && ranks[end] == ranks[end - 1] + 1;) ++end;
    if (end - i < 3) end = i + 1;
    text += (text.empty() ? "" : ", ") + std::to_string(ranks[i]);
    if (end - i > 1) text += "-" + std::to_string(ranks[end - 1]);
  }
  return (ranks.size() == 1 ? "rank " : "ranks ") + text;
}

Culprit find_culprit(std::vector<Stand> const& stands, int ranks, std::map<int, std::string> const& nodes) {
  auto const known = by_rank(stands);
  auto const node_of = [&](Ranks const& list) {
    if (auto const found = known.find(list.front()); found != known.end()) return found->second.node;
    auto const found = nodes.find(list.front());
    return found == nodes.end() ? std::string() : found->second;
  };
  auto const gone = silent(known, ranks);
  if (known.empty() && ranks > 1) return {};
  if (!gone.empty())
    return accuse(gone, node_of(gone), waits(known, gone), "gave no sign (stopped, or its node is gone)");
  if (ranks == 1) return {0, node_of({0}), waits(known, {})};
  if (auto const late = behind(known); !late.empty())
    return accuse(late, node_of(late), waits(known, late), what_they_do(known, late));
  if (auto const idle = sleeping(known); !idle.empty()) {
    return accuse(idle, node_of(idle), waits(known, idle),
                  idle.size() == 1
                      ? "sleeps in it while the others poll (stuck inside the library or a driver)"
                      : "sleep in it while the others poll (stuck inside the library or a driver)");
  }
  return {-1, "", waits(known, {}) + "; none is behind the others (the library or the network is stuck)"};
}

}  // namespace muster
