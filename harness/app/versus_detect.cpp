#include "harness/app/versus_detect.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <vector>

#include "harness/analyze/detect.hpp"
#include "harness/app/versus_stage.hpp"
#include "harness/core/error.hpp"
#include "harness/core/files.hpp"
#include "harness/core/job_values.hpp"
#include "harness/core/quantities.hpp"
#include "harness/core/say.hpp"
#include "harness/plan/planner.hpp"
#include "harness/record/document_json.hpp"
#include "harness/record/journal.hpp"
#include "harness/record/load.hpp"
#include "harness/report/detection_table.hpp"

namespace muster {
namespace {

Side side_of(Document const& document) { return {"", {{"", "", &document, {}}}}; }

/// Of one launch of the case alone.
double seconds_of(Plan plan, std::string const& name) {
  std::erase_if(plan.cases, [&](PlannedCase const& planned) { return planned.name != name; });
  for (auto& planned : plan.cases) planned.launches = 1;
  return plan.cases.empty() ? 0 : estimated_seconds(plan);
}

void tell(std::vector<CaseDetection>& cases, Plan const& base, Plan const& candidate, double change) {
  for (auto& one : cases)
    one.seconds = one.needed * (seconds_of(base, one.name) + seconds_of(candidate, one.name));
  int const seen = cases.empty() ? 0 : std::ranges::max(cases, {}, &CaseDetection::launches).launches;
  say(render_text(detection_table(cases, change)));
  say(
      fmt::format("a change of {:.3g} % is found in 9 of 10 comparisons by so many launches of each side; "
                  "estimated from {} launches\n",
                  100 * change, seen));
}

/// Launches of each side that the time allows, at the pace so far; absent where time is not limited.
std::optional<int> affordable(Versus const& versus) {
  if (versus.budget_seconds <= 0) return std::nullopt;
  double used = 0;
  for (auto const& step : versus.first.done) used += step.seconds;
  double const pair = 2 * used / static_cast<double>(versus.first.done.size());
  return static_cast<int>(std::min(versus.budget_seconds / pair, 1e6));
}

void tell_what_is_missed(std::vector<CaseDetection> const& cases, int launches, char const* reason) {
  for (auto const& one : cases) {
    if (one.needed <= launches) continue;
    say(printable(fmt::format("! {}: {} launches would be needed; the {} that {} find a change of {:.2g} %",
                              one.name, one.needed, launches, reason, 100 * smallest_change(one, launches))) +
        "\n");
  }
}

}  // namespace

double change_of(std::string const& text) {
  double percent = 0;
  auto const number = text.substr(0, text.size() - std::min<std::size_t>(text.size(), text.ends_with('%')));
  auto const* end = number.data() + number.size();
  auto const [stop, error] = std::from_chars(number.data(), end, percent);
  bool const good = error == std::errc() && stop == end && text.ends_with('%') && std::isfinite(percent) &&
                    percent > 0 && percent <= 100;
  if (!good)
    throw Error(ExitCode::usage,
                fmt::format("--detect {} is no change (a percentage above 0, at most 100) write 2%, or 0.5%",
                            in_quotes(text)));
  return percent / 100;
}

void tell_launches(Document const& document, Plan const& plan, double change) {
  auto cases = launches_for(change, {side_of(document)});
  tell(cases, plan, plan, change);
}

int launches_to_add(std::filesystem::path const& root, Versus const& versus) {
  RunFolder const base{arm_folder(root, Arm::base)}, candidate{arm_folder(root, Arm::candidate)};
  auto const a = load_result(base.root.string()), b = load_result(candidate.root.string());
  auto cases = launches_for(versus.detect, {side_of(a.document), side_of(b.document)});
  tell(cases, plan_from_json(read_file(base.plan())), plan_from_json(read_file(candidate.plan())),
       versus.detect);
  int const there = static_cast<int>(std::ranges::count(versus.first.order, Arm::base));
  auto const time = affordable(versus);
  int const most = std::min(versus.most_launches, time.value_or(versus.most_launches));
  int const launches = std::max(there, std::min(most_needed(cases), most));
  tell_what_is_missed(cases, launches,
                      time && *time < versus.most_launches ? "--time-budget allows" : "--launches allows");
  return launches - there;
}

}  // namespace muster
