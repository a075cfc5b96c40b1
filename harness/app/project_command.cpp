// `muster project`: what a described cluster would do, from what was measured on few of its nodes.
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/app/commands.hpp"
#include "harness/app/formats.hpp"
#include "harness/app/paths.hpp"
#include "harness/app/simulate.hpp"
#include "harness/app/what_if.hpp"
#include "harness/core/error.hpp"
#include "harness/core/files.hpp"
#include "harness/core/say.hpp"
#include "harness/plan/cluster_file.hpp"
#include "harness/plan/validation_file.hpp"
#include "harness/project/premises_of.hpp"
#include "harness/project/projection.hpp"
#include "harness/project/refusals.hpp"
#include "harness/project/validation.hpp"
#include "harness/record/load.hpp"
#include "harness/record/projection_json.hpp"
#include "harness/record/save.hpp"
#include "harness/report/page/projection_page.hpp"
#include "harness/report/projection_table.hpp"
#include "harness/report/validation_table.hpp"

namespace muster {
namespace {

struct ProjectArguments {
  std::vector<std::string> results, scenarios, changes;
  std::string cluster, gpu, format = "table", page;
  project::ProjectOptions options;
  std::optional<std::int64_t> batch;
  std::string bucket;
  bool simulated = false;
  std::vector<std::string> validated;
};

ClusterDescription described_with(ProjectArguments const& arguments) {
  auto const file = find_cluster(arguments.cluster, configs_folder() / "clusters");
  Faults faults(file), in_changes("--set");
  auto cluster = read_cluster(file, added_scenarios(arguments.changes), faults, in_changes);
  faults.throw_if_any();
  in_changes.throw_if_any();
  keep_scenarios(arguments.scenarios, cluster);
  return cluster;
}

/// All results, so that their documents outlive what is taken from them.
project::Premises premises_from(ProjectArguments const& arguments) {
  std::vector<LoadedResult> loaded;
  for (auto const& argument : arguments.results) loaded.push_back(load_result(argument));
  std::vector<project::Source> sources;
  for (auto const& result : loaded) {
    for (auto const& note : result.notes)
      say(fmt::format("! {}: {}\n", printable(result.label), printable(note)));
    sources.push_back({result.label, result.file.filename().string(), result.sha256, result.document,
                       result.kind == ResultKind::superbench});
  }
  return project::premises_of(sources, arguments.gpu);
}

void print(project::Projection const& projection, std::string const& format) {
  auto const as = format_named(format);
  if (as == Format::json) return fmt::print("{}", to_json(projection));
  if (as == Format::table) return fmt::print("{}", projection_text(projection));
  print_table(steps_table(projection), as);
}

/// What the model is worth: published figures, of the shipped files or of one's own. The exit code.
int run_validate(ProjectArguments const& arguments) {
  std::vector<std::filesystem::path> files(arguments.validated.begin(), arguments.validated.end());
  std::erase(files, std::filesystem::path());  // what CLI11 makes of the option without a file
  if (files.empty()) files = validation_files(configs_folder() / "validation");
  auto const format = format_named(arguments.format);
  if (format == Format::json)
    throw Error(ExitCode::usage,
                "--validate has no JSON (it tests the model, it projects nothing) use --format csv");
  auto const validation =
      project::validate(read_validations(files, configs_folder() / "clusters"),
                        {.draws = arguments.options.draws, .seed = arguments.options.seed});
  if (format == Format::md)
    fmt::print("{}", validation_markdown(validation));
  else if (format == Format::table)
    fmt::print("{}", validation_text(validation));
  else
    print_table(validation_table(validation), format);
  if (validation.known.points == 0) return static_cast<int>(ExitCode::inconclusive);
  return static_cast<int>(validation.known.passes() ? ExitCode::ok : ExitCode::gate_failed);
}

/// What is missing where something is projected: both at once.
void require_inputs(ProjectArguments const& arguments) {
  std::string faults;
  if (arguments.results.empty())
    faults += "no result was given (nothing to project from) give a result document or a run's folder\n";
  if (arguments.cluster.empty())
    faults +=
        "no cluster was given (nothing to project to) add --cluster NAME; muster check --list shows them\n";
  if (arguments.simulated && (arguments.format == "csv" || arguments.format == "md"))
    faults += fmt::format("no simulation fits into {} (that holds training steps only) take table or json\n",
                          arguments.format);
  if (!faults.empty()) throw Error(ExitCode::usage, faults.substr(0, faults.size() - 1));
}

void run_project(ProjectArguments const& arguments) {
  require_inputs(arguments);
  if (arguments.simulated) simulator();  // whatever is missing is said before anything is computed
  auto const cluster = described_with(arguments);
  check_gpu(arguments.gpu, cluster);
  auto premises = premises_from(arguments);
  change_steps({arguments.batch, arguments.bucket}, premises);
  auto projection = project::project(premises, cluster, arguments.options);
  projection.cluster_sha256 =
      sha256(read_file(find_cluster(arguments.cluster, configs_folder() / "clusters")));
  projection.asked = {arguments.gpu, static_cast<double>(arguments.batch.value_or(0)), arguments.bucket,
                      arguments.changes};
  if (arguments.simulated) projection.simulations = simulate(projection.scenarios);
  if (!arguments.page.empty()) {
    save_atomically(arguments.page, projection_page(projection));
    say(fmt::format("saved  {}\n", shown(arguments.page)));
  }
  print(projection, arguments.format);
}

}  // namespace

void add_project(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<ProjectArguments>();
  auto* command = app.add_subcommand(
      "project",
      "what a described cluster would do, from results of few nodes: with intervals, and what they rest on");
  command->add_option(
      "RESULT", arguments->results,
      "documents or run folders, also a baseline of SuperBench: training steps, all-reduces, reads");
  command->add_option("--cluster", arguments->cluster,
                      "the cluster: a name (muster check --list) or a TOML file");
  command->add_option("--gpu", arguments->gpu,
                      "the GPU of results that name none, such as a baseline of SuperBench: A100-SXM4-80GB");
  command->add_option("--nodes", arguments->options.nodes, "numbers of nodes (default: 1, 2, 4, ... all)")
      ->delimiter(',')
      ->check(CLI::Range(1, most_cluster_nodes));
  command->add_option("--scenario", arguments->scenarios, "only these of the description's scenarios");
  command->add_option(
      "--set", arguments->changes,
      "what if: a further scenario with these changes, such as node.nics=4 or storage.bandwidth=3.2TB/s");
  command->add_option("--batch", arguments->batch, "what if: samples of a GPU and step")
      ->check(CLI::PositiveNumber);
  command->add_option("--bucket", arguments->bucket,
                      "what if: size of the buckets of gradients, such as 100MiB");
  command->add_option("--goal", arguments->options.goal, "also: the fewest nodes for so many samples/s")
      ->check(CLI::PositiveNumber);
  command->add_option("--draws", arguments->options.draws, "possible worlds that intervals are made of")
      ->check(CLI::Range(project::fewest_draws, project::most_draws))
      ->capture_default_str();
  command->add_option("--seed", arguments->options.seed, "of the draws")->capture_default_str();
  command->add_option("--format", arguments->format, "table, json, csv or md, on standard output")
      ->check(CLI::IsMember({"table", "json", "csv", "md"}))
      ->capture_default_str();
  command->add_option("--page", arguments->page, "file to write as well: one page to read and send (HTML)");
  command->add_flag(
      "--simulate", arguments->simulated,
      "also simulate sums, faults and reads on the described network, beside the analytic times");
  auto* validate = command->add_option(
      "--validate", arguments->validated,
      "instead: predict published figures from smaller ones and show every error (of these "
      "files; without any, of those that come along)");
  validate->expected(0, 1000)->excludes("--cluster");
  command->callback([arguments, validate, &exit_code] {
    exit_code = 0;
    if (validate->count() > 0)
      exit_code = run_validate(*arguments);
    else
      run_project(*arguments);
  });
}

}  // namespace muster
