#include "harness/record/foreign.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "harness/core/error.hpp"
#include "harness/core/plan.hpp"
#include "harness/core/statistics.hpp"
#include "harness/record/comparability.hpp"

namespace muster {
namespace {

using Place = std::pair<std::size_t, int>;  ///< file, run

/// All rows of one case, by launch.
using Launches = std::map<Place, std::vector<ForeignRow const*>>;

struct Collected {
  std::vector<std::string> order;  ///< of names, as they first stood
  std::map<std::string, Launches> cases;
};

/// Runs of different sizes are no launches of one case.
void check_ranks(CaseResult const& one, CaseResult const& other) {
  if (one.ranks == other.ranks) return;
  throw Error(ExitCode::usage,
              fmt::format("{} was run by {} ranks and by {} (runs of one result must be alike) give the runs "
                          "as separate files",
                          one.name, other.ranks, one.ranks));
}

Collected collect(std::vector<ForeignResult> const& files) {
  Collected all;
  for (std::size_t file = 0; file < files.size(); ++file) {
    bool const one_launch = files.size() > 1 && files[file].runs_share_process;
    for (auto const& row : files[file].rows) {
      auto const [found, fresh] = all.cases.try_emplace(row.about.name);
      if (fresh) all.order.push_back(row.about.name);
      if (!fresh) check_ranks(row.about, found->second.begin()->second.front()->about);
      found->second[{file, one_launch ? 0 : row.run}].push_back(&row);
    }
  }
  return all;
}

template <class Get>
double middle(std::vector<ForeignRow const*> const& rows, Get get) {
  std::vector<double> values;
  for (auto const* row : rows) values.push_back(get(*row));
  return median(values);
}

LaunchFigures launch_figures(std::vector<ForeignRow const*> const& rows, int index) {
  LaunchFigures launch;
  launch.index = index;
  std::vector<double> values;
  for (auto const* row : rows) values.push_back(row->value);
  OrderStatistics const order(values);
  launch.metric = {order.quantile(0.5), order.quantile(0.05), order.quantile(0.95), order.lowest(),
                   order.highest(),     mean(values),         values.size(),        {}};
  launch.seconds_per_op = middle(rows, [](auto const& row) { return row.seconds; });
  for (auto const* row : rows) launch.iterations += row->iterations;
  return launch;
}

/// Medians over launches of those that every row has.
std::vector<Figure> common_figures(std::vector<ForeignRow const*> const& rows) {
  std::vector<Figure> figures;
  for (auto const& wanted : rows.front()->figures) {
    std::vector<double> values;
    for (auto const* row : rows) {
      auto const found = std::ranges::find(row->figures, wanted.name, &Figure::name);
      if (found != row->figures.end()) values.push_back(found->value);
    }
    if (values.size() == rows.size()) figures.push_back({wanted.name, median(values), wanted.unit});
  }
  return figures;
}

/// Wrong answers before anything else, then whatever else went wrong.
int severity(CaseStatus status) {
  return status == CaseStatus::wrong ? 3 : is_failure(status) ? 2 : status == CaseStatus::ok ? 0 : 1;
}

int severity(Verdict::Status status) {
  return status == Verdict::Status::fail             ? 3
         : status == Verdict::Status::skipped        ? 2
         : status == Verdict::Status::not_applicable ? 1
                                                     : 0;
}

void add_outcome(CaseResult& result, ForeignRow const& row) {
  if (severity(row.about.status) > severity(result.status)) {
    result.status = row.about.status;
    result.message = row.about.message;
  }
  if (severity(row.about.verification.status) > severity(result.verification.status))
    result.verification = row.about.verification;
}

bool is_ok(ForeignRow const* row) { return row->about.status == CaseStatus::ok; }

CaseResult case_result(Launches const& launches, std::vector<Failure>& failures) {
  CaseResult result = launches.begin()->second.front()->about;
  result.planned_launches = static_cast<int>(launches.size());
  std::vector<ForeignRow const*> good;
  int index = 0;
  for (auto const& [place, rows] : launches) {
    for (auto const* row : rows) {
      add_outcome(result, *row);
      if (is_failure(row->about.status))
        failures.push_back({result.name, index, "", -1, "sample", row->about.status, row->about.message, ""});
    }
    // half a launch is none: its rows are of one process, and something was wrong in it
    if (std::ranges::all_of(rows, is_ok)) {
      result.launches.push_back(launch_figures(rows, index));
      good.insert(good.end(), rows.begin(), rows.end());
    }
    ++index;
  }
  if (result.status == CaseStatus::wrong) result.launches.clear();
  if (!result.launches.empty()) result.figures = common_figures(good);
  return result;
}

Plan planned(std::vector<CaseResult> const& cases) {
  Plan plan;
  for (auto const& result : cases) {
    PlannedCase one;
    one.name = result.name;
    one.workload = result.workload;
    one.backend = result.backend;
    one.params = result.params;
    one.ranks = result.ranks;
    plan.cases.push_back(one);
  }
  return plan;
}

void finish(Document& document) {
  auto const plan = planned(document.cases);
  document.comparability_workload = workload_key(plan);
  document.comparability_platform = platform_key(plan, document.nodes);
  auto& run = document.run;
  run.planned_cases = run.done_cases = static_cast<int>(document.cases.size());
  run.launches = 1;
  bool failed = false, any_ok = false;
  for (auto const& result : document.cases) {
    run.launches = std::max(run.launches, result.planned_launches);
    failed = failed || is_failure(result.status);
    any_ok = any_ok || result.status == CaseStatus::ok;
  }
  if (run.status == RunStatus::complete && failed) run.status = RunStatus::partial;
  if (failed && !any_ok) run.status = RunStatus::failed;
}

}  // namespace

Document foreign_document(std::vector<ForeignResult> const& files) {
  Document document = files.front().about;
  for (auto const& file : files) {
    if (file.about.run.status != RunStatus::complete) document.run.status = file.about.run.status;
  }
  auto const all = collect(files);
  for (auto const& name : all.order)
    document.cases.push_back(case_result(all.cases.at(name), document.failures));
  finish(document);
  return document;
}

}  // namespace muster
