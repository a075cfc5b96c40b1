#include "harness/record/document_json.hpp"

#include <map>

#include "harness/core/error.hpp"
#include "harness/record/document_faults.hpp"
#include "harness/record/document_tree.hpp"
#include "harness/record/tagged_json.hpp"
// after the archive, which finds these by the types they describe
#include "harness/record/fields.hpp"

namespace muster {
namespace {

/// One row as Google Benchmark's reporter writes it: an `iteration` of the case, repeated once a launch.
Json benchmark_row(CaseResult const& result, LaunchFigures const& launch, std::size_t family,
                   std::size_t instance) {
  double const microseconds = launch.seconds_per_op * 1e6;  // compare.py prints whole numbers, so not seconds
  Json row{{"name", result.name},
           {"family_index", family},
           {"per_family_instance_index", instance},
           {"run_name", result.name},
           {"run_type", "iteration"},
           {"repetitions", result.launches.size()},
           {"repetition_index", &launch - result.launches.data()},
           {"threads", 1},
           {"iterations", launch.iterations},
           {"real_time", microseconds},
           {"cpu_time", microseconds},  // compare.py reports a cpu_time of 0 as "100 % faster"
           {"time_unit", "us"}};
  row[result.metric.name] = launch.metric.median;
  return row;
}

/// compare.py takes a failed row for an infinitely fast one, and one of a device that was held down or shared
/// for a clean one, so there are none of either.
Json benchmark_rows(std::vector<CaseResult> const& cases) {
  Json rows = Json::array();
  std::map<std::string, std::pair<std::size_t, std::size_t>> families;  // workload -> its index, cases so far
  for (auto const& result : cases) {
    auto& [family, members] = families.try_emplace(result.workload, families.size(), 0).first->second;
    std::size_t const instance = members++;
    if (result.status != CaseStatus::ok || !result.verification.ok() || !result.tainted.empty()) continue;
    for (auto const& launch : result.launches)
      rows.push_back(benchmark_row(result, launch, family, instance));
  }
  return rows;
}

/// All of a document that is not derived from the rest, in the order people read it.
void sections(auto& a, auto& document) {
  a("run", document.run);
  a.group("comparability", [&](auto& keys) {
    keys("workload", document.comparability_workload);
    keys("platform", document.comparability_platform);
  });
  a("coverage", document.coverage);
  a.group("environment", [&](auto& environment) { environment("nodes", document.nodes); });
  a("cases", document.cases);
  a("failures", document.failures);
  a.group("integrity", [&](auto& integrity) { integrity("sidecars", document.sidecars); });
}

void check_contents(Document const& document) {
  std::string message;
  for (auto const& fault : document_faults(document)) message += (message.empty() ? "" : "\n") + fault;
  if (!message.empty()) throw Error(ExitCode::usage, message);
}

}  // namespace

std::string to_json(Document const& document) {
  Path const root;
  Json json{{"schema", schema_of("muster.result")}};
  json["context"] = encode(document.context, Path(root, "context"));
  json["context"]["json_schema_version"] = 1;  // Google Benchmark's; its compare.py insists
  Writer writer(root);
  sections(writer, document);
  json.update(writer.take());
  json["benchmarks"] = benchmark_rows(document.cases);
  return pretty(json);
}

Document document_from_json(std::string_view text) { return document_from_tree(parse_json(text)); }

Document document_from_tree(Json const& json) {
  check_schema(json, "muster.result");
  Document document;
  Path const root;
  Reader reader(json, root);
  reader("context", document.context);
  sections(reader, document);
  check_contents(document);
  return document;
}

std::string newer_schema_note(Json const& json) {
  Path const root;
  int minor = 0;
  Reader(json, root).group("schema", [&](auto& inner) { inner.when(true, "minor", minor); });
  if (minor <= schema_minor) return {};
  return "written by a newer muster (schema " + std::to_string(schema_major) + "." + std::to_string(minor) +
         ", this one knows " + std::to_string(schema_major) + "." + std::to_string(schema_minor) +
         "): what is new in it was passed over";
}

std::string to_json(Plan const& plan) { return tagged("muster.plan", plan); }
Plan plan_from_json(std::string_view text) { return parse_tagged<Plan>("muster.plan", text); }
std::string to_json(Probe const& probe) { return tagged("muster.probe", probe); }
Probe probe_from_json(std::string_view text) { return parse_tagged<Probe>("muster.probe", text); }

}  // namespace muster
