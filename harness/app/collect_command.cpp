// Rebuilds a run's document from its journals: what the supervisor does at its end, for a run whose
// supervisor died.
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "harness/app/commands.hpp"
#include "harness/app/finish.hpp"
#include "harness/app/paths.hpp"
#include "harness/core/error.hpp"
#include "harness/core/say.hpp"
#include "harness/record/local_folder.hpp"
#include "harness/report/result_view.hpp"

namespace muster {
namespace {

/// Those that were given, and this node's own.
std::vector<std::filesystem::path> all_further(RunFolder const& run, std::vector<std::string> const& given) {
  std::vector<std::filesystem::path> folders(given.begin(), given.end());
  for (auto const& folder : folders) {
    if (std::filesystem::is_directory(folder)) continue;
    throw Error(
        ExitCode::usage,
        fmt::format("{} is no folder (journals are looked for in it) give the one that the node named",
                    folder.string()));
  }
  auto const local = local_folder(run);
  if (std::filesystem::is_directory(local)) folders.push_back(local);
  return folders;
}

}  // namespace

void add_collect(CLI::App& app, int& exit_code) {
  auto folder = std::make_shared<std::string>();
  auto further = std::make_shared<std::vector<std::string>>();
  auto* command = app.add_subcommand("collect", "rebuild a run's result.json from its journals");
  command->add_option("RUN", *folder, "run folder (the one with journal/ in it)")->required();
  command->add_option("FOLDER", *further,
                      "further folders with journals of the run, where nodes could not write to its own");
  command->callback([folder, further, &exit_code] {
    RunFolder const run{*folder};
    if (!std::filesystem::exists(run.plan())) {
      throw Error(
          ExitCode::usage,
          fmt::format("{} is no run folder (it has no plan.json) give the folder that muster run named",
                      *folder));
    }
    auto const finished = finish(run, {}, all_further(run, *further));
    fmt::print("{}\n{}", headline(finished.document), result_text(finished.document));
    if (finished.bad_lines > 0)
      say(fmt::format(
          "{} journal lines could not be read (torn by the end of their writer) and were left out\n",
          finished.bad_lines));
    if (!finished.not_saved.empty()) throw Error(ExitCode::not_saved, finished.not_saved);
    say(fmt::format("saved  {}\n", shown(run.result())));
    exit_code = finished.document.run.exit_code;
  });
}

}  // namespace muster
