#include "harness/analyze/check_fleet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "harness/analyze/clock_reason.hpp"
#include "harness/analyze/kinds.hpp"
#include "harness/core/statistics.hpp"

namespace muster {
namespace {

constexpr double whole_run_margin = 0.05;  ///< all of them together became slower
constexpr char const* again = "measure again, and give both results: muster check FIRST SECOND";

PartTable kind_table(PartFigures const& figures, CaseKind const& kind) {
  std::vector<PartTable> tables;
  for (auto const index : kind.cases) tables.push_back(figures.deviations(index, kind.quantity));
  return mean_table(tables);
}

/// A part's figure in one case and that of its peers: medians over launches, and over peers.
struct Comparison {
  std::size_t index = 0;
  double measured = 0, peers = 0;
  double ratio() const { return measured / peers; }
};

double over_launches(PartTable const& table, std::size_t part) {
  std::vector<double> values;
  for (std::size_t launch = 0; launch < table.launches(); ++launch) {
    if (std::isfinite(table.at(part, launch))) values.push_back(table.at(part, launch));
  }
  return values.empty() ? std::nan("") : median(values);
}

Comparison compared(PartFigures const& figures, CaseKind const& kind, std::size_t index, std::size_t part,
                    std::vector<std::size_t> const& members) {
  auto const table = figures.figures(index, kind.quantity);
  std::vector<double> peers;
  for (auto const member : members) {
    if (double const value = over_launches(table, member); std::isfinite(value)) peers.push_back(value);
  }
  return {index, over_launches(table, part), peers.empty() ? std::nan("") : median(peers)};
}

bool is_better(Comparison const& one, Comparison const& other, Better better) {
  return better == Better::lower ? one.ratio() < other.ratio() : one.ratio() > other.ratio();
}

/// Judges one kind of cases and says what it found.
class KindJudge {
 public:
  KindJudge(PartFigures const& figures, PartFigures const* second, CaseKind const& kind)
      : figures_(figures), second_(second), kind_(kind) {
    if (second == nullptr) return;
    for (auto const& other : kinds_of(*second)) {
      if (other.name == kind.name && other.unit == kind.unit && other.quantity == kind.quantity)
        second_kind_ = other;
    }
  }

  std::vector<CheckFinding> findings() {
    auto const table = kind_table(figures_, kind_);
    auto const scores = scores_of(table);
    auto accused = standings(scores, kind_.unit, FleetRule::z_of_kind, kind_.margin);
    if (kind_.unit == Unit::gpu) judge_nodes(table, accused);
    for (auto const& standing : accused) add(standing, kind_.unit, kind_, kind_.margin);
    if (kind_.cases.size() > 1) judge_cases_alone();
    if (kind_.quantity == PartQuantity::clock) return std::move(found_);
    add_drifts(scores);
    add_drift_of_all();
    return std::move(found_);
  }

 private:
  std::vector<Standing> standings(std::vector<PartScore> const& scores, Unit unit, double z,
                                  double margin) const {
    return standing_apart(scores, figures_.models(unit), z, margin);
  }

  /// A node most of whose GPUs are slow is slow itself; they are then not named one by one.
  void judge_nodes(PartTable const& table, std::vector<Standing>& accused) {
    auto const of_nodes = node_table(table, figures_);
    for (auto const& node : standings(scores_of(of_nodes), Unit::node, FleetRule::z_of_kind, kind_.margin)) {
      auto const on_it = [&](Standing const& gpu) { return figures_.node_of(gpu.part) == node.part; };
      auto const slow = std::ranges::count_if(accused, on_it);
      auto const all = std::ranges::count_if(
          figures_.gpus(), [&](Part const& gpu) { return gpu.node == figures_.nodes()[node.part].node; });
      if (2 * slow <= all && all > 1) continue;
      if (all > 1) std::erase_if(accused, on_it);
      if (all > 1) add(node, Unit::node, kind_, kind_.margin);
    }
  }

  /// Of one case what all cases together do not show.
  void judge_cases_alone() {
    for (auto const index : kind_.cases) {
      CaseKind alone = kind_;
      alone.cases = {index};
      double const margin = FleetRule::case_margins * kind_.margin;
      auto const scores = scores_of(figures_.deviations(index, kind_.quantity));
      for (auto const& standing : standings(scores, kind_.unit, FleetRule::z_of_case, margin)) {
        if (!named(figures_.parts(kind_.unit)[standing.part])) add(standing, kind_.unit, alone, margin);
      }
    }
  }

  bool named(Part const& part) const {
    return std::ranges::any_of(found_, [&](CheckFinding const& finding) {
      return finding.subject.node == part.node &&
             (finding.subject.device == part.device || finding.subject.kind == Subject::Kind::node);
    });
  }

  /// By the second result; absent where there is none, or it cannot judge the part.
  std::optional<bool> so_again(Standing const& standing, Unit unit, std::vector<std::size_t> const& cases,
                               double margin) const {
    if (second_ == nullptr || !second_kind_) return std::nullopt;
    auto kind = *second_kind_;
    if (cases.size() == 1 && kind_.cases.size() > 1) {
      auto const& name = figures_.document().cases[cases.front()].name;
      std::erase_if(kind.cases, [&](auto index) { return second_->document().cases[index].name != name; });
      if (kind.cases.empty()) return std::nullopt;
    }
    auto table = kind_table(*second_, kind);
    if (unit == Unit::node && kind.unit == Unit::gpu) table = node_table(table, *second_);
    auto const& wanted = figures_.parts(unit)[standing.part];
    auto const& parts = second_->parts(unit);
    for (std::size_t part = 0; part < parts.size(); ++part) {
      bool const same = wanted.uuid.empty()
                            ? parts[part].node == wanted.node && parts[part].device == wanted.device
                            : parts[part].uuid == wanted.uuid;
      if (same) return below_again(scores_of(table), second_->models(unit), part, margin);
    }
    return std::nullopt;
  }

  /// Parts of the cases' own unit that belong to a node or are a GPU, and their peers.
  std::vector<std::size_t> peers_of(Unit unit, std::size_t part) const {
    auto const& models = figures_.models(unit);
    std::vector<std::size_t> peers;
    for (std::size_t i = 0; i < models.size(); ++i) {
      if (models[i] == models[part]) peers.push_back(i);
    }
    return peers;
  }

  /// The case in which the part is the farthest below its peers; of a node judged by its GPUs, its first GPU.
  std::optional<Comparison> worst_case(Standing const& standing, Unit unit, CaseKind const& kind) const {
    std::size_t part = standing.part;
    if (unit != kind.unit) return std::nullopt;
    auto const members = peers_of(unit, part);
    std::optional<Comparison> worst;
    for (auto const index : kind.cases) {
      auto const better = kind.quantity == PartQuantity::figure
                              ? figures_.document().cases[index].metric.better
                              : Better::higher;
      auto const one = compared(figures_, kind, index, part, members);
      if (!std::isfinite(one.ratio())) continue;
      if (!worst || is_better(*worst, one, better)) worst = one;
    }
    return worst;
  }

  std::string unit_of_figure(Comparison const& one) const {
    if (kind_.quantity == PartQuantity::at_clock) return "% at clock";
    return kind_.quantity == PartQuantity::clock ? "Hz" : figures_.document().cases[one.index].metric.unit;
  }

  std::string peers_words(Unit unit, std::size_t part) const {
    return fmt::format("{} {}", peers_of(unit, part).size(), unit == Unit::gpu ? "GPUs" : "nodes");
  }

  void add(Standing const& standing, Unit unit, CaseKind const& kind, double margin) {
    auto const& part = figures_.parts(unit)[standing.part];
    CheckFinding finding;
    finding.kind = kind.quantity == PartQuantity::clock ? FindingKind::slow_clock : FindingKind::below_fleet;
    finding.subject = subject_of(part);
    finding.cases = kind.cases.size() == 1 ? figures_.document().cases[kind.cases.front()].name : words(kind);
    finding.deviation = standing.deviation;
    finding.margin = margin;
    finding.z = standing.z;
    auto const second = so_again(standing, unit, kind.cases, margin);
    finding.reproduced = second.value_or(standing.reproduced);
    finding.severity = *finding.reproduced ? Severity::fail : Severity::warn;
    finding.evidence = fmt::format("{:.1f} % below the median of {}{}", -100 * standing.deviation,
                                   peers_words(unit, standing.part),
                                   kind.quantity == PartQuantity::at_clock ? ", clocks taken out" : "");
    if (auto const worst = worst_case(standing, unit, kind)) {
      finding.measured = worst->measured;
      finding.expected = worst->peers;
      finding.unit = unit_of_figure(*worst);
      if (kind.cases.size() > 1)
        finding.evidence += "; most in " + figures_.document().cases[worst->index].name;
    }
    if (kind.quantity == PartQuantity::clock && unit == Unit::gpu)
      finding.evidence += "; " + clock_reason(figures_, standing.part);
    if (!*finding.reproduced) {
      finding.evidence += second ? "; not so in the second result" : "; not in every half of the launches";
      finding.remedy = again;
    }
    found_.push_back(std::move(finding));
  }

  void add_drifts(std::vector<PartScore> const& scores) {
    for (auto const& standing :
         drifting(scores, figures_.models(kind_.unit), FleetRule::z_of_kind, kind_.margin)) {
      auto const& part = figures_.parts(kind_.unit)[standing.part];
      if (named(part)) continue;
      CheckFinding finding{Severity::warn, FindingKind::drift, subject_of(part), words(kind_)};
      finding.deviation = standing.deviation;
      finding.margin = kind_.margin;
      finding.z = standing.z;
      finding.evidence = fmt::format(
          "{:.1f} % slower in the later half of the launches than in the earlier half, against "
          "its peers",
          -100 * standing.deviation);
      finding.remedy = "look at its temperature and clocks over time";
      found_.push_back(std::move(finding));
    }
  }

  /// Absent below four launches.
  std::optional<double> drift_of(CaseResult const& result) const {
    auto const half = result.launches.size() / 2;
    if (half < 2) return std::nullopt;
    double early = 0, late = 0;
    for (std::size_t i = 0; i < half; ++i) {
      double const first = result.launches[i].metric.median;
      double const last = result.launches[result.launches.size() - 1 - i].metric.median;
      if (!(first > 0) || !(last > 0)) return std::nullopt;
      early += std::log(first);
      late += std::log(last);
    }
    return (result.metric.better == Better::lower ? -1 : 1) * (late - early) / static_cast<double>(half);
  }

  void add_drift_of_all() {
    if (kind_.quantity != PartQuantity::figure) return;
    std::vector<double> drifts;
    for (auto const index : kind_.cases) {
      if (auto const drift = drift_of(figures_.document().cases[index])) drifts.push_back(*drift);
    }
    if (drifts.empty() || mean(drifts) >= std::log1p(-whole_run_margin)) return;
    CheckFinding finding{Severity::warn, FindingKind::drift, {}, words(kind_)};
    finding.deviation = std::expm1(mean(drifts));
    finding.margin = whole_run_margin;
    finding.evidence = fmt::format(
        "all of them together became {:.1f} % slower between the earlier and the later half of the launches",
        -100 * *finding.deviation);
    finding.remedy = "look at temperatures, power and what else ran meanwhile";
    found_.push_back(std::move(finding));
  }

  PartFigures const& figures_;
  PartFigures const* second_;
  CaseKind kind_;
  std::optional<CaseKind> second_kind_;
  std::vector<CheckFinding> found_;
};

using Place = std::pair<std::string, int>;

/// A product that is slow because its clock is low, or that is slow at its clock too, is one finding.
void drop_explained_products(std::vector<CheckFinding>& findings, std::set<Place> const& explained) {
  std::erase_if(findings, [&](CheckFinding const& finding) {
    return explained.contains({finding.subject.node, finding.subject.device}) ||
           explained.contains({finding.subject.node, -1});
  });
}

}  // namespace

std::vector<CheckFinding> fleet_findings(PartFigures const& figures, PartFigures const* second) {
  std::vector<CheckFinding> all;
  std::map<std::string, std::set<Place>> explained;  // by kind's name
  for (auto const& kind : kinds_of(figures)) {
    auto found = KindJudge(figures, second, kind).findings();
    if (kind.quantity == PartQuantity::figure) {
      drop_explained_products(found, explained[kind.name]);
    } else {
      for (auto const& finding : found)
        explained[kind.name].insert({finding.subject.node, finding.subject.device});
    }
    all.insert(all.end(), found.begin(), found.end());
  }
  return all;
}

PeerCoverage peer_coverage(PartFigures const& figures) {
  PeerCoverage covered{
      std::vector<bool>(figures.gpus().size()), std::vector<bool>(figures.nodes().size()), {}};
  for (auto const& kind : kinds_of(figures)) {
    auto& parts = kind.unit == Unit::gpu ? covered.gpus : covered.nodes;
    for (auto const index : kind.cases) {
      auto const table = figures.deviations(index, kind.quantity);  // not a number without enough peers
      for (std::size_t part = 0; part < parts.size(); ++part) {
        if (std::isnan(over_launches(table, part))) continue;
        parts[part] = true;
        covered.cases.insert(index);
      }
    }
  }
  return covered;
}

}  // namespace muster
