#include "harness/record/document_faults.hpp"

#include <fmt/format.h>

#include <set>

#include "harness/record/fields.hpp"

namespace muster {
namespace {

constexpr std::size_t most_faults = 20;
constexpr int most_ranks = 1 << 24, most_launches = 1 << 20;

class Faults {
 public:
  template <class... Parts>
  void add(fmt::format_string<Parts...> problem, Parts&&... parts) {
    if (list.size() < most_faults)
      list.push_back(place + fmt::format(problem, std::forward<Parts>(parts)...));
  }
  void count(char const* key, int value, int lowest, int highest) {
    if (value < lowest || value > highest) add("{}: {} (expected {} to {})", key, value, lowest, highest);
  }

  std::string place;  ///< "cases[3]."
  std::vector<std::string> list;
};

/// The unit that a rate of this quantity has; "" where workloads choose.
std::string_view unit_of(Quantity quantity) {
  switch (quantity) {
    case Quantity::flops:
      return "FLOP/s";
    case Quantity::bytes:
    case Quantity::wire_bytes:
      return "B/s";
    case Quantity::items:
      return "";
  }
  return "";
}

void check_units(CaseResult const& result, Faults& faults) {
  auto const wanted = unit_of(result.metric.quantity);
  if (!wanted.empty() && result.metric.unit != wanted) {
    faults.add("metric.unit: '{}' (a rate of {} is in {})", result.metric.unit, word(result.metric.quantity),
               wanted);
  }
  if (result.bound && result.bound->unit != result.metric.unit) {
    faults.add("bound.unit: '{}' (a bound is in the metric's unit, '{}')", result.bound->unit,
               result.metric.unit);
  }
}

void check_launches(CaseResult const& result, Faults& faults) {
  std::set<int> seen;
  for (std::size_t i = 0; i < result.launches.size(); ++i) {
    int const index = result.launches[i].index;
    if (index < 0 || index >= most_launches)
      faults.add("launches[{}].index: {} (launches are counted from 0)", i, index);
    if (!seen.insert(index).second) faults.add("launches[{}].index: {} for the second time", i, index);
  }
}

void check_ranks(CaseResult const& result, Faults& faults) {
  for (std::size_t i = 0; i < result.rank_figures.size(); ++i) {
    auto const& rank = result.rank_figures[i];
    if (rank.rank < 0 || rank.rank >= most_ranks)
      faults.add("ranks[{}].rank: {} (ranks are counted from 0)", i, rank.rank);
    if (rank.launch < 0 || rank.launch >= most_launches)
      faults.add("ranks[{}].launch: {} (launches are counted from 0)", i, rank.launch);
  }
}

void check_case(CaseResult const& result, Faults& faults) {
  if (result.name.empty()) faults.add("name: empty");
  faults.count("rank_count", result.ranks, 0, most_ranks);
  faults.count("planned_launches", result.planned_launches, 0, most_launches);
  if (!result.launches.empty()) check_units(result, faults);
  check_launches(result, faults);
  check_ranks(result, faults);
}

}  // namespace

std::vector<std::string> document_faults(Document const& document) {
  Faults faults;
  faults.count("run.plan.launches", document.run.launches, 0, most_launches);
  for (std::size_t i = 0; i < document.cases.size() && faults.list.size() < most_faults; ++i) {
    faults.place = fmt::format("cases[{}].", i);
    check_case(document.cases[i], faults);
  }
  return std::move(faults.list);
}

}  // namespace muster
