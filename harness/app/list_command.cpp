// `muster list`: workloads with their parameters, suites, backends of this build. Loads no plug-in.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <string>
#include <vector>

#include "harness/app/commands.hpp"
#include "harness/app/formats.hpp"
#include "harness/app/paths.hpp"
#include "harness/core/error.hpp"
#include "harness/core/plugin.hpp"
#include "harness/core/quantities.hpp"
#include "harness/core/say.hpp"
#include "harness/plan/model.hpp"
#include "harness/plan/planner.hpp"
#include "harness/plan/spelling.hpp"

namespace muster {
namespace {

std::string allowed(ParamSpec const& spec) {
  if (spec.kind == ParamSpec::Kind::choice) return fmt::format("{}", fmt::join(spec.choices, ", "));
  std::string text = spec.kind == ParamSpec::Kind::bytes  ? "bytes"
                     : spec.kind == ParamSpec::Kind::text ? "text"
                                                          : "number";
  if (spec.low > -1e300) text += fmt::format(", at least {:.17g}", spec.low);
  if (spec.high < 1e300) text += fmt::format(", at most {:.17g}", spec.high);
  return text;
}

std::string shown_default(ParamSpec const& spec) {
  auto const* bytes = std::get_if<std::int64_t>(&spec.fallback);
  if (spec.kind == ParamSpec::Kind::bytes && bytes && *bytes > 0)
    return human_bytes(static_cast<std::uint64_t>(*bytes));
  return to_string(spec.fallback);
}

Table workload_table(std::string const& only) {
  Table table{{{"workload"}, {"parameter"}, {"default", true}, {"unit"}, {"allowed"}, {"meaning"}}, {}};
  for (auto const* workload : Registry::instance().all()) {
    if (!only.empty() && workload->name != only) continue;
    table.rows.push_back(
        {fmt::format("{}: {} [{}]", workload->name, workload->summary, workload->metric.unit)});
    for (auto const& spec : workload->params) {
      table.rows.push_back(
          {workload->name, spec.name, shown_default(spec), spec.unit, allowed(spec), spec.help});
    }
  }
  return table;
}

/// Everything of one workload; throws Error(usage) for a name that is none.
void print_workload(std::string const& name) {
  auto const* workload = Registry::instance().find(name);
  if (!workload) {
    std::vector<std::string> names{"suites", "models", "workloads"};
    for (auto const* known : Registry::instance().all()) names.push_back(known->name);
    throw Error(ExitCode::usage, fmt::format("there is no '{}' to list ({})", name, suggestion(name, names)));
  }
  fmt::print("{}: {}\n\n{}\n\n", workload->name, workload->summary, workload->docs);
}

Table model_table() {
  Table table{{{"model"}, {"layers", true}, {"summary"}}, {}};
  auto const folder = configs_folder() / "models";
  for (auto const& name : suite_names(folder)) {
    auto const file = folder / (name + ".toml");
    Faults faults(file);
    auto const model = read_model(file, faults);
    table.rows.push_back({name, std::to_string(model.layers.size()),
                          faults.empty() ? model.summary : "not usable: " + faults.report()});
  }
  return table;
}

Table suite_table() {
  Table table{{{"suite"}, {"summary"}}, {}};
  auto const folder = configs_folder() / "suites";
  for (auto const& name : suite_names(folder))
    table.rows.push_back({name, suite_summary(find_suite(name, folder))});
  return table;
}

}  // namespace

void add_list(CLI::App& app, int& exit_code) {
  auto format = std::make_shared<std::string>("table");
  auto what = std::make_shared<std::string>();
  auto* command =
      app.add_subcommand("list", "workloads with their parameters, suites, and backends of this build");
  command->add_option("--format", *format, "table, json, csv or md")
      ->check(CLI::IsMember({"table", "json", "csv", "md"}))
      ->capture_default_str();
  command->add_option("WHAT", *what,
                      "suites, models or workloads alone, or one workload's name for all about it");
  command->callback([format, what, &exit_code] {
    if (*format == "json" && what->empty())
      throw Error(ExitCode::usage, "JSON is one value: say muster list suites, models or workloads");
    auto const chosen = format_named(*format);
    bool const all = what->empty(),
               one = !all && *what != "suites" && *what != "models" && *what != "workloads";
    if (one && chosen == Format::table) print_workload(*what);
    if (all || *what == "suites") print_table(suite_table(), chosen);
    if (all) fmt::print("\n");
    if (all || *what == "models") print_table(model_table(), chosen);
    if (all) fmt::print("\n");
    if (all || one || *what == "workloads") print_table(workload_table(one ? *what : ""), chosen);
    say(fmt::format("\nbackends of this build: host{}; muster doctor says what this machine can run\n",
                    find_plugin("cuda").empty() ? "" : ", cuda"));
    exit_code = 0;
  });
}

}  // namespace muster
