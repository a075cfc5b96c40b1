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

namespace muster {
namespace {

struct ReportArguments {
  std::vector<std::string> results;
  std::string output = "report.html";
};

ReportedResult reported(std::string const& argument) {
  auto loaded = load_result(argument);
  ReportedResult result{loaded.label, loaded.file.string(), loaded.sha256, {}, {}, {}, {}};
  try {
    result.ranks = rank_samples(loaded);
  } catch (Error const& error) {
    result.remarks.push_back(fmt::format("The figures of single ranks could not be read: {}", error.what()));
  }
  result.document = std::move(loaded.document);
  return result;
}

void run_report(ReportArguments const& arguments) {
  std::vector<ReportedResult> results;
  for (auto const& argument : arguments.results) results.push_back(reported(argument));
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
