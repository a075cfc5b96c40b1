// Verdict and headline figures: for a reader with no patience.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "harness/core/counted.hpp"
#include "harness/core/quantities.hpp"
#include "harness/report/case_words.hpp"
#include "harness/report/page/case_figures.hpp"
#include "harness/report/page/sections.hpp"
#include "harness/report/result_view.hpp"

namespace muster {
namespace {

struct Counts {
  std::size_t ok = 0, verified = 0, wrong = 0, failed = 0, unsupported = 0, not_run = 0, tainted = 0,
              warned = 0;
};

Counts counts_of(Document const& document) {
  Counts counts;
  for (auto const& result : document.cases) {
    counts.ok += result.status == CaseStatus::ok;
    counts.verified += is_verified(result);
    counts.wrong += result.status == CaseStatus::wrong;
    counts.unsupported += result.status == CaseStatus::unsupported;
    counts.not_run += result.status == CaseStatus::not_run;
    counts.failed += is_failure(result.status) && result.status != CaseStatus::wrong;
    counts.tainted += !result.tainted.empty();
    counts.warned += !result.warnings.empty();
  }
  return counts;
}

struct Judgement {
  std::string kind, word;  ///< kind: a class of the style sheet
};

/// Of a run that came to its end, without a failure: what keeps it from being called good.
Judgement complete_judgement(Document const& document, Counts const& counts) {
  if (counts.ok == 0) return {"warn", "! Complete, but nothing was measured"};
  if (counts.not_run > 0)
    return {"warn", fmt::format("! Complete, but {} did not run", counted(counts.not_run, "case"))};
  if (counts.tainted > 0 || document.run.oversubscribed)
    return {"warn", "! Complete, but not all figures are clean"};
  if (counts.verified < counts.ok)
    return {"warn", fmt::format("! Complete, but {} of {} answers were not verified",
                                counts.ok - counts.verified, counts.ok)};
  if (counts.ok < document.cases.size())
    return {"good", fmt::format("✓ Complete: {} of {} measured, every answer of them verified", counts.ok,
                                counted(document.cases.size(), "case"))};
  return {"good", "✓ Complete, every answer verified"};
}

Judgement judgement_of(Document const& document, Counts const& counts) {
  auto const cases = counted(document.cases.size(), "case");
  if (counts.wrong > 0) return {"bad", fmt::format("✗ Wrong answers: {} of {}", counts.wrong, cases)};
  if (document.run.status != RunStatus::complete)
    return {"bad", fmt::format("✗ {} run: {} of {} measured", name(document.run.status), counts.ok, cases)};
  if (counts.failed > 0) return {"bad", fmt::format("✗ {} of {} failed", counts.failed, cases)};
  return complete_judgement(document, counts);
}

std::string coverage_words(Document const& document) {
  if (!document.coverage) return "";
  auto const& coverage = *document.coverage;
  return fmt::format("Nodes: {} planned{}, {} answered, {} good, {} left out.", coverage.planned,
                     coverage.spares > 0 ? fmt::format(" and {} spare", coverage.spares) : "", coverage.seen,
                     coverage.good, coverage.excluded.size());
}

/// Without whom it concerns and how much: "throttled: sw_power_cap (rank 0 on vm)" -> "throttled:
/// sw_power_cap".
std::string kind_of_warning(std::string const& warning) {
  auto const kind = warning.substr(0, warning.find(" ("));
  auto const colon = kind.find(": ");
  return kind.size() > 60 && colon != std::string::npos ? kind.substr(0, colon) : kind;
}

/// "5 cases carry warnings: throttled: sw_power_cap (5), ...".
std::string warning_words(Document const& document, std::size_t warned) {
  constexpr std::size_t most = 4;
  std::map<std::string, std::set<std::string>> kinds;
  for (auto const& result : document.cases) {
    for (auto const& warning : result.warnings) kinds[kind_of_warning(warning)].insert(result.name);
  }
  std::vector<std::pair<std::size_t, std::string>> order;
  for (auto const& [kind, cases] : kinds) order.emplace_back(cases.size(), kind);
  std::ranges::stable_sort(order, std::greater{}, [](auto const& entry) { return entry.first; });
  auto text = counted(warned, "case carries", "cases carry") + " warnings";
  for (std::size_t i = 0; i < std::min(order.size(), most); ++i)
    text += fmt::format("{}{} ({})", i == 0 ? ": " : "; ", order[i].second, counted(order[i].first, "case"));
  return text + (order.size() > most ? "; and others." : ".");
}

std::vector<std::string> lines_of(ReportedResult const& result, Counts const& counts) {
  auto const& document = result.document;
  std::vector<std::string> lines;
  lines.push_back(
      fmt::format("{} of {} measured in {}, the answers of {} verified{}{}.", counts.ok,
                  counted(document.cases.size(), "case"),
                  counted(document.run.launches, "launch", "launches"), counts.verified,
                  counts.unsupported > 0 ? fmt::format(", {} not supported here", counts.unsupported) : "",
                  counts.failed > 0 ? fmt::format(", {} failed", counts.failed) : ""));
  if (auto const words = coverage_words(document); !words.empty()) lines.push_back(words);
  if (document.run.oversubscribed)
    lines.push_back(
        "Oversubscribed: several ranks shared a device or a core, so no figure here is one of performance.");
  if (!document.run.backend_reason.empty())
    lines.push_back("Measured on the host, without a GPU: " + document.run.backend_reason);
  if (counts.tainted > 0)
    lines.push_back(fmt::format("Tainted, so no clean figure: {} (see what went wrong).",
                                counted(counts.tainted, "case")));
  lines.insert(lines.end(), result.remarks.begin(), result.remarks.end());
  return lines;
}

/// Figures of one kind compete for a tile: the products of one type, a memory operation, a collective, the
/// steps of a model.
std::string tile_key(CaseResult const& result) {
  if (result.workload == "gemm") return "gemm " + parameter(result, "type");
  return result.workload + ' ' + parameter(result, "model");
}

bool better(CaseResult const& one, CaseResult const& other) {
  double const a = *figure_value(one), b = *figure_value(other);
  return one.metric.better == Better::lower ? a < b : a > b;
}

/// The best clean one of each kind, in the document's order.
std::vector<CaseResult const*> headliners(Document const& document) {
  constexpr std::size_t most = 10, most_of_family = 5;
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
  std::map<std::string_view, std::size_t> shown;
  std::erase_if(best, [&](auto const* result) { return ++shown[family_of(*result)] > most_of_family; });
  if (best.size() > most) best.resize(most);
  return best;
}

/// "693.8" and "TFLOP/s", so that the unit can be written smaller.
Markup value_and_unit(std::string const& text) {
  auto const space = std::min(text.find(' '), text.size());
  return {text.substr(0, space), element("small", text.substr(space))};
}

Markup tile(CaseResult const& result) {
  Markup content = element("span", {{"class", "what"}}, spoken_name(result));
  content +=
      element("span", {{"class", "value"}}, value_and_unit(human(*figure_value(result), result.metric.unit)));
  auto const limit = limit_words(result);
  if (!limit.empty()) content += element("span", {{"class", "more"}}, limit);
  return element("li", content);
}

}  // namespace

Markup verdict_box(ReportedResult const& result) {
  auto const counts = counts_of(result.document);
  auto const [kind, word] = judgement_of(result.document, counts);
  Markup content = element("p", {{"class", "word"}}, word);
  for (auto const& line : lines_of(result, counts)) content += element("p", line);
  Markup boxes = element("div", {{"class", "verdict " + kind}}, content);
  if (counts.warned > 0)
    boxes += element("div", {{"class", "verdict warn"}},
                     element("p", "! " + warning_words(result.document, counts.warned)));
  return boxes;
}

Markup headline_tiles(ReportedResult const& result) {
  Markup tiles;
  for (auto const* one : headliners(result.document)) tiles += tile(*one);
  return tiles.empty() ? tiles : element("ul", {{"class", "tiles"}}, tiles);
}

}  // namespace muster
