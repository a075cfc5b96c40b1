// `muster report`: documents as one page that can be read anywhere, printed and sent.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "harness/analyze/case_rules.hpp"
#include "harness/analyze/check.hpp"
#include "harness/analyze/check_links.hpp"
#include "harness/analyze/compare.hpp"
#include "harness/app/cluster_option.hpp"
#include "harness/app/commands.hpp"
#include "harness/app/paths.hpp"
#include "harness/core/error.hpp"
#include "harness/core/say.hpp"
#include "harness/record/load.hpp"
#include "harness/record/save.hpp"
#include "harness/report/page/page.hpp"
#include "harness/report/table.hpp"

namespace muster {
namespace {

struct ReportArguments {
  std::vector<std::string> results;
  std::string output = "report.html", cluster;
};

/// A page without its side files is better than none; it says what is missing.
template <class T>
T from_side_files(T (*read)(LoadedResult const&), LoadedResult const& loaded, char const* what,
                  std::vector<std::string>& remarks) {
  try {
    return read(loaded);
  } catch (Error const& error) {
    remarks.push_back(fmt::format("{} could not be read: {}", what, error.what()));
    return {};
  }
}

/// Absent where there is nothing to be said: too few parts to be each other's peers, and no description.
std::optional<Findings> findings_of(ReportedResult const& result, ClusterDescription const* cluster) {
  auto findings = check({result.document, result.ranks}, nullptr, cluster);
  bool const silent = findings.verdict == CheckVerdict::inconclusive && findings.findings.empty();
  return silent && cluster == nullptr ? std::nullopt : std::optional(std::move(findings));
}

ReportedResult reported(std::string const& argument, ClusterDescription const* cluster) {
  auto loaded = load_result(argument);
  ReportedResult result{loaded.label, loaded.file.string(), loaded.sha256, {}, {}, {}, {}, {}, {}, {}, 0};
  result.ranks = from_side_files(rank_samples, loaded, "The figures of single ranks", result.remarks);
  result.ranks.cases.resize(loaded.document.cases.size());  // none of any, where they could not be read
  result.series = from_side_files(sensor_series, loaded, "Clocks and temperatures over time", result.remarks);
  result.document = std::move(loaded.document);
  result.findings = findings_of(result, cluster);
  result.rules = case_rules(result.document, result.ranks);
  result.rule = case_rule_words();
  result.link_margin = link_margin;
  return result;
}

Side side_of(ReportedResult const& result) {
  return {result.label, {{result.file, result.sha256, &result.document, [&result] { return result.ranks; }}}};
}

/// The first with each of the others, by the same rules as `muster compare` goes by unless it is told
/// otherwise.
std::vector<Comparison> comparisons_of(std::vector<ReportedResult> const& results) {
  std::vector<Comparison> comparisons;
  for (std::size_t i = 1; i < results.size(); ++i)
    comparisons.push_back(compare(side_of(results.front()), side_of(results[i]), CompareOptions()));
  return comparisons;
}

void say_remarks(std::vector<ReportedResult> const& results) {
  for (auto const& result : results) {
    for (auto const& remark : result.remarks)
      say(fmt::format("! {}: {}\n", printable(result.label), printable(remark)));
  }
}

void run_report(ReportArguments const& arguments) {
  ReportInput input;
  auto const cluster = described(arguments.cluster);
  for (auto const& argument : arguments.results)
    input.results.push_back(reported(argument, cluster ? &*cluster : nullptr));
  input.comparisons = comparisons_of(input.results);
  say_remarks(input.results);
  save_atomically(arguments.output, report_page(input));
  say(fmt::format("saved  {}\n", shown(arguments.output)));
}

}  // namespace

void add_report(CLI::App& app, int&) {
  auto arguments = std::make_shared<ReportArguments>();
  auto* command =
      app.add_subcommand("report", "results as one page to read, print and send (HTML, no network)");
  command->add_option("RESULT", arguments->results, "documents or run folders, or LABEL=either")->required();
  command->add_option("--cluster", arguments->cluster,
                      "what the machine should reach: a name (muster check --list) or a file");
  command->add_option("-o,--output", arguments->output, "the page")->capture_default_str();
  command->callback([arguments] { run_report(*arguments); });
}

}  // namespace muster
