#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <vector>

#include "harness/analyze/compare.hpp"
#include "harness/analyze/compare_at.hpp"
#include "harness/analyze/environment_differences.hpp"
#include "harness/analyze/sides.hpp"
#include "harness/analyze/verdict.hpp"
#include "harness/core/error.hpp"

namespace muster {
namespace {

bool share(std::vector<std::string> const& list, std::string const& one) {
  return !one.empty() && std::ranges::find(list, one) != list.end();
}

void refuse_seen_launches(ComparedSide const& fresh, ComparedSide const& seen, char const* why) {
  for (std::size_t i = 0; i < fresh.files.size(); ++i) {
    if (share(seen.sha256, fresh.sha256[i]) || share(seen.runs, fresh.runs[i]))
      throw Error(ExitCode::usage,
                  fmt::format("{} is {} give fresh launches of both sides, of runs of their own",
                              fresh.files[i], why));
  }
}

void refuse_seen_launches(Comparison const& first, Comparison const& fresh) {
  constexpr auto seen =
      "of one of the runs that the suspects are from (launches that made a case a suspect cannot confirm it)";
  for (auto const* side : {&fresh.base, &fresh.candidate}) {
    refuse_seen_launches(*side, first.base, seen);
    refuse_seen_launches(*side, first.candidate, seen);
  }
  refuse_seen_launches(fresh.candidate, fresh.base, "of a run of the fresh base too (a run is no two sides)");
}

constexpr char const* command_subject = "command";

/// Options that say how often, how long, which of the cases or where to, not what is measured.
bool is_beside_the_point(std::string_view argument) {
  constexpr std::array<std::string_view, 13> options{
      "-o",       "--output",   "--launches",     "--filter",  "--seed",    "--time-budget", "--format",
      "--resume", "--continue", "--retry-failed", "--request", "--confirm", "--detect"};
  return std::ranges::find(options, argument.substr(0, argument.find('='))) != options.end();
}

/// The options of a command line that matter, in whatever order, and its program where that is told apart
/// from others of its name. The suite is none of them: it is known by its content.
std::set<std::string> asked_for(std::vector<std::string> const& argv) {
  std::set<std::string> parts;
  if (!argv.empty() && argv[0].starts_with("/")) parts.insert(argv[0]);
  for (std::size_t i = 1; i < argv.size(); ++i) {
    if (!argv[i].starts_with("-")) continue;
    bool const apart =
        argv[i].find('=') == std::string::npos && i + 1 < argv.size() && !argv[i + 1].starts_with("-");
    auto const part = apart ? argv[i] + "=" + argv[i + 1] : argv[i];
    if (!is_beside_the_point(part)) parts.insert(part);
  }
  return parts;
}

std::set<std::set<std::string>> commands_of(Side const& side) {
  std::set<std::set<std::string>> commands;
  for (auto const& run : side.runs) commands.insert(asked_for(run.document->run.argv));
  return commands;
}

std::string files_of(Side const& side) { return side.runs.empty() ? side.label : side.runs.front().file; }

/// What was measured is not what the first stage measured on that side.
void refuse_other_machine(Side const& seen, Side const& fresh, char const* name) {
  for (auto const& difference : environment_differences(seen, fresh)) {
    if (difference.blocks)
      throw Error(
          ExitCode::usage,
          fmt::format("{} cannot stand for the {} ({} is {} there, and was {}) give fresh launches of the "
                      "same kind, or compare these two by themselves",
                      files_of(fresh), name, difference.what, difference.candidate, difference.base));
  }
}

using Subjects = std::set<std::string>;

/// How a run was started says nothing on what it is a run of; what it was asked for does.
Subjects told_apart_by(Side const& one, Side const& other) {
  Subjects subjects;
  for (auto const& difference : environment_differences(one, other)) subjects.insert(difference.what);
  for (auto const* accident : {"seed", "started by", "planned work"}) subjects.erase(accident);
  if (commands_of(one) != commands_of(other)) subjects.insert(command_subject);
  return subjects;
}

/// Of `subjects` those in which `fresh` is as that side.
Subjects alike(Subjects subjects, Side const& side, Side const& fresh) {
  for (auto const& different : told_apart_by(side, fresh)) subjects.erase(different);
  return subjects;
}

/// Is `fresh`, in whatever tells the sides apart, as the side that it does not stand for, and in nothing as
/// its own?
void refuse_other_side(BothSides seen, Side const& fresh, bool stands_for_base) {
  auto const subjects = told_apart_by(seen.base, seen.candidate);
  auto const& own = stands_for_base ? seen.base : seen.candidate;
  auto const& other = stands_for_base ? seen.candidate : seen.base;
  auto const as_other = alike(subjects, other, fresh);
  if (as_other.empty() || !alike(subjects, own, fresh).empty()) return;
  throw Error(
      ExitCode::usage,
      fmt::format(
          "{} was made as the {}, not as the {} (as {} tells) give the fresh base first and the fresh "
          "candidate second",
          files_of(fresh), stands_for_base ? "candidate" : "base", stands_for_base ? "base" : "candidate",
          fmt::join(as_other, ", ")));
}

void check_sides(BothSides seen, BothSides fresh) {
  refuse_other_machine(seen.base, fresh.base, "base");
  refuse_other_machine(seen.candidate, fresh.candidate, "candidate");
  refuse_other_side(seen, fresh.base, true);
  refuse_other_side(seen, fresh.candidate, false);
}

/// Another case under the same name on both fresh sides.
std::string why_another(SideCases const& seen, SideCases const& fresh, std::string const& name) {
  auto const a = seen.by_name.find(name), b = fresh.by_name.find(name);
  if (a == seen.by_name.end() || b == fresh.by_name.end()) return {};
  return mismatch(*a->second.result, *b->second.result);
}

/// What the first stage leaves standing with half of alpha.
void redecide(CaseComparison& one, double alpha) {
  if (!one.gated) return;
  decide(one, alpha / 2, alpha);
  if (!one.lost_nodes.empty()) one.reason += "; " + one.lost_nodes;
}

CaseComparison unconfirmed(CaseComparison one, std::string const& why) {
  one.verdict = CaseVerdict::suspect;
  one.reason = why + "; still to be confirmed";
  return one;
}

/// Worth more than a suspicion. A failure needs no statistics.
bool is_answer(CaseComparison const& fresh) {
  return is_shown(fresh.verdict) || fresh.verdict == CaseVerdict::equivalent ||
         (fresh.verdict == CaseVerdict::failed && fresh.worse);
}

/// Suspecting once more would be asking until the answer fits: what is not decided now stays open.
CaseComparison settled(CaseComparison const& first, CaseComparison fresh) {
  if (!is_answer(fresh))
    return unconfirmed(
        first, fmt::format("fresh launches did not decide it ({}: {})", name(fresh.verdict), fresh.reason));
  fresh.confirmed = true;
  fresh.reason = "fresh launches: " + fresh.reason;
  if (fresh.lost_nodes.empty() && !first.lost_nodes.empty()) {
    fresh.lost_nodes = first.lost_nodes;
    fresh.reason += "; " + first.lost_nodes;
  }
  return fresh;
}

}  // namespace

std::string why_sides_cannot_be_told(BothSides seen, BothSides fresh) {
  auto const subjects = told_apart_by(seen.base, seen.candidate);
  auto const known = [&](Side const& side, Side const& one) { return !alike(subjects, side, one).empty(); };
  if (known(seen.base, fresh.base) || known(seen.candidate, fresh.candidate)) return {};
  return subjects.empty()
             ? "fresh launches: whether base and candidate were given in that order cannot be told, since "
               "the documents say the same of both sides (program, suite, command, environment)"
             : fmt::format(
                   "fresh launches: whether base and candidate were given in that order cannot be "
                   "told, since they are as neither side was in what tells these apart ({})",
                   fmt::join(subjects, ", "));
}

Comparison confirm(Comparison const& first, BothSides seen, BothSides fresh_sides,
                   CompareOptions const& options) {
  check_sides(seen, fresh_sides);
  auto const list = suspects(first).names;
  std::set<std::string> const names(list.begin(), list.end());
  CompareOptions own = options;
  own.keep = [&](std::string const& name) { return names.contains(name); };
  auto const fresh = compare_at(fresh_sides.base, fresh_sides.candidate, own, options.alpha / 2);
  refuse_seen_launches(first, fresh);
  auto const before = cases_of(seen.base), now = cases_of(fresh_sides.base);
  Comparison result = first;
  result.confirmed = true;
  for (auto& one : result.cases) {
    if (!names.contains(one.name)) {
      redecide(one, options.alpha);
      continue;
    }
    auto const found = std::ranges::find(fresh.cases, one.name, &CaseComparison::name);
    auto const other = why_another(before, now, one.name);
    one = found == fresh.cases.end() ? unconfirmed(one, "not among the fresh launches")
          : !other.empty()           ? unconfirmed(one, "fresh launches are of another case: " + other)
                                     : settled(one, *found);
  }
  for (auto const& note : fresh.notes) result.notes.push_back("fresh launches: " + note);
  for (auto const& difference : fresh.differences) {
    if (difference.blocks)
      result.notes.push_back(fmt::format("fresh launches: {} differs: {} and {}", difference.what,
                                         difference.base, difference.candidate));
  }
  return result;
}

}  // namespace muster
