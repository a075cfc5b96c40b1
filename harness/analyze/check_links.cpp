#include "harness/analyze/check_links.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "harness/analyze/fleet_rule.hpp"
#include "harness/analyze/robust.hpp"
#include "harness/core/statistics.hpp"

namespace muster {
namespace {

constexpr std::size_t least_partners = 3;
constexpr int sweeps = 4;  ///< until nodes' own parts settle: they settle within two
constexpr std::string_view rail_matrix = "bandwidth of rail ";

struct Pair {
  std::size_t a = 0, b = 0;
  double rate = 0;
};

std::vector<Pair> pairs_of(Matrix const& matrix) {
  std::vector<Pair> pairs;
  auto const n = matrix.rows.size();
  if (matrix.columns != matrix.rows || matrix.values.size() != n * n) return pairs;
  for (std::size_t a = 0; a < n; ++a) {
    for (std::size_t b = a + 1; b < n; ++b) {
      double const there = matrix.values[a * n + b], back = matrix.values[b * n + a];
      double const rate = std::fmin(there, back);  // of one number and one NaN: the number
      if (rate > 0) pairs.push_back({a, b, rate});
    }
  }
  return pairs;
}

/// log rate = middle + part of one end + part of the other + rest, by medians in turn (J. Tukey's median
/// polish), which a few slow links do not move.
class Polish {
 public:
  Polish(std::vector<Pair> const& pairs, std::size_t nodes) : own_(nodes), of_(nodes) {
    std::vector<double> logs;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      rest_.push_back(std::log(pairs[i].rate));
      of_[pairs[i].a].push_back(i);
      of_[pairs[i].b].push_back(i);
    }
    middle_ = median(rest_);
    for (double& rest : rest_) rest -= middle_;
    for (int sweep = 0; sweep < sweeps; ++sweep) take_out();
  }

  bool takes_part(std::size_t node) const { return of_[node].size() >= least_partners; }
  double middle() const { return middle_; }
  double own(std::size_t node) const { return own_[node]; }
  double rest(std::size_t pair) const { return rest_[pair]; }
  std::vector<std::size_t> const& pairs_of(std::size_t node) const { return of_[node]; }

 private:
  void take_out() {
    std::vector<double> rests;
    for (std::size_t node = 0; node < of_.size(); ++node) {
      if (!takes_part(node)) continue;
      rests.clear();
      for (auto const pair : of_[node]) rests.push_back(rest_[pair]);
      double const part = median(rests);
      own_[node] += part;
      for (auto const pair : of_[node]) rest_[pair] -= part;
    }
  }

  std::vector<double> own_, rest_;
  std::vector<std::vector<std::size_t>> of_;
  double middle_ = 0;
};

/// A value among its like, by the same rule as all parts; absent where it is not accused.
class Limits {
 public:
  Limits(std::vector<double> const& values, double z, double margin)
      : scale_(robust_scale(values, FleetRule::least_spread)),
        limit_(-z_limit(z, values.size())),
        margin_(std::log1p(-margin)),
        enough_(values.size() >= FleetRule::least_peers) {}
  std::optional<double> z_if_apart(double value) const {
    double const z = robust_z(value, scale_);
    return enough_ && z < limit_ && value - scale_.middle < margin_ ? std::optional(z) : std::nullopt;
  }
  double deviation(double value) const { return std::expm1(value - scale_.middle); }

 private:
  RobustScale scale_;
  double limit_, margin_;
  bool enough_;
};

std::vector<LinkJudgement::Node> slow_nodes(std::vector<Pair> const& pairs, Polish const& polish,
                                            std::size_t nodes, double margin) {
  std::vector<double> values;
  for (std::size_t node = 0; node < nodes; ++node) {
    if (polish.takes_part(node)) values.push_back(polish.own(node));
  }
  std::vector<LinkJudgement::Node> slow;
  if (values.empty()) return slow;
  Limits const limits(values, FleetRule::z_of_kind, margin);
  for (std::size_t node = 0; node < nodes; ++node) {
    auto const z = polish.takes_part(node) ? limits.z_if_apart(polish.own(node)) : std::nullopt;
    if (!z) continue;
    std::vector<double> rates;
    for (auto const pair : polish.pairs_of(node)) rates.push_back(pairs[pair].rate);
    slow.push_back({node, limits.deviation(polish.own(node)), *z, median(rates)});
  }
  return slow;
}

std::vector<LinkJudgement::Link> slow_links(std::vector<Pair> const& pairs, Polish const& polish,
                                            double margin) {
  std::vector<double> rests;
  for (std::size_t i = 0; i < pairs.size(); ++i) rests.push_back(polish.rest(i));
  Limits const limits(rests, FleetRule::z_of_case, margin);
  std::vector<LinkJudgement::Link> slow;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    auto const& [a, b, rate] = pairs[i];
    if (!polish.takes_part(a) || !polish.takes_part(b)) continue;
    auto const z = limits.z_if_apart(polish.rest(i));
    if (z)
      slow.push_back({a, b, limits.deviation(polish.rest(i)), *z, rate, rate / std::exp(polish.rest(i))});
  }
  std::ranges::stable_sort(slow, {}, &LinkJudgement::Link::deviation);
  return slow;
}

bool is_of_pairs(CaseResult const& result) {
  if (result.status != CaseStatus::ok || result.matrices.empty()) return false;
  // Of GPUs of one node: where several nodes ran it the matrix is a median over them, and says nothing of
  // any.
  bool const alone = !result.worlds || result.worlds->planned == 1;
  return result.workload == "collective/links" || (result.workload == "memory/peer" && alone);
}

/// One matrix a rail where there are any, else the one of all rails.
std::vector<Matrix const*> matrices_of(CaseResult const& result) {
  std::vector<Matrix const*> rails, others;
  for (auto const& matrix : result.matrices) {
    bool const rail = matrix.name.starts_with(rail_matrix);
    (rail ? rails : others).push_back(&matrix);
  }
  return rails.empty() ? others : rails;
}

std::string rail_of(Matrix const& matrix) {
  return matrix.name.starts_with(rail_matrix) ? matrix.name.substr(rail_matrix.size()) : "";
}

/// The second result's judgement of the same rail of the same case; absent where there is none, or too few
/// pairs to judge by.
std::optional<std::pair<Matrix const*, LinkJudgement>> again_of(Document const* second,
                                                                CaseResult const& result,
                                                                Matrix const& matrix) {
  if (second == nullptr) return std::nullopt;
  for (auto const& other : second->cases) {
    if (other.name != result.name || !is_of_pairs(other)) continue;
    for (auto const& same : other.matrices) {
      if (same.name != matrix.name) continue;
      auto judged = judge_links(same, link_margin);
      if (judged.pairs >= FleetRule::least_peers) return std::pair(&same, std::move(judged));
    }
  }
  return std::nullopt;
}

/// The end of a link that a row of a matrix names: a node, or on a single node one of its GPUs, by the rank
/// or the device ("rank 3", "3").
Subject end_of(Document const& document, std::string const& row) {
  auto const is_row = [&](Node const& node) { return node.name == row; };
  if (document.nodes.size() != 1 || std::ranges::any_of(document.nodes, is_row))
    return {Subject::Kind::node, row};
  auto const& node = document.nodes.front();
  auto const digits = row.find_first_of("0123456789");
  int number = -1;
  if (digits != std::string::npos) std::from_chars(row.data() + digits, row.data() + row.size(), number);
  for (auto const& placement : node.placement) {
    if (row.starts_with("rank") && placement.rank == number && placement.backend == "cuda") {
      number = placement.device;
      break;
    }
  }
  Subject end{Subject::Kind::gpu, node.name, number};
  for (auto const& gpu : node.gpus) {
    if (gpu.index == number) end.uuid = gpu.uuid;
  }
  return end;
}

class LinkJudge {
 public:
  LinkJudge(Document const& document, CaseResult const& result, Document const* second)
      : document_(document), result_(result), second_(second) {}

  std::vector<CheckFinding> findings() {
    auto const matrices = matrices_of(result_);
    for (auto const* matrix : matrices) judge(*matrix);
    add_nodes(matrices.size());
    return std::move(found_);
  }

 private:
  struct SlowNode {
    LinkJudgement::Node node;
    double usual;
    std::string rail;
    bool reproduced;
  };

  void judge(Matrix const& matrix) {
    auto const judged = judge_links(matrix, link_margin);
    auto const again = again_of(second_, result_, matrix);
    for (auto const& node : judged.nodes) {
      bool const so =
          again ? std::ranges::any_of(again->second.nodes,
                                      [&](auto const& other) {
                                        return again->first->rows[other.node] == matrix.rows[node.node];
                                      })
                : measured_twice();
      slow_[matrix.rows[node.node]].push_back({node, judged.usual, rail_of(matrix), so});
    }
    for (auto const& link : judged.links) {
      bool const so = again
                          ? std::ranges::any_of(again->second.links,
                                                [&](auto const& other) {
                                                  return again->first->rows[other.a] == matrix.rows[link.a] &&
                                                         again->first->rows[other.b] == matrix.rows[link.b];
                                                })
                          : measured_twice();
      add_link(matrix, link, so, again.has_value());
    }
  }

  CheckFinding finding(FindingKind kind, double measured, double expected, double deviation, double z,
                       bool reproduced) const {
    CheckFinding made;
    made.kind = kind;
    made.severity = reproduced ? Severity::fail : Severity::warn;
    made.cases = result_.name;
    made.unit = result_.metric.unit;
    made.measured = measured;
    made.expected = expected;
    made.deviation = deviation;
    made.margin = link_margin;
    made.z = z;
    made.reproduced = reproduced;
    return made;
  }

  /// Within this result: the link search comes back to slow pairs, anything else needs a second launch.
  bool measured_twice() const {
    return result_.workload == "collective/links" || result_.launches.size() > 1;
  }

  std::string repetition(bool reproduced, bool by_second) const {
    if (by_second) return reproduced ? "in the second result too" : "not so in the second result";
    if (!reproduced) return "one launch only";
    return result_.workload == "collective/links" ? "the search measures such pairs twice"
                                                  : "median of launches";
  }

  void add_link(Matrix const& matrix, LinkJudgement::Link const& link, bool reproduced, bool by_second) {
    auto made = finding(FindingKind::slow_link, link.rate, link.expected, link.deviation, link.z, reproduced);
    auto const a = end_of(document_, matrix.rows[link.a]), b = end_of(document_, matrix.rows[link.b]);
    bool const gpus = a.kind == Subject::Kind::gpu;
    made.subject = {Subject::Kind::link,      gpus ? words(a) : a.node, -1, "",
                    gpus ? words(b) : b.node, rail_of(matrix)};
    made.evidence = fmt::format("{:.1f} % below what both reach with others ({})", -100 * link.deviation,
                                repetition(reproduced, by_second));
    made.remedy = "look at cable, ports and switches between them; neither node is at fault by itself";
    found_.push_back(std::move(made));
  }

  /// Slow on every rail is the node, on some the NICs of these.
  void add_nodes(std::size_t rails) {
    for (auto const& [name, slow] : slow_) {
      bool const all = slow.size() == rails;
      auto const worst = *std::ranges::min_element(slow, {}, [](auto const& s) { return s.node.deviation; });
      bool const so = std::ranges::all_of(slow, &SlowNode::reproduced);
      auto made = finding(all ? FindingKind::below_fleet : FindingKind::slow_nic, worst.node.rate,
                          worst.usual, worst.node.deviation, worst.node.z, so);
      made.subject = end_of(document_, name);
      for (auto const& one : all ? std::vector<SlowNode>() : slow)
        made.subject.rail += (made.subject.rail.empty() ? "" : ",") + one.rail;
      made.evidence = fmt::format("{:.1f} % below the usual rate with everybody{}",
                                  -100 * worst.node.deviation, all && rails > 1 ? ", on every rail" : "");
      made.remedy = all ? "look at its links and its ports" : "look at that NIC, its cable and its port";
      found_.push_back(std::move(made));
    }
  }

  Document const& document_;
  CaseResult const& result_;
  Document const* second_;
  std::map<std::string, std::vector<SlowNode>> slow_;
  std::vector<CheckFinding> found_;
};

}  // namespace

LinkJudgement judge_links(Matrix const& matrix, double margin) {
  LinkJudgement judged;
  auto const pairs = pairs_of(matrix);
  judged.pairs = pairs.size();
  if (pairs.empty()) return judged;
  Polish const polish(pairs, matrix.rows.size());
  judged.usual = std::exp(polish.middle());
  judged.nodes = slow_nodes(pairs, polish, matrix.rows.size(), margin);
  judged.links = slow_links(pairs, polish, margin);
  return judged;
}

std::vector<CheckFinding> link_findings(Document const& document, Document const* second) {
  std::vector<CheckFinding> all;
  for (auto const& result : document.cases) {
    if (!is_of_pairs(result)) continue;
    auto found = LinkJudge(document, result, second).findings();
    all.insert(all.end(), found.begin(), found.end());
  }
  return all;
}

LinkCoverage link_coverage(Document const& document) {
  LinkCoverage coverage;
  std::set<std::pair<std::string, std::string>> measured, judged;
  for (std::size_t i = 0; i < document.cases.size(); ++i) {
    if (!is_of_pairs(document.cases[i])) continue;
    for (auto const* matrix : matrices_of(document.cases[i])) {
      auto const pairs = pairs_of(*matrix);
      for (auto const& pair : pairs) measured.emplace(matrix->rows[pair.a], matrix->rows[pair.b]);
      if (pairs.size() < FleetRule::least_peers) continue;
      coverage.cases.insert(i);
      for (auto const& pair : pairs) {
        judged.emplace(matrix->rows[pair.a], matrix->rows[pair.b]);
        coverage.rows.insert({matrix->rows[pair.a], matrix->rows[pair.b]});
      }
    }
  }
  coverage.measured = static_cast<int>(measured.size());
  coverage.judged = static_cast<int>(judged.size());
  return coverage;
}

}  // namespace muster
