// `muster report`: documents as one page that can be read anywhere, printed and sent.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

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
  std::string output = "report.html";
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

ReportedResult reported(std::string const& argument) {
  auto loaded = load_result(argument);
  ReportedResult result{loaded.label, loaded.file.string(), loaded.sha256, {}, {}, {}, {}};
  result.ranks = from_side_files(rank_samples, loaded, "The figures of single ranks", result.remarks);
  result.series = from_side_files(sensor_series, loaded, "Clocks and temperatures over time", result.remarks);
  result.document = std::move(loaded.document);
  return result;
}

void run_report(ReportArguments const& arguments) {
  std::vector<ReportedResult> results;
  for (auto const& argument : arguments.results) results.push_back(reported(argument));
  for (auto const& result : results) {
    for (auto const& remark : result.remarks)
      say(fmt::format("! {}: {}\n", printable(result.label), printable(remark)));
  }
  save_atomically(arguments.output, report_page(results));
  say(fmt::format("saved  {}\n", shown(arguments.output)));
}

}  // namespace

void add_report(CLI::App& app, int&) {
  auto arguments = std::make_shared<ReportArguments>();
  auto* command =
      app.add_subcommand("report", "results as one page to read, print and send (HTML, no network)");
  command->add_option("RESULT", arguments->results, "documents or run folders, or LABEL=either")->required();
  command->add_option("-o,--output", arguments->output, "the page")->capture_default_str();
  command->callback([arguments] { run_report(*arguments); });
}

}  // namespace muster
