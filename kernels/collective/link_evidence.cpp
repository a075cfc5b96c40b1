#include "kernels/collective/link_evidence.hpp"

#include <algorithm>
#include <utility>

namespace muster {

namespace {

constexpr std::size_t few_nodes = 5;

}  // namespace

double median_rate(std::vector<double> values) {
  if (values.empty()) return 0;
  auto const middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

void LinkEvidence::add(NodePair pair, RailRates rates) {
  of_node_.at(static_cast<std::size_t>(pair.a)).push_back({pair.b, rates});
  of_node_.at(static_cast<std::size_t>(pair.b)).push_back({pair.a, rates});
  pairs_[pair].push_back(std::move(rates));
}

void LinkEvidence::set_limit(double margin) {
  std::vector<double> all;
  for (auto const& [pair, list] : pairs_) {
    for (auto const& rates : list) all.insert(all.end(), rates.begin(), rates.end());
  }
  median_ = median_rate(std::move(all));
  usual_ = of_node_.size() <= few_nodes ? median_rate(typical_of_each()) : median_;
  limit_ = (1 - margin) * usual_;
}

std::vector<double> LinkEvidence::typical_of_each() const {
  std::vector<double> all;
  for (auto const& meetings : of_node_) {
    for (int rail = 0; rail < rails_ && !meetings.empty(); ++rail) {
      std::vector<double> rates;
      for (auto const& meeting : meetings) rates.push_back(meeting.on(rail));
      auto const middle = rates.begin() + static_cast<std::ptrdiff_t>(rates.size() / 2);
      std::ranges::nth_element(rates, middle);
      all.push_back(*middle);
    }
  }
  return all;
}

bool LinkEvidence::cleared(int node, int rail) const {
  return std::ranges::any_of(of(node), [&](Meeting const& meeting) { return !slow(meeting.on(rail)); });
}

bool LinkEvidence::guilty(int node, int rail) const {
  if (cleared(node, rail)) return false;
  return std::ranges::any_of(of(node),
                             [&](Meeting const& meeting) { return cleared(meeting.partner, rail); });
}

bool LinkEvidence::suspect(int node) const {
  return std::ranges::any_of(of(node), [this](Meeting const& meeting) {
    return std::ranges::any_of(meeting.rates, [this](double rate) { return slow(rate); });
  });
}

std::set<int> LinkEvidence::open_rails(int node) const {
  std::set<int> rails;
  for (int rail = 0; rail < rails_ && !of(node).empty(); ++rail) {
    if (!cleared(node, rail)) rails.insert(rail);
  }
  return rails;
}

double LinkEvidence::best(int node, int rail) const {
  double best = 0;
  for (auto const& meeting : of(node)) best = std::max(best, meeting.on(rail));
  return best;
}

std::vector<int> LinkEvidence::unexplained_rails(NodePair pair) const {
  std::vector<int> rails;
  for (int rail = 0; rail < rails_; ++rail) {
    bool const was_slow = std::ranges::any_of(pairs_.at(pair), [&](RailRates const& rates) {
      return slow(rates.at(static_cast<std::size_t>(rail)));
    });
    if (was_slow && !guilty(pair.a, rail) && !guilty(pair.b, rail)) rails.push_back(rail);
  }
  return rails;
}

}  // namespace muster
