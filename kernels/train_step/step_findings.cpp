#include "kernels/train_step/step_findings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <span>

namespace muster::train {

void StepFindings::add(double ratio, std::string detail) {
  ratio_ = std::max(ratio_, ratio);
  if (ratio > 1) details_.push_back(std::move(detail));
}

void StepFindings::merge(StepFindings const& other) {
  ratio_ = std::max(ratio_, other.ratio_);
  details_.insert(details_.end(), other.details_.begin(), other.details_.end());
}

Verdict StepFindings::verdict(std::string method) const {
  constexpr std::size_t most = 4;
  auto const first = std::span(details_).first(std::min(most, details_.size()));
  auto text = fmt::format("{}", fmt::join(first, "; "));
  if (details_.size() > most) text += fmt::format("; and {} more", details_.size() - most);
  return Verdict::judge(std::move(method), ratio_, 1, std::move(text));
}

double WorstElement::ratio_of(double error, double limit) {
  if (error == 0) return 0;  // right even where the limit is 0
  double const ratio = std::abs(error) / limit;
  return ratio <= StepFindings::beyond ? ratio : StepFindings::beyond;
}

std::string WorstElement::described(std::string const& where, double got, double expected, double limit) {
  return fmt::format("{}: got {:.9g}, expected {:.9g} +- {:.2g}", where, got, expected, limit);
}

void WorstElement::report(StepFindings& findings, std::string const& what) const {
  findings.add(ratio_, fmt::format("{}, {}", what, detail_));
}

Dot dot(std::vector<double> const& left, std::vector<double> const& right) {
  double sum = 0, lefts = 0, rights = 0;
  for (std::size_t k = 0; k < left.size(); ++k) {
    sum += left[k] * right[k];
    lefts += left[k] * left[k];
    rights += right[k] * right[k];
  }
  return {sum, std::sqrt(lefts * rights), left.size()};
}

StepLimits::StepLimits(Type type) : unit(type == Type::bf16 ? 0x1p-8 : 0x1p-24), cut(type == Type::bf16) {}

double StepLimits::stored(double expected) const { return 1.5 * unit * size(expected) + tiny; }

double StepLimits::product(Dot const& exact) const {
  double const root = std::sqrt(static_cast<double>(exact.count));
  double const blocks = static_cast<double>(exact.count) / 8;
  double const spread = (cut ? 32 : 4) * (1 + 4 / root) + (cut ? 2.5 * blocks / root : 0);
  double const lost = static_cast<double>(exact.count) * tiny;
  return stored(exact.value) + lost +
         single * (spread * exact.norms + (cut ? blocks : root) * size(exact.value));
}

double StepLimits::sum(double expected, double norm, std::uint64_t terms) const {
  double const root = std::sqrt(static_cast<double>(terms));
  return formula(expected) + static_cast<double>(terms) * tiny +
         (root + 4) * single * (norm + size(expected));
}

double StepLimits::over_ranks(double expected, double norm, int ranks) const {
  double const additions = std::sqrt(static_cast<double>(ranks - 1));
  return stored(expected) + 3 * additions * unit * std::max(norm, size(expected));
}

}  // namespace muster::train
