#include "harness/record/versus_json.hpp"

#include <algorithm>
#include <array>

#include "harness/record/tagged_json.hpp"
// after the archive, which finds these by the types they describe
#include "harness/record/fields.hpp"

namespace muster {

inline std::string_view word(Arm arm) { return name(arm); }
inline auto all_of(Arm) { return std::array{Arm::base, Arm::candidate}; }

void fields(auto& a, Is<ArmProgram> auto& v) {
  a("program", v.program);
  a("version", v.version);
  a("plan_arguments", v.plan_arguments);
  a("run_arguments", v.run_arguments);
  a("environment", v.environment);
}

void fields(auto& a, Is<VersusStep> auto& v) {
  a("arm", v.arm);
  a("launch", v.launch);
  a("started", v.started);
  a("seconds", v.seconds);
  a("exit_code", v.exit_code);
}

void fields(auto& a, Is<VersusStage> auto& v) {
  a("cases", v.cases);
  a("order", v.order);
  a("done", v.done);
}

void fields(auto& a, Is<CompareRules> auto& v) {
  a("margins", v.margins);
  a("fail_on", v.fail_on);
  a("alpha", v.alpha);
  a("force_incomparable", v.force_incomparable);
}

void fields(auto& a, Is<Versus> auto& v) {
  a("base", v.base);
  a("new", v.candidate);
  a("seed", v.seed);
  a.when(!v.only_base.empty(), "only_base", v.only_base);
  a.when(!v.only_candidate.empty(), "only_new", v.only_candidate);
  a.when(v.detect > 0, "detect", v.detect);
  a.when(v.most_launches > 0, "most_launches", v.most_launches);
  a.when(v.budget_seconds > 0, "budget_seconds", v.budget_seconds);
  a("confirm", v.confirm);
  a("rules", v.rules);
  a("first", v.first);
  a("fresh", v.fresh);
}

std::string to_json(Versus const& versus) { return tagged("muster.versus", versus); }
Versus versus_from_json(std::string_view text) { return parse_tagged<Versus>("muster.versus", text); }

std::string plan_part(std::string_view text, std::vector<std::string> const& cases) {
  Json plan = parse_json(text);
  check_schema(plan, "muster.plan");
  auto kept = Json::array();
  for (auto& planned : plan["cases"]) {
    auto const name = planned["name"].get<std::string>();
    if (std::ranges::find(cases, name) == cases.end()) continue;
    planned["launches"] = 1;
    kept.push_back(std::move(planned));
  }
  plan["launches"] = 1;
  plan["cases"] = std::move(kept);
  return pretty(plan);
}

}  // namespace muster
