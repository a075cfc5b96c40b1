#include "harness/record/findings_json.hpp"

#include "harness/record/json_archive.hpp"

namespace muster {

namespace {
constexpr int findings_major = 1, findings_minor = 1;
}  // namespace

template <class A>
void fields(A& a, Subject const& v) {
  a("kind", std::string(name(v.kind)));
  a.when(!v.node.empty(), "node", v.node);
  a.when(v.device >= 0, "device", v.device);
  a.when(!v.uuid.empty(), "device_uuid", v.uuid);
  a.when(!v.other.empty(), "other", v.other);
  a.when(!v.rail.empty(), "rail", v.rail);
}

template <class A>
void fields(A& a, CheckFinding const& v) {
  a("severity", std::string(name(v.severity)));
  a("kind", std::string(name(v.kind)));
  a("subject", v.subject);
  a.when(!v.cases.empty(), "cases", v.cases);
  a("measured", v.measured);
  a("expected", v.expected);
  a.when(!v.unit.empty(), "unit", v.unit);
  a("deviation", v.deviation);
  a("margin", v.margin);
  a("z", v.z);
  a("reproduced", v.reproduced);
  a("evidence", v.evidence);
  a.when(!v.remedy.empty(), "remedy", v.remedy);
  a.when(!v.source.empty(), "source", v.source);
}

template <class A>
void fields(A& a, Drain const& v) {
  a("node", v.node);
  a("reasons", v.reasons);
}

template <class A>
void fields(A& a, ExpectationResult const& v) {
  a("case", v.cases);
  a("of", v.part);
  a("unit", v.unit);
  a("expected", v.expected);
  a("floor", v.floor);
  a("margin", v.margin);
  a("gate", v.gate);
  a("median", v.median);
  a("worst", v.worst);
  a("worst_subject", v.worst_subject);
  a("parts", v.parts);
  a("below", v.below);
  a("source", v.source);
  a.when(!v.margin_source.empty(), "margin_source", v.margin_source);
  a.when(!v.gate_source.empty(), "gate_source", v.gate_source);
  a.when(!v.note.empty(), "note", v.note);
}

template <class A>
void fields(A& a, CheckCoverage const& v) {
  a("nodes_planned", v.nodes_planned);
  a("nodes_seen", v.nodes_seen);
  a("nodes_excluded", v.nodes_excluded);
  a("nodes_judged", v.nodes_judged);
  a("gpus", v.gpus);
  a("gpus_judged", v.gpus_judged);
  a("unjudged", v.unjudged);
  a("links", v.links);
  a("links_judged", v.links_judged);
  a("cases", v.cases);
  a("cases_judged", v.cases_judged);
  a.when(v.described, "cases_expected", v.cases_expected);
  a.when(v.described, "cases_with_floor", v.cases_with_floor);
  a("notes", v.notes);
}

template <class A>
void fields(A& a, EvidenceFile const& v) {
  a("path", v.path);
  a("sha256", v.sha256);
}

template <class A>
void fields(A& a, Findings const& v) {
  a.group("schema", [](auto& s) {
    s("name", std::string("muster.check"));
    s("major", findings_major);
    s("minor", findings_minor);
  });
  a("verdict", std::string(name(v.verdict)));
  a.when(!v.why.empty(), "why", v.why);
  a.when(!v.cluster.empty(), "cluster", v.cluster);
  a("run", v.run);
  a.when(!v.second_run.empty(), "second_run", v.second_run);
  a("started", v.started);
  a("version", v.version);
  a("commit", v.commit);
  a("coverage", v.coverage);
  a("findings", v.findings);
  a("drain", v.drains);
  a("expectations", v.expectations);
  a("evidence", v.evidence);
}

std::string to_json(Findings const& findings) { return pretty(encode(findings, Path())); }

}  // namespace muster
