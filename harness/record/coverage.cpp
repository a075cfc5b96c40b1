#include "harness/record/coverage.hpp"

#include <map>
#include <set>
#include <variant>

namespace muster {
namespace {

class Counter {
 public:
  void operator()(NodeSeen const& event) { seen_.insert(event.node.name); }
  void operator()(NodeExcluded const& event) {
    excluded_.insert_or_assign(event.node, ExcludedNode{event.node, event.phase, event.reason});
    good_.erase(event.node);
  }
  void operator()(RunStarted const&) { good_.clear(); }  // a run that is gone on with may be on other nodes
  void operator()(RunPhaseStarted const& event) {
    for (auto const& node : event.nodes) excluded_.erase(node);
    good_.insert(event.nodes.begin(), event.nodes.end());
  }
  void operator()(auto const&) {}

  Coverage coverage(PlannedNodes const& planned) const {
    Coverage coverage{
        planned.count, planned.spares, static_cast<int>(seen_.size()), static_cast<int>(good_.size()), {}};
    for (auto const& [name, node] : excluded_) coverage.excluded.push_back(node);
    return coverage;
  }

 private:
  std::set<std::string> seen_, good_;
  std::map<std::string, ExcludedNode> excluded_;
};

}  // namespace

std::optional<Coverage> coverage_of(Plan const& plan, std::vector<Event> const& events) {
  if (plan.nodes.count == 0) return std::nullopt;
  Counter counter;
  for (auto const& event : events) std::visit(counter, event);
  return counter.coverage(plan.nodes);
}

}  // namespace muster
