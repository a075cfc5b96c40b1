#include "harness/report/step_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "harness/core/quantities.hpp"
#include "harness/report/collective_table.hpp"
#include "harness/report/stage_table.hpp"

namespace muster {
namespace {

/// Figures of a part: in the step, and alone.
struct PartFigures {
  char const *name, *inside, *alone;
};
constexpr std::array parts{PartFigures{"input", "part_input", "input_alone"},
                           PartFigures{"forward", "part_forward", "forward_alone"},
                           PartFigures{"backward", "part_backward", "backward_alone"},
                           PartFigures{"sums in layers", "part_tensor", ""},
                           PartFigures{"communication", "part_communication", "communication_alone"},
                           PartFigures{"optimiser", "part_optimiser", "optimiser_alone"},
                           PartFigures{"checkpoint", "part_checkpoint", ""},
                           PartFigures{"rest", "part_rest", ""}};

std::string percent(double share) { return fmt::format("{:.1f} %", 100 * share); }

std::string seconds_of(CaseResult const& result, std::string_view name) {
  auto const value = figure_of(result, name);
  return value ? human(*value, "s") : "";
}

/// "7.2 % longer than alone", "as long as alone", "3.0 % shorter than alone", "4.1 times as long as alone":
/// what is below a thousandth is nothing, and what is far longer is no percentage.
std::string slower(double share, std::string_view than) {
  if (std::abs(share) < 0.0005) return fmt::format("as long as {}", than);
  if (share >= 1) return fmt::format("{:.1f} times as long as {}", 1 + share, than);
  return fmt::format("{} {} than {}", percent(std::abs(share)), share > 0 ? "longer" : "shorter", than);
}

/// What is beside a part: of communication, how much of it the compute lane did not wait for.
std::string remark(CaseResult const& result, StepPart const& part) {
  if (part.name == "input") return "waited for";
  if (part.name != "communication") return "";
  std::string text = "waited for";
  auto const hidden = figure_of(result, "communication_hidden"), all = figure_of(result, "reducing");
  if (hidden && all) text += fmt::format("; {} in all, {} hidden", human(*all, "s"), percent(*hidden));
  if (auto const share = figure_of(result, "communication_slowdown"))
    text += fmt::format("; sums take {}", slower(*share, "alone"));
  return text;
}

std::vector<std::string> row_of(CaseResult const& result, StepPart const& part, double step) {
  return {"    " + part.name, human(part.seconds, "s"), step > 0 ? percent(part.seconds / step) : "",
          part.alone ? human(*part.alone, "s") : "", remark(result, part)};
}

std::vector<std::string> step_row(CaseResult const& result, double step) {
  std::string text;
  if (auto const p99 = figure_of(result, "step_p99"))
    text = fmt::format("{} median, {} p99, {} longest", seconds_of(result, "step_p50"), human(*p99, "s"),
                       seconds_of(result, "step_max"));
  return {"    step", human(step, "s"), "", "", text};
}

/// "    limit: 9.8 ms if all were hidden that can be; the step takes 3.1 % longer than that; compute
/// takes 7.0 % longer than alone"
std::string limit_line(CaseResult const& result) {
  auto const limit = figure_of(result, "limit");
  if (!limit) return "";
  auto text = fmt::format("    limit: {} if all were hidden that can be hidden", human(*limit, "s"));
  if (auto const tail = figure_of(result, "tail"); tail && *tail > 0)
    text += fmt::format(" ({} of it cannot)", human(*tail, "s"));
  if (auto const over = figure_of(result, "over_limit"))
    text += fmt::format("; the step takes {}", slower(*over, "that"));
  if (auto const share = figure_of(result, "compute_slowdown"))
    text += fmt::format("; compute takes {}", slower(*share, "alone"));
  if (auto const share = figure_of(result, "compute_slowdown_by_sums"))
    text += fmt::format(", its backward pass beside sums {}", slower(*share, "alone"));
  if (auto const share = figure_of(result, "compute_slowdown_by_input"))
    text += fmt::format(", beside the input {}", slower(*share, "alone"));
  return text;
}

void add_rate(std::string& text, CaseResult const& result, char const* name, char const* unit) {
  auto const value = figure_of(result, name);
  if (value) text += (text.empty() ? "" : ", ") + human(*value, unit);
}

std::string rate_line(CaseResult const& result) {
  std::string text;
  add_rate(text, result, "samples_per_second", "samples/s");
  add_rate(text, result, "tokens_per_second", "tokens/s");
  if (text.empty()) return "";
  if (auto const rate = figure_of(result, "model_flop_rate"))
    text += fmt::format(", {} a rank", human(*rate, "FLOP/s"));
  if (auto const share = figure_of(result, "model_flop_utilisation"))
    text += fmt::format(", {} of the device's peak", percent(*share));
  if (result.per_joule && *result.per_joule > 0)
    text += fmt::format("; {} a sample", human(1 / *result.per_joule, "J"));
  return "    rates: " + text;
}

std::string input_line(CaseResult const& result) {
  auto const read = figure_of(result, "input_bandwidth"), wanted = figure_of(result, "input_demand");
  if (!read) return "";
  auto text = fmt::format("    input: {} a rank", human(*read, "B/s"));
  if (wanted) text += fmt::format("; without waiting for it the step would want {}", human(*wanted, "B/s"));
  return text;
}

std::string checkpoint_line(CaseResult const& result) {
  auto const bytes = figure_of(result, "checkpoint_bytes");
  if (!bytes) return "";
  return fmt::format("    checkpoints: {} in {}, {}; they cost {} a step", human(*bytes, "B"),
                     seconds_of(result, "checkpoint_seconds"),
                     human(figure_of(result, "checkpoint_bandwidth").value_or(0), "B/s"),
                     seconds_of(result, "checkpoint_cost"));
}

std::string fact_line(CaseResult const& result, char const* name, char const* title) {
  auto const text = fact_of(result, name);
  return text.empty() ? "" : fmt::format("    {}: {}", title, text);
}

void add_case(Table& table, CaseResult const& result, std::vector<StepPart> const& all) {
  double const step = figure_of(result, "step_mean").value_or(0);
  table.rows.push_back({"  " + result.name});
  for (auto const& part : all) table.rows.push_back(row_of(result, part, step));
  table.rows.push_back(step_row(result, step));
  for (auto const& line :
       {limit_line(result), rate_line(result), input_line(result), checkpoint_line(result),
        fact_line(result, "slowest_rank", "waited for"), fact_line(result, "steadiness", "over time"),
        fact_line(result, "left_out", "left out"), fact_line(result, "finding", "finding")}) {
    if (!line.empty()) table.rows.push_back({line});
  }
}

}  // namespace

std::vector<StepPart> step_parts(CaseResult const& result) {
  std::vector<StepPart> found;
  if (result.status != CaseStatus::ok) return found;
  for (auto const& [name, inside, alone] : parts) {
    auto const seconds = figure_of(result, inside);
    if (!seconds) continue;
    StepPart part{name, *seconds, figure_of(result, alone)};
    if (part.seconds > 0 || part.alone) found.push_back(std::move(part));
  }
  return found;
}

std::vector<std::string> step_part_names() {
  std::vector<std::string> names;
  for (auto const& part : parts) names.emplace_back(part.name);
  return names;
}

Table step_table(Document const& document) {
  Table table{{{""}, {"in the step", true}, {"share", true}, {"alone", true}, {""}}, {}};
  for (auto const& result : document.cases) {
    if (auto const all = step_parts(result); !all.empty()) add_case(table, result, all);
  }
  if (!table.rows.empty()) table.rows.insert(table.rows.begin(), {"training steps"});
  return table;
}

}  // namespace muster
