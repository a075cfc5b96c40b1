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

/// A claim's name, and the figure's that it is about.
constexpr std::array<std::pair<std::string_view, std::string_view>, 2> other_names{
    {{"rank", "rank_november_2020"}, {"switching", "injection_bandwidth"}}};

std::string_view figure_of(std::string_view claim) {
  auto const found =
      std::ranges::find(other_names, claim, &std::pair<std::string_view, std::string_view>::first);
  return found == other_names.end() ? claim : found->second;
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
  return fmt::format(
      "rank {} in the middle case, {} to {} in eight of ten, by a Linpack rate as published A100 systems "
      "reach: {:.0f} is {}; nobody submitted one",
      place(ours.band.p50), place(ours.band.p10), place(ours.band.p90), claim.said.value,
      inside ? "plausible" : "not plausible");
}

std::string switching_finding(Claim const& claim, ProjectedFigure const& ours) {
  double const share = ours.band.p50 / claim.said.value;
  return fmt::format("all NICs together send {:.2g} times that{}", share,
                     share > 1 ? ": switches of this capacity cannot carry it" : "");
}

std::string plain_finding(Claim const& claim, ProjectedFigure const& ours) {
  double const off = ours.band.p50 / claim.said.value - 1;
  if (std::abs(off) < 0.01) return "the same, as described: not a measurement";
  return fmt::format("{:+.0f} % of what was said", 100 * off);
}

std::string finding(Claim const& claim, Scenario const& first, ProjectedFigure const& ours) {
  if (claim.name == "peak_fp16") return peak_finding(first, ours);
  if (claim.name == "rank") return rank_finding(claim, ours);
  if (claim.name == "switching") return switching_finding(claim, ours);
  return plain_finding(claim, ours);
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
    Comparison one{claim, figures_named(figure_of(claim.name), figures), "nothing here says anything of it"};
    if (!one.ours.empty() && claim.said.value > 0) one.finding = finding(claim, first, one.ours.front());
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace muster::project
