// `muster check`: which parts do not do what they should, and what to take out of use.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/analyze/check.hpp"
#include "harness/app/cluster_option.hpp"
#include "harness/app/commands.hpp"
#include "harness/app/formats.hpp"
#include "harness/app/paths.hpp"
#include "harness/core/error.hpp"
#include "harness/core/say.hpp"
#include "harness/plan/cluster_file.hpp"
#include "harness/plan/find_config.hpp"
#include "harness/record/findings_json.hpp"
#include "harness/record/load.hpp"
#include "harness/record/save.hpp"
#include "harness/report/certificate.hpp"
#include "harness/report/findings_view.hpp"

namespace muster {
namespace {

struct CheckArguments {
  std::vector<std::string> results;
  std::string cluster, format = "table", certificate;
  std::vector<std::string> fail_on{"failed", "partial", "inconclusive"};
  bool list = false, nagios = false;
};

struct Loaded {
  LoadedResult result;
  RankSamples samples;
  std::vector<std::string> gone;  ///< files with ranks' figures or devices' states that the document names
};

/// What stood in a file that is gone is missing: whose parts it was of are then not judged by it.
Loaded loaded(std::string const& argument) {
  Loaded loaded{load_result(argument), {}, {}};
  std::erase_if(loaded.result.document.sidecars, [&](Sidecar const& sidecar) {
    bool const needed = sidecar.path.starts_with("ranks/") || sidecar.path.starts_with("devices/");
    bool const gone = needed && !std::filesystem::exists(loaded.result.file.parent_path() / sidecar.path);
    if (gone) loaded.gone.push_back(sidecar.path);
    return gone;
  });
  loaded.samples = rank_samples(loaded.result);
  return loaded;
}

/// Named as within the run's folder: where that lies is no part of the evidence.
void add_evidence(Findings& findings, LoadedResult const& result) {
  findings.evidence.push_back({result.label + "/" + result.file.filename().string(), result.sha256});
  for (auto const& sidecar : result.document.sidecars)
    findings.evidence.push_back({result.label + "/" + sidecar.path, sidecar.sha256});
}

/// A node that is there twice would have its figures counted for two.
void refuse_doubled_nodes(LoadedResult const& result) {
  std::set<std::string> names;
  for (auto const& node : result.document.nodes) {
    if (!names.insert(node.name).second)
      throw Error(ExitCode::usage,
                  fmt::format("{} lists node {} twice (whose figures are whose?) collect the run again",
                              shown(result.file), printable(node.name)));
  }
}

/// What is measured once confirms nothing.
void refuse_same_run(LoadedResult const& first, LoadedResult const& second) {
  if (first.document.run.id != second.document.run.id) return;
  throw Error(
      ExitCode::usage,
      fmt::format("{} and {} are of one run, {} (it cannot confirm itself) give a second run of the same "
                  "parts, or the first alone",
                  shown(first.file), shown(second.file), printable(first.document.run.id)));
}

Findings findings_of(CheckArguments const& arguments) {
  if (arguments.results.empty())
    throw Error(ExitCode::usage,
                "no result was given (nothing to check) give a result document or a run's folder");
  auto const cluster = described(arguments.cluster);
  auto const first = loaded(arguments.results[0]);
  refuse_doubled_nodes(first.result);
  std::optional<Loaded> second;
  std::optional<CheckedResult> again;
  if (arguments.results.size() > 1) {
    second = loaded(arguments.results[1]);
    refuse_doubled_nodes(second->result);
    refuse_same_run(first.result, second->result);
    again.emplace(CheckedResult{second->result.document, second->samples});
  }
  auto findings =
      check({first.result.document, first.samples}, again ? &*again : nullptr, cluster ? &*cluster : nullptr);
  if (!first.gone.empty())
    findings.coverage.notes.push_back(fmt::format("{} of its files with figures are gone, {} is the first",
                                                  first.gone.size(), first.gone.front()));
  add_evidence(findings, first.result);
  if (second) add_evidence(findings, second->result);
  return findings;
}

void print_text(Findings const& findings) {
  if (!findings.findings.empty()) fmt::print("{}\n", render_text(findings_table(findings)));
  if (!findings.expectations.empty()) fmt::print("{}\n", render_text(expectations_table(findings)));
  fmt::print("{}", coverage_words(findings));
  auto const lines = drain_lines(findings);
  if (!lines.empty()) fmt::print("\nto take them out of use (nothing was done):\n{}", lines);
}

void print(Findings const& findings, CheckArguments const& arguments) {
  auto const format = format_named(arguments.format);
  if (format == Format::json) return fmt::print("{}", to_json(findings));
  if (format == Format::table) return print_text(findings);
  print_table(findings_table(findings), format);
  say(coverage_words(findings));
}

/// The worst of what it was asked to fail on: failed before partial before inconclusive.
ExitCode exit_code_of(Findings const& findings, std::vector<std::string> const& fail_on) {
  auto const asked = [&](char const* what) { return std::ranges::find(fail_on, what) != fail_on.end(); };
  bool const warned = std::ranges::any_of(
      findings.findings, [](auto const& finding) { return finding.severity == Severity::warn; });
  bool const failed = findings.verdict == CheckVerdict::fail;
  if ((failed && asked("failed")) || (warned && asked("warned"))) return ExitCode::gate_failed;
  if (findings.verdict == CheckVerdict::partial && asked("partial")) return ExitCode::partial;
  if (findings.verdict == CheckVerdict::inconclusive && asked("inconclusive")) return ExitCode::inconclusive;
  return ExitCode::ok;
}

Table cluster_table() {
  Table table{{{"cluster"},
               {"nodes", true},
               {"GPUs", true},
               {"GPU"},
               {"expectations", true},
               {"with a floor", true},
               {"summary"}},
              {}};
  auto const folder = configs_folder() / "clusters";
  for (auto const& name : config_names(folder)) {
    Faults faults(folder / (name + ".toml"));
    auto const cluster = read_cluster(folder / (name + ".toml"), faults);
    auto const gated =
        std::ranges::count_if(cluster.expectations, [](auto const& e) { return e.margin || e.gate; });
    table.rows.push_back({name, std::to_string(cluster.nodes), std::to_string(cluster.gpus), cluster.gpu,
                          std::to_string(cluster.expectations.size()), std::to_string(gated),
                          faults.empty() ? cluster.summary : "not usable: " + faults.report()});
  }
  return table;
}

void write_certificate(Findings const& findings, std::filesystem::path const& file) {
  save_atomically(file,
                  file.extension() == ".md" ? certificate_markdown(findings) : certificate_html(findings));
  say(fmt::format("certificate: {}\n", shown(file)));
}

/// A monitoring system knows four exit codes: what keeps us from an answer is its "unknown".
int run_nagios(CheckArguments const& arguments) {
  try {
    auto const findings = findings_of(arguments);
    if (!arguments.certificate.empty()) write_certificate(findings, arguments.certificate);
    fmt::print("{}", nagios_line(findings));
    return nagios_code(findings);
  } catch (Error const& error) {
    fmt::print("{}", nagios_unknown(error.what()));
    return nagios_unknown_code;
  }
}

int run_check(CheckArguments const& arguments) {
  if (arguments.list) {
    print_table(cluster_table(), format_named(arguments.format));
    return 0;
  }
  if (arguments.nagios) return run_nagios(arguments);
  auto const findings = findings_of(arguments);
  if (!arguments.certificate.empty()) write_certificate(findings, arguments.certificate);
  print(findings, arguments);
  return static_cast<int>(exit_code_of(findings, arguments.fail_on));
}

}  // namespace

void add_check(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<CheckArguments>();
  auto* command = app.add_subcommand(
      "check",
      "which GPU, node or link does not do what it should: against its peers, a description, itself");
  command
      ->add_option("RESULT", arguments->results,
                   "a result document or a run's folder; a second one of the same parts confirms")
      ->expected(1, 2);
  command->add_option("--cluster", arguments->cluster,
                      "description with expectations: a name (--list shows them), or a TOML file");
  command->add_flag("--list", arguments->list, "the descriptions that come along");
  command->add_option("--format", arguments->format, "table, json, csv or md, on standard output")
      ->check(CLI::IsMember({"table", "json", "csv", "md"}))
      ->capture_default_str();
  command->add_flag("--nagios", arguments->nagios,
                    "one line with performance data, and exit codes 0 ok, 1 warning, 2 critical, 3 unknown");
  command
      ->add_option("--fail-on", arguments->fail_on,
                   "what gives an exit code: failed and warned (1), partial (4), inconclusive (3), or none")
      ->check(CLI::IsMember({"failed", "warned", "partial", "inconclusive", "none"}))
      ->delimiter(',')
      ->capture_default_str();
  command
      ->add_option("--certificate", arguments->certificate,
                   "file to write for acceptance: .html (one page, prints as it is) or .md")
      ->check([](std::string const& file) {
        bool const known = file.ends_with(".html") || file.ends_with(".md");
        return known ? std::string() : "its name must end in .html or .md";
      });
  command->callback([arguments, &exit_code] { exit_code = run_check(*arguments); });
}

}  // namespace muster
