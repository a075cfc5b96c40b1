#include "harness/report/history_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "harness/core/quantities.hpp"

#include "harness/core/counted.hpp"

namespace muster {
namespace {

std::string run_words(History const& history, std::size_t run) {
  auto const& one = history.runs[run];
  return fmt::format("{}{} {}", one.started, one.file_time ? " (file's time)" : "", one.file);
}

std::string_view sign(ChangePoint const& change) { return change.worse ? "▼" : "▲"; }

std::string size_words(ChangePoint const& change) {
  auto const percent = [](double ratio) { return 100 * (ratio - 1); };
  return fmt::format("{:+.1f} % [{:+.1f}, {:+.1f}]", percent(change.ratio), percent(change.interval.low),
                     percent(change.interval.high));
}

std::string verdict_words(History const& history, CaseHistory const& one) {
  if (one.verdict == HistoryVerdict::too_few) return fmt::format("too few (needs {})", history.needed);
  if (one.verdict == HistoryVerdict::steady) return "steady";
  return counted(one.changes.size(), "change");
}

std::string last_words(CaseHistory const& one) {
  return one.points.empty() ? "-" : human(one.points.back().median, one.metric.unit);
}

Table case_table(History const& history) {
  Table table{{{"case"}, {"runs", true}, {"last", true}, {"verdict"}, {"since"}, {"size [95 %]"}}, {}};
  for (auto const& one : history.cases) {
    table.rows.push_back(
        {one.name, std::to_string(one.points.size()), last_words(one), verdict_words(history, one), "", ""});
    for (auto const& change : one.changes) {
      table.rows.push_back({"", "", "", fmt::format("{} {}", sign(change), change.worse ? "worse" : "better"),
                            run_words(history, change.run), size_words(change)});
    }
  }
  return table;
}

/// What changed in a run, with the cases that changed in it.
std::vector<std::string> difference_lines(History const& history) {
  std::map<std::size_t, std::vector<ChangePoint const*>> by_run;
  for (auto const& one : history.cases) {
    for (auto const& change : one.changes) by_run[change.run].push_back(&change);
  }
  std::vector<std::string> lines;
  for (auto const& [run, changes] : by_run) {
    lines.push_back(
        fmt::format("{}: {} changed here", run_words(history, run), counted(changes.size(), "case")));
    auto const& differences = changes.front()->differences;
    for (auto const& one : differences)
      lines.push_back(fmt::format("  {}: {} -> {}", one.what, one.base, one.candidate));
    if (differences.empty()) lines.push_back("  nothing that was recorded differs from the run before it");
  }
  return lines;
}

std::vector<std::string> gap_lines(History const& history) {
  std::map<std::pair<std::size_t, std::string>, int> gaps;
  for (auto const& one : history.cases) {
    for (auto const& gap : one.gaps) ++gaps[{gap.run, gap.reason}];
  }
  std::vector<std::string> lines;
  for (auto const& [gap, count] : gaps) {
    lines.push_back(fmt::format("no point: {}: {}: {}", run_words(history, gap.first), counted(count, "case"),
                                gap.second));
  }
  for (auto const& file : history.skipped) lines.push_back(fmt::format("not read: {}", file.reason));
  return lines;
}

std::string summary(History const& history) {
  auto const count = [&](HistoryVerdict verdict) {
    return std::ranges::count(history.cases, verdict, &CaseHistory::verdict);
  };
  return fmt::format("{}, {}: {} changed, {} steady, {} with too few runs",
                     counted(history.runs.size(), "run"), counted(history.cases.size(), "case"),
                     count(HistoryVerdict::changed), count(HistoryVerdict::steady),
                     count(HistoryVerdict::too_few));
}

std::vector<std::string> remarks(History const& history) {
  auto lines = difference_lines(history);
  for (auto& line : gap_lines(history)) lines.push_back(std::move(line));
  return lines;
}

}  // namespace

std::string history_text(History const& history) {
  auto text = render_text(case_table(history)) + "\n";
  auto const lines = remarks(history);
  for (auto const& line : lines) text += printable(line) + "\n";
  return text + (lines.empty() ? "" : "\n") + summary(history) + "\n";
}

std::string history_markdown(History const& history) {
  Table table{{{"remarks"}, {""}}, {}};
  for (auto const& line : remarks(history)) table.rows.push_back({line, ""});
  return render_markdown(case_table(history)) + "\n" +
         (table.rows.empty() ? "" : render_markdown(table) + "\n") + summary(history) + "\n";
}

std::string history_csv(History const& history) {
  Table table{{{"case"},
               {"platform"},
               {"metric"},
               {"unit"},
               {"points"},
               {"verdict"},
               {"run"},
               {"started"},
               {"file"},
               {"before"},
               {"after"},
               {"ratio"},
               {"low"},
               {"high"},
               {"p"},
               {"worse"},
               {"recent"}},
              {}};
  for (auto const& one : history.cases) {
    std::vector<std::string> const head{one.name,
                                        one.platform,
                                        one.metric.name,
                                        one.metric.unit,
                                        std::to_string(one.points.size()),
                                        std::string(name(one.verdict))};
    auto row = head;
    row.resize(table.columns.size());
    if (one.changes.empty()) table.rows.push_back(row);
    for (auto const& change : one.changes) {
      auto const& run = history.runs[change.run];
      row = head;
      for (auto const& text : {run.id, run.started, run.file}) row.push_back(text);
      for (double const value :
           {change.before, change.after, change.ratio, change.interval.low, change.interval.high, change.p})
        row.push_back(fmt::format("{}", value));
      row.push_back(change.worse ? "yes" : "no");
      row.push_back(change.recent ? "yes" : "no");
      table.rows.push_back(row);
    }
  }
  return render_csv(table);
}

}  // namespace muster
