// Verdict and headline figures: for a reader with no patience.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "harness/core/quantities.hpp"
#include "harness/report/page/case_figures.hpp"
#include "harness/report/page/sections.hpp"
#include "harness/report/result_view.hpp"

namespace muster {
namespace {

struct Counts {
  std::size_t ok = 0, wrong = 0, failed = 0, unsupported = 0, tainted = 0, warned = 0;
};

Counts counts_of(Document const& document) {
  Counts counts;
  for (auto const& result : document.cases) {
    counts.ok += result.status == CaseStatus::ok;
    counts.wrong += result.status == CaseStatus::wrong;
    counts.unsupported += result.status == CaseStatus::unsupported;
    counts.failed += is_failure(result.status) && result.status != CaseStatus::wrong;
    counts.tainted += !result.tainted.empty();
    counts.warned += !result.warnings.empty();
  }
  return counts;
}

struct Judgement {
  std::string kind, word;  ///< kind: a class of the style sheet
};

Judgement judgement_of(Document const& document, Counts const& counts) {
  if (counts.wrong > 0)
    return {"bad", fmt::format("✗ Wrong answers: {} of {} cases", counts.wrong, document.cases.size())};
  if (document.run.status != RunStatus::complete)
    return {"bad", fmt::format("✗ {} run: {} of {} cases have figures", name(document.run.status), counts.ok,
                               document.cases.size())};
  if (counts.tainted > 0 || document.run.oversubscribed)
    return {"warn", "! Complete and verified, but not all figures are clean"};
  if (counts.failed > 0) return {"bad", fmt::format("✗ {} cases failed", counts.failed)};
  return {"good", "✓ Complete, every answer verified"};
}

std::string coverage_words(Document const& document) {
  if (!document.coverage) return "";
  auto const& coverage = *document.coverage;
  return fmt::format("Nodes: {} planned{}, {} answered, {} good, {} left out.", coverage.planned,
                     coverage.spares > 0 ? fmt::format(" and {} spare", coverage.spares) : "", coverage.seen,
                     coverage.good, coverage.excluded.size());
}

std::vector<std::string> lines_of(ReportedResult const& result, Counts const& counts) {
  auto const& document = result.document;
  std::vector<std::string> lines;
  lines.push_back(
      fmt::format("{} of {} cases verified and measured in {} {}{}{}.", counts.ok, document.cases.size(),
                  document.run.launches, document.run.launches == 1 ? "launch" : "launches",
                  counts.unsupported > 0 ? fmt::format(", {} not supported here", counts.unsupported) : "",
                  counts.failed > 0 ? fmt::format(", {} failed", counts.failed) : ""));
  if (auto const words = coverage_words(document); !words.empty()) lines.push_back(words);
  if (document.run.oversubscribed)
    lines.push_back(
        "Oversubscribed: several ranks shared a device or a core, so no figure here is one of performance.");
  if (!document.run.backend_reason.empty())
    lines.push_back("Measured on the host, without a GPU: " + document.run.backend_reason);
  if (counts.tainted > 0)
    lines.push_back(
        fmt::format("Tainted, so no clean figure: {} cases (see what went wrong).", counts.tainted));
  if (counts.warned > counts.tainted) lines.push_back(fmt::format("{} cases carry warnings.", counts.warned));
  lines.insert(lines.end(), result.remarks.begin(), result.remarks.end());
  return lines;
}

/// Figures of one kind compete for a tile: the products of one type, a memory operation, a collective.
std::string tile_key(CaseResult const& result) {
  if (result.workload == "gemm") return "gemm " + parameter(result, "type");
  return result.workload;
}

bool better(CaseResult const& one, CaseResult const& other) {
  double const a = *figure_value(one), b = *figure_value(other);
  return one.metric.better == Better::lower ? a < b : a > b;
}

/// The best clean one of each kind, in the document's order.
std::vector<CaseResult const*> headliners(Document const& document) {
  constexpr std::size_t most = 12;
  std::vector<CaseResult const*> best;
  std::map<std::string, std::size_t> places;
  for (auto const& result : document.cases) {
    if (!is_clean(result)) continue;
    auto const [at, fresh] = places.try_emplace(tile_key(result), best.size());
    if (fresh)
      best.push_back(&result);
    else if (better(result, *best[at->second]))
      best[at->second] = &result;
  }
  if (best.size() > most) best.resize(most);
  return best;
}

std::string limit_line(CaseResult const& result) {
  if (!result.bound || !result.percent_of_bound) return "";
  auto text = fmt::format("{:.0f} % of limit", *result.percent_of_bound);
  if (result.percent_at_clock) text += fmt::format(", {:.0f} % at its clock", *result.percent_at_clock);
  return text;
}

Markup tile(CaseResult const& result) {
  Markup content = element("span", {{"class", "what"}}, spoken_name(result));
  content += element("span", {{"class", "value"}}, human(*figure_value(result), result.metric.unit));
  auto const limit = limit_line(result);
  if (!limit.empty()) content += element("span", {{"class", "more"}}, limit);
  return element("li", content);
}

}  // namespace

Markup verdict_box(ReportedResult const& result) {
  auto const counts = counts_of(result.document);
  auto const [kind, word] = judgement_of(result.document, counts);
  Markup content = element("p", {{"class", "word"}}, word);
  for (auto const& line : lines_of(result, counts)) content += element("p", line);
  return element("div", {{"class", "verdict " + kind}}, content);
}

Markup headline_tiles(ReportedResult const& result) {
  Markup tiles;
  for (auto const* one : headliners(result.document)) tiles += tile(*one);
  return tiles.empty() ? tiles : element("ul", {{"class", "tiles"}}, tiles);
}

}  // namespace muster
