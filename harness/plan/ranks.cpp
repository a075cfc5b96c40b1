#include "harness/plan/ranks.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace muster {
namespace {

/// A collective on the host has at least two ranks, also on one core (the plan is then stamped as
/// oversubscribed), and no more than eight: enough to show how it scales, few enough for a laptop.
int all_ranks(Machine const& machine) {
  int const room = room_for_ranks(machine);
  return machine.backend == "host" ? std::clamp(room, 2, 8) : room;
}

Ranks::Kind effective(Ranks::Kind kind, Workload const& workload) {
  if (kind != Ranks::Kind::by_scope) return kind;
  return workload.scope == Scope::group ? Ranks::Kind::all : Ranks::Kind::each;
}

}  // namespace

int room_for_ranks(Machine const& machine) {
  return std::max(1, machine.backend == "host" ? machine.cores : machine.devices);
}

std::string room_text(Machine const& machine) {
  int const room = room_for_ranks(machine);
  return fmt::format("{} device{}", room, room == 1 ? "" : "s");
}

bool fits(int ranks, Machine const& machine, PlanOptions const& options) {
  return options.oversubscribe || machine.backend == "host" ||
         ranks <= room_for_ranks(machine) * machine.nodes;
}

RankCount rank_count(Ranks const& ranks, Workload const& workload, Machine const& machine,
                     PlanOptions const& options) {
  switch (effective(ranks.kind, workload)) {
    case Ranks::Kind::one:
      return {1, false};
    case Ranks::Kind::number:
      return {ranks.number, false};
    case Ranks::Kind::each:
      return {options.ranks.value_or(machine.backend == "host" ? 1 : room_for_ranks(machine)), true};
    default:
      return {options.ranks.value_or(all_ranks(machine)), true};
  }
}

}  // namespace muster
