#include "harness/record/projection_json.hpp"

#include "harness/core/build_info.hpp"
#include "harness/record/json_archive.hpp"

namespace muster {
namespace {
constexpr int projection_major = 1, projection_minor = 0;
}  // namespace

namespace project {

template <class A>
void fields(A& a, Band const& v) {
  a("p10", v.p10);
  a("p50", v.p50);
  a("p90", v.p90);
}

template <class A>
void fields(A& a, Origin const& v) {
  a("label", v.label);
  a("file", v.file);
  a("sha256", v.sha256);
  a("kind", v.kind);
  a("stamps", v.stamps);
}

template <class A>
void fields(A& a, StepTerms const& v) {
  a("seconds", v.seconds);
  a("compute", v.compute);
  a("tensor", v.tensor);
  a("communication", v.communication);
  a("stragglers", v.stragglers);
  a("noise", v.noise);
  a("input", v.input);
  a("unexplained", v.unexplained);
  a("rest", v.rest);
  a("sums", v.sums);
  a("storage_demand", v.storage_demand);
  a("limit", std::string(word(v.limit)));
}

template <class A>
void fields(A& a, ProjectedStep const& v) {
  a("what", std::string(v.measured ? "measured" : "projected"));
  a("workload", v.workload);
  a("scenario", v.scenario);
  a("nodes", v.nodes);
  a("step", v.step);
  a("rate", v.rate);
  a("efficiency", v.efficiency);
  a("goodput", v.goodput);
  a("useful_rate", v.useful_rate);
  a.when(v.joules.p50 > 0, "joules_per_sample", v.joules);
  a("terms", v.terms);
  a.when(v.checkpoint_interval > 0, "checkpoint_interval", v.checkpoint_interval);
  a("extrapolation", v.extrapolation);
}

template <class A>
void fields(A& a, ProjectedFigure const& v) {
  a("name", v.name);
  a("unit", v.unit);
  a("scenario", v.scenario);
  a("nodes", v.nodes);
  a("band", v.band);
  a.when(!v.note.empty(), "note", v.note);
}

template <class A>
void fields(A& a, Comparison const& v) {
  a("name", v.claim.name);
  a("unit", v.claim.unit);
  a("said", v.claim.said.value);
  a("source", v.claim.said.source);
  a.when(!v.claim.note.empty(), "note", v.claim.note);
  a("projected", v.ours);
  a("finding", v.finding);
}

template <class A>
void fields(A& a, Sensitivity const& v) {
  a("workload", v.workload);
  a("scenario", v.scenario);
  a("assumption", v.assumption);
  a("low", v.low);
  a("high", v.high);
}

template <class A>
void fields(A& a, HalfLost const& v) {
  a("workload", v.workload);
  a("scenario", v.scenario);
  a("cause", std::string(word(v.cause)));
  a.when(v.nodes > 0, "nodes", v.nodes);
}

template <class A>
void fields(A& a, Goal const& v) {
  a("workload", v.workload);
  a("scenario", v.scenario);
  a("rate", v.rate);
  a.when(v.nodes > 0, "nodes", v.nodes);
  a.when(v.least > 0, "least", v.least);
  a.when(v.most > 0, "most", v.most);
}

template <class A>
void fields(A& a, Simulation const& v) {
  a("scenario", v.scenario);
  a("name", v.name);
  a("note", v.note);
  a("nodes", v.nodes);
  a("bytes", v.bytes);
  a("simulated", v.simulated);
  a("analytic", v.analytic);
  a("difference", v.difference());
  a("lowest", v.lowest);
  a("highest", v.highest);
  a("agrees", v.agrees());
  a("took", v.took);
}

template <class A>
void fields(A& a, Projection const& v) {
  a.group("schema", [](auto& s) {
    s("name", std::string("muster.projection"));
    s("major", projection_major);
    s("minor", projection_minor);
  });
  a("what", std::string("PROJECTED, not measured"));
  a("cluster", v.cluster);
  a.when(!v.announcement.empty(), "announcement", v.announcement);
  a("version", std::string(build_info().version));
  a("commit", std::string(build_info().commit));
  a("model_version", model_version);
  a("seed", v.seed);
  a("draws", v.draws);
  a("origins", v.premises.origins);
  a("measured_nodes", v.premises.nodes);
  a("scenarios", v.scenarios);
  a("steps", v.steps);
  a("figures", v.figures);
  a("claims", v.comparisons);
  a("sensitivities", v.sensitivities);
  a("half_lost", v.half_lost);
  a("goals", v.goals);
  a.when(!v.simulations.empty(), "simulations", v.simulations);
  a("missing", v.premises.missing);
  a("warnings", v.warnings);
}

}  // namespace project

template <class A>
void fields(A& a, Scenario const& v) {
  a("name", v.name);
  a("summary", v.summary);
  a("nodes", v.nodes);
  a("gpus", v.gpus);
  a("changes", v.changes);
}

std::string to_json(project::Projection const& projection) { return pretty(encode(projection, Path())); }

}  // namespace muster
