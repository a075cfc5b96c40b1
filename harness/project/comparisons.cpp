#include "harness/project/comparisons.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>

#include "harness/core/quantities.hpp"
#include "harness/project/hpl_model.hpp"

namespace muster::project {
namespace {

/// The lists whose first ten are known (hpl_model.hpp), and the figures of ranks on them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 2> lists{
    {{"2020-11", "rank_november_2020"}, {"2021-06", "rank_june_2021"}}};

/// "": none is.
std::string_view figure_of_list(std::string_view list) {
  auto const found = std::ranges::find(lists, list, &std::pair<std::string_view, std::string_view>::first);
  return found == lists.end() ? "" : found->second;
}

std::string_view figure_of(Claim const& claim) {
  if (claim.name == "rank") return figure_of_list(claim.list);
  if (claim.name == "switching") return "injection_bandwidth";
  return claim.name;
}

std::string peak_finding(Scenario const& first, ProjectedFigure const& ours) {
  return fmt::format(
      "{:.3g} EFLOP/s is the data sheet's peak, not a measurement: {} nodes x {} GPUs x {:.4g} TFLOP/s",
      ours.band.p50 / 1e18, ours.nodes, first.gpus, first.gpu.fp16_peak.value / 1e12);
}

std::string place(double rank) {
  return rank >= below_the_first_ten ? "below 10" : fmt::format("{:.0f}", rank);
}

std::string rank_finding(Claim const& claim, ProjectedFigure const& ours) {
  bool const inside = claim.said.value >= ours.band.p10 && claim.said.value <= ours.band.p90;
  auto const verdict = claim.measured
                           ? fmt::format("{:.0f} was measured, {} that (its own entry is on the list too)",
                                         claim.said.value, inside ? "within" : "outside")
                           : fmt::format("{:.0f} is {}, but was said, not measured", claim.said.value,
                                         inside ? "plausible" : "not plausible");
  return fmt::format(
      "rank {} in the middle case, {} to {} in eight of ten, by a Linpack rate as published A100 systems "
      "reach: {}",
      place(ours.band.p50), place(ours.band.p10), place(ours.band.p90), verdict);
}

/// Each scenario's NICs; a name where there are several.
std::string switching_finding(Claim const& claim, std::span<ProjectedFigure const> ours) {
  std::string all;
  for (auto const& figure : ours) {
    double const share = figure.band.p50 / claim.said.value;
    all += fmt::format("{}{}all NICs together send {:.2g} times that{}", all.empty() ? "" : "; ",
                       ours.size() > 1 ? figure.scenario + ": " : "", share,
                       share > 1 ? ", which switches of this capacity cannot carry" : "");
  }
  return all;
}

std::string plain_finding(Claim const& claim, ProjectedFigure const& ours) {
  double const off = ours.band.p50 / claim.said.value - 1;
  if (!claim.measured && std::abs(off) < 0.01) return "the same, as described: not a measurement";
  return fmt::format("{:+.0f} % beside what was {}", 100 * off, claim.measured ? "measured" : "said");
}

std::string finding(Claim const& claim, Scenario const& first, std::span<ProjectedFigure const> ours) {
  if (claim.name == "peak_fp16") return peak_finding(first, ours.front());
  if (claim.name == "rank") return rank_finding(claim, ours.front());
  if (claim.name == "switching") return switching_finding(claim, ours);
  return plain_finding(claim, ours.front());
}

std::string nothing_found(Claim const& claim) {
  if (claim.name != "rank" || !figure_of_list(claim.list).empty()) return "nothing here says anything of it";
  return fmt::format("a rank of another list ({}) than those that are known here (2020-11 and 2021-06)",
                     claim.list.empty() ? "not said which" : claim.list);
}

bool alike(ProjectedFigure const& a, ProjectedFigure const& b) {
  return a.nodes == b.nodes && a.band.p10 == b.band.p10 && a.band.p50 == b.band.p50 &&
         a.band.p90 == b.band.p90;
}

std::vector<ProjectedFigure> figures_named(std::string_view name, std::span<ProjectedFigure const> figures) {
  std::vector<ProjectedFigure> found;
  for (auto const& figure : figures) {
    bool const known = std::ranges::any_of(found, [&](auto const& one) { return alike(one, figure); });
    if (figure.name == name && !known) found.push_back(figure);
  }
  return found;
}

}  // namespace

std::vector<Comparison> comparisons(std::span<Claim const> claims, std::span<ProjectedFigure const> figures,
                                    Scenario const& first) {
  std::vector<Comparison> all;
  for (auto const& claim : claims) {
    Comparison one{claim, figures_named(figure_of(claim), figures), nothing_found(claim)};
    if (!one.ours.empty() && claim.said.value > 0) one.finding = finding(claim, first, one.ours);
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace muster::project
