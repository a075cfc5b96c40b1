#include "harness/record/comparison_json.hpp"

#include "harness/record/difference_fields.hpp"
#include "harness/record/json_archive.hpp"

namespace muster {

inline std::string_view word(CaseVerdict verdict) { return name(verdict); }
inline std::string_view word(Comparability level) { return name(level); }

void fields(auto& a, Is<SideFigures> auto& v) {
  a("status", v.status);
  a("launches", v.launches);
  a.when(!v.launches.empty(), "median", v.median);
  a.when(!v.launches.empty(), "interval", v.interval);
}

void fields(auto& a, Is<CaseComparison> auto& v) {
  a("name", v.name);
  a("workload", v.workload);
  a("metric", v.metric);
  a("verdict", v.verdict);
  a("reason", v.reason);
  a("worse", v.worse);
  a("margin", v.margin);
  a("ratio", v.ratio);
  a("ratio_interval", v.ratio_interval);
  a.when(v.ratio.has_value(), "confidence", v.confidence);
  a("p", v.p);
  a("q", v.q);
  a.when(v.p.has_value(), "exact", v.exact);
  a("gated", v.gated);
  a("more_launches", v.more_launches);
  a("fresh_launches", v.fresh_launches);
  a.when(v.confirmed, "confirmed", v.confirmed);
  a.when(!v.paired.empty(), "paired", v.paired);
  a("base", v.base);
  a("candidate", v.candidate);
}

void fields(auto& a, Is<ComparedSide> auto& v) {
  a("label", v.label);
  a("files", v.files);
  a("sha256", v.sha256);
  a("runs", v.runs);
  a("nodes", v.nodes);
}

void fields(auto& a, Is<UnitMean> auto& v) {
  a("metric", v.metric);
  a("unit", v.unit);
  a("better", v.better);
  a("ratio", v.ratio);
  a("rows", v.rows);
  a("of", v.of);
}

void fields(auto& a, Is<Comparison> auto& v) {
  a("base", v.base);
  a("candidate", v.candidate);
  a("comparability", v.comparability);
  a("forced", v.forced);
  a("differences", v.differences);
  a("notes", v.notes);
  a("alpha", v.alpha);
  a("family", v.family);
  a("confirmed", v.confirmed);
  a("cases", v.cases);
  a("geometric_means", v.means);
}

namespace {

struct ComparisonFile {
  std::vector<Comparison> const& comparisons;
  std::vector<std::string> const& fail_on;
  int exit_code;
};

}  // namespace

void fields(auto& a, Is<ComparisonFile> auto& v) {
  a.group("schema", [](auto& inner) {
    inner("name", std::string("muster.comparison"));
    inner("major", comparison_major);
    inner("minor", comparison_minor);
  });
  a("fail_on", v.fail_on);
  a("exit_code", v.exit_code);
  a("comparisons", v.comparisons);
}

std::string to_json(std::vector<Comparison> const& comparisons, std::vector<std::string> const& fail_on,
                    int exit_code) {
  return pretty(encode(ComparisonFile{comparisons, fail_on, exit_code}, Path()));
}

}  // namespace muster
