// `muster baseline`: results that were given a name, to compare with.
#include <fmt/format.h>

#include <cstdlib>
#include <memory>

#include "harness/app/baseline_folder.hpp"
#include "harness/app/commands.hpp"
#include "harness/app/formats.hpp"
#include "harness/app/paths.hpp"
#include "harness/core/say.hpp"
#include "harness/record/load.hpp"
#include "harness/report/result_view.hpp"
#include "harness/report/table.hpp"

namespace muster {

Baselines baselines_in(std::string const& given) {
  if (!given.empty()) return Baselines(given);
  char const* folder = std::getenv("MUSTER_BASELINES");
  return Baselines(folder && *folder ? folder : "results/baselines");
}

namespace {

struct BaselineArguments {
  std::string folder, name, result, format = "table";
  bool replace = false;
};

void run_add(BaselineArguments const& arguments) {
  auto const added = baselines_in(arguments.folder).add(arguments.name, arguments.result, arguments.replace);
  say(printable(fmt::format("baseline {} is run {} (SHA-256 {})", added.name, added.run, added.sha256)) +
      "\n" + printable(fmt::format("next: muster compare --baseline {} NEW", added.name)) + "\n");
}

void run_list(BaselineArguments const& arguments) {
  Table table{{{"name"}, {"run"}, {"added"}, {"from"}, {"sha256"}}, {}};
  for (auto const& one : baselines_in(arguments.folder).list())
    table.rows.push_back({one.name, one.run, one.added, one.source, one.sha256});
  print_table(table, format_named(arguments.format));
}

void run_show(BaselineArguments const& arguments) {
  auto const baselines = baselines_in(arguments.folder);
  auto const baseline = baselines.find(arguments.name);
  auto const loaded = load_result(baselines.argument_of(baseline));
  if (arguments.format != "table")
    return print_table(result_rows(loaded.document), format_named(arguments.format));
  fmt::print("{}\n{}\n{}",
             printable(fmt::format("baseline {}: run {}, added {} from {}", baseline.name, baseline.run,
                                   baseline.added, baseline.source)),
             headline(loaded.document), result_text(loaded.document));
}

void add_format(CLI::App& command, std::shared_ptr<BaselineArguments> const& arguments) {
  command.add_option("--format", arguments->format, "table, json, csv or md, on standard output")
      ->check(CLI::IsMember({"table", "json", "csv", "md"}))
      ->capture_default_str();
}

}  // namespace

void add_baseline(CLI::App& app, int&) {
  auto arguments = std::make_shared<BaselineArguments>();
  auto* command = app.add_subcommand("baseline", "results that were given a name, to compare with");
  command->require_subcommand(1);
  command->add_option("--baselines", arguments->folder,
                      "folder that holds them (default: MUSTER_BASELINES, else results/baselines)");
  command->fallthrough();
  auto* add = command->add_subcommand("add", "give a result a name; a copy of it is kept");
  add->add_option("NAME", arguments->name, "letters, digits, '.', '_', '-'")->required();
  add->add_option("RESULT", arguments->result, "a document, or a run's folder")->required();
  add->add_flag("--replace", arguments->replace, "also where the name is taken");
  add->callback([arguments] { run_add(*arguments); });
  auto* list = command->add_subcommand("list", "all of them");
  add_format(*list, arguments);
  list->callback([arguments] { run_list(*arguments); });
  auto* show = command->add_subcommand("show", "the figures of one");
  show->add_option("NAME", arguments->name, "of the baseline")->required();
  add_format(*show, arguments);
  show->callback([arguments] { run_show(*arguments); });
}

}  // namespace muster
