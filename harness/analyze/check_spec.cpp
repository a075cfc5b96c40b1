#include "harness/analyze/check_spec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "harness/analyze/facts.hpp"
#include "harness/core/quantities.hpp"
#include "harness/core/statistics.hpp"

namespace muster {
namespace {

double number(Value const& value) {
  if (auto const* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  auto const* real = std::get_if<double>(&value);
  return real ? *real : std::nan("");
}

bool holds(ParamCondition const& condition, Params const& params) {
  if (!params.has(condition.name)) return false;
  auto const& value = params.at(condition.name);
  if (std::holds_alternative<std::string>(value)) return value == condition.low;
  return number(value) >= number(condition.low) && number(value) <= number(condition.high);
}

/// Nodes that took part together.
int nodes_of(CaseResult const& result, Document const& document) {
  if (result.worlds) return 1;
  auto const asked = result.params.has("nodes") ? number(result.params.at("nodes")) : 0;
  return asked > 0 ? static_cast<int>(asked) : static_cast<int>(document.nodes.size());
}

bool of_that_part(Expectation const& expectation, CaseResult const& result, Document const& document) {
  int const nodes = nodes_of(result, document);
  switch (expectation.part) {
    case ExpectedPart::gpu:
      return unit_of(result) == Unit::gpu;
    case ExpectedPart::node:
      return unit_of(result) == Unit::node || (unit_of(result) == Unit::none && nodes == 1);
    case ExpectedPart::link:
      return !result.matrices.empty() && document.nodes.size() > 1;
    case ExpectedPart::group:
      return unit_of(result) == Unit::none && nodes >= std::max(2, expectation.least_nodes) &&
             (expectation.most_nodes == 0 || nodes <= expectation.most_nodes);
  }
  return false;
}

/// A part with its figure: the median over launches.
struct Measured {
  Subject subject;
  double value = 0;
};

std::optional<double> over_launches(PartTable const& table, std::size_t part) {
  std::vector<double> values;
  for (std::size_t launch = 0; launch < table.launches(); ++launch) {
    if (std::isfinite(table.at(part, launch))) values.push_back(table.at(part, launch));
  }
  return values.empty() ? std::nullopt : std::optional(median(values));
}

std::vector<Measured> of_parts(PartFigures const& figures, std::size_t index,
                               ClusterDescription const& cluster) {
  std::vector<Measured> all;
  auto const unit = unit_of(figures.document().cases[index]);
  auto const table = figures.figures(index, PartQuantity::figure);
  auto const& parts = figures.parts(unit);
  for (std::size_t part = 0; part < parts.size(); ++part) {
    bool const described =
        unit == Unit::node || parts[part].info == nullptr || is_of_model(cluster, parts[part].info->name);
    auto const value = over_launches(table, part);
    if (value && described) all.push_back({subject_of(parts[part]), *value});
  }
  return all;
}

std::vector<Measured> of_whole(CaseResult const& result, Subject subject) {
  std::vector<double> values;
  for (auto const& launch : result.launches) values.push_back(launch.metric.median);
  if (values.empty() || !result.tainted.empty()) return {};
  return {{std::move(subject), median(values)}};
}

std::vector<Measured> of_links(CaseResult const& result) {
  std::vector<Measured> all;
  for (auto const& matrix : result.matrices) {
    auto const rail = matrix.name.rfind(' ') == std::string::npos
                          ? std::string()
                          : matrix.name.substr(matrix.name.rfind(' ') + 1);
    auto const n = matrix.rows.size();
    if ((rail.empty() && result.matrices.size() > 1) || matrix.values.size() != n * matrix.columns.size())
      continue;
    for (std::size_t a = 0; a < n; ++a) {
      for (std::size_t b = a + 1; b < matrix.columns.size(); ++b) {
        double const value = matrix.values[a * matrix.columns.size() + b];
        if (value > 0)
          all.push_back({{Subject::Kind::link, matrix.rows[a], -1, "", matrix.columns[b], rail}, value});
      }
    }
  }
  return all;
}

std::vector<Measured> measured(Expectation const& expectation, PartFigures const& figures, std::size_t index,
                               ClusterDescription const& cluster) {
  auto const& result = figures.document().cases[index];
  if (expectation.part == ExpectedPart::link) return of_links(result);
  if (expectation.part == ExpectedPart::group) return of_whole(result, {});
  if (unit_of(result) != Unit::none) return of_parts(figures, index, cluster);
  auto const& nodes = figures.nodes();
  return nodes.size() == 1 ? of_whole(result, subject_of(nodes.front())) : std::vector<Measured>();
}

/// What a figure may be no worse than.
struct Bar {
  double value = 0;
  std::string words, source;
};

std::vector<Bar> bars_of(Expectation const& expectation, Better better) {
  std::vector<Bar> bars;
  double const sign = better == Better::lower ? 1 : -1;
  if (expectation.margin) {
    bars.push_back({expectation.value * (1 + sign * *expectation.margin),
                    fmt::format("{:g} % off the expected", 100 * *expectation.margin),
                    expectation.margin_source});
  }
  if (expectation.gate)
    bars.push_back({*expectation.gate, "the source's own limit", expectation.gate_source});
  return bars;
}

/// Holds one expectation against one case.
class CaseJudge {
 public:
  CaseJudge(Expectation const& expectation, CaseResult const& result, std::vector<Measured> parts)
      : expectation_(expectation), result_(result), parts_(std::move(parts)) {
    std::ranges::stable_sort(parts_,
                             [this](auto const& a, auto const& b) { return worse(a.value, b.value); });
  }

  ExpectationResult summary() const {
    ExpectationResult summary{result_.name, std::string(word(expectation_.part)), result_.metric.unit,
                              expectation_.source, expectation_.note};
    summary.expected = expectation_.value;
    summary.margin = expectation_.margin;
    summary.margin_source = expectation_.margin_source;
    summary.gate_source = expectation_.gate_source;
    for (auto const& bar : bars_of(expectation_, result_.metric.better))
      (bar.words.starts_with("the source") ? summary.gate : summary.floor) = bar.value;
    std::vector<double> values;
    for (auto const& part : parts_) values.push_back(part.value);
    summary.median = median(values);
    summary.worst = parts_.front().value;
    summary.worst_subject = parts_.front().subject;
    summary.parts = static_cast<int>(parts_.size());
    summary.below =
        static_cast<int>(std::ranges::count_if(parts_, [this](auto const& part) { return below(part); }));
    return summary;
  }

  std::vector<CheckFinding> findings() const {
    std::vector<CheckFinding> found;
    auto const slow = static_cast<std::size_t>(
        std::ranges::count_if(parts_, [this](auto const& part) { return below(part); }));
    if (slow > 1 && 2 * slow > parts_.size()) {
      auto all = finding({{}, summary().median});
      all.evidence = fmt::format(
          "{} of {} {} are below it: not single parts, but all of them ({})", slow, parts_.size(),
          expectation_.part == ExpectedPart::gpu ? "GPUs" : std::string(word(expectation_.part)) + "s",
          all.evidence);
      all.remedy =
          "look at what they share: settings, driver, power, cooling, and whether this case is the source's";
      return {all};
    }
    for (auto const& part : parts_) {
      if (below(part)) found.push_back(finding(part));
    }
    return found;
  }

 private:
  bool worse(double a, double b) const { return result_.metric.better == Better::lower ? a > b : a < b; }
  bool below(Measured const& part) const {
    return std::ranges::any_of(bars_of(expectation_, result_.metric.better),
                               [&](Bar const& bar) { return worse(part.value, bar.value); });
  }

  CheckFinding finding(Measured const& part) const {
    CheckFinding made{Severity::fail,    FindingKind::below_floor, part.subject,
                      result_.name,      result_.metric.unit,      part.value,
                      expectation_.value};
    made.deviation = part.value / expectation_.value - 1;
    made.margin = expectation_.margin;
    made.source = expectation_.source;
    for (auto const& bar : bars_of(expectation_, result_.metric.better)) {
      if (!worse(part.value, bar.value)) continue;
      made.evidence += fmt::format("{}{} against {} ({})", made.evidence.empty() ? "" : "; ",
                                   human(part.value, result_.metric.unit),
                                   human(bar.value, result_.metric.unit), bar.words);
    }
    return made;
  }

  Expectation const& expectation_;
  CaseResult const& result_;
  std::vector<Measured> parts_;
};

CheckFinding wrong_part(Subject subject, std::string evidence) {
  CheckFinding finding{Severity::fail, FindingKind::wrong_part, std::move(subject)};
  finding.evidence = std::move(evidence);
  finding.remedy = "or name another description with --cluster";
  return finding;
}

void add_other_models(std::vector<CheckFinding>& all, ClusterDescription const& cluster,
                      PartFigures const& figures) {
  std::vector<Part const*> others;
  for (auto const& gpu : figures.gpus()) {
    if (!is_of_model(cluster, gpu.info->name)) others.push_back(&gpu);
  }
  if (2 * others.size() > figures.gpus().size()) {
    all.push_back(wrong_part(
        {}, fmt::format("the description is of another machine: {} of {} GPUs are no {} (but "
                        "{})",
                        others.size(), figures.gpus().size(), cluster.gpu, others.front()->info->name)));
    return;
  }
  for (auto const* gpu : others)
    all.push_back(wrong_part(
        subject_of(*gpu), fmt::format("it is a {}, the description is of {}", gpu->info->name, cluster.gpu)));
}

/// On most of several nodes it is the description that is wrong; a single one may have lost some.
void add_few_gpus(std::vector<CheckFinding>& all, ClusterDescription const& cluster,
                  Document const& document) {
  std::vector<Node const*> few;
  for (auto const& node : document.nodes) {
    if (static_cast<int>(node.gpus.size()) < cluster.gpus) few.push_back(&node);
  }
  if (few.size() > 1 && 2 * few.size() > document.nodes.size()) {
    all.push_back(
        wrong_part({}, fmt::format("the description is of another machine: {} of {} nodes have fewer than "
                                   "{} GPUs ({} has {})",
                                   few.size(), document.nodes.size(), cluster.gpus, few.front()->name,
                                   few.front()->gpus.size())));
    return;
  }
  for (auto const* node : few)
    all.push_back(
        wrong_part({Subject::Kind::node, node->name},
                   fmt::format("{} GPUs, the description has {}", node->gpus.size(), cluster.gpus)));
}

void add_wrong_parts(std::vector<CheckFinding>& all, ClusterDescription const& cluster,
                     PartFigures const& figures) {
  if (cluster.gpus == 0) return;
  add_other_models(all, cluster, figures);
  add_few_gpus(all, cluster, figures.document());
}

/// The parts are in order, the description is not theirs: nothing of it is held against them.
bool is_of_another_machine(CheckFinding const& finding) {
  return finding.kind == FindingKind::wrong_part && finding.subject.kind == Subject::Kind::cluster;
}

CheckFinding low_fact(FactLimit const& limit, Subject subject, double own, std::string const& of_all) {
  CheckFinding finding{Severity::fail, FindingKind::settings, std::move(subject)};
  finding.measured = own;
  finding.expected = limit.least;
  finding.source = limit.source;
  finding.evidence =
      fmt::format("{} is {:g}{}, the description wants {:g} at least", limit.fact, own, of_all, limit.least);
  return finding;
}

/// What most of them have is said of all at once.
void add_low_facts(std::vector<CheckFinding>& all, ClusterDescription const& cluster,
                   PartFigures const& figures) {
  for (auto const& limit : cluster.facts) {
    std::vector<CheckFinding> low;
    double lowest = limit.least;
    for (auto const& gpu : figures.gpus()) {
      auto const own = number_of_fact(gpu.info, limit.fact);
      if (!own || *own >= limit.least) continue;
      low.push_back(low_fact(limit, subject_of(gpu), *own, ""));
      lowest = std::min(lowest, *own);
    }
    if (low.size() > 1 && 2 * low.size() > figures.gpus().size())
      low = {
          low_fact(limit, {}, lowest, fmt::format(" on {} of {} GPUs", low.size(), figures.gpus().size()))};
    all.insert(all.end(), low.begin(), low.end());
  }
}

}  // namespace

bool speaks_of(Expectation const& expectation, CaseResult const& result, Document const& document) {
  return expectation.workload == result.workload && result.backend == "cuda" && has_clean_figures(result) &&
         (expectation.ranks == 0 || expectation.ranks == result.ranks) &&
         of_that_part(expectation, result, document) &&
         std::ranges::all_of(expectation.params,
                             [&](auto const& condition) { return holds(condition, result.params); });
}

SpecJudgement judge_by(ClusterDescription const& cluster, PartFigures const& figures) {
  SpecJudgement judgement;
  auto const& document = figures.document();
  add_wrong_parts(judgement.findings, cluster, figures);
  if (std::ranges::any_of(judgement.findings, is_of_another_machine)) return judgement;
  add_low_facts(judgement.findings, cluster, figures);
  if (document.run.oversubscribed) return judgement;  // ranks that share a GPU say nothing of its speed
  for (auto const& expectation : cluster.expectations) {
    for (std::size_t i = 0; i < document.cases.size(); ++i) {
      if (!speaks_of(expectation, document.cases[i], document)) continue;
      auto parts = measured(expectation, figures, i, cluster);
      if (parts.empty()) continue;
      judgement.cases.insert(i);
      if (expectation.margin || expectation.gate) {
        judgement.floors.insert(i);
        for (auto const& part : parts) {
          judgement.parts.emplace(part.subject.node, part.subject.device);
          if (!part.subject.other.empty()) judgement.parts.emplace(part.subject.other, -1);
        }
      }
      CaseJudge const judge(expectation, document.cases[i], std::move(parts));
      judgement.results.push_back(judge.summary());
      auto found = judge.findings();
      judgement.findings.insert(judgement.findings.end(), found.begin(), found.end());
    }
  }
  return judgement;
}

}  // namespace muster
