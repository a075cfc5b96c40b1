#include "harness/record/nodes.hpp"

#include <algorithm>
#include <map>
#include <variant>

namespace muster {
namespace {

bool same(DeviceInfo const& a, DeviceInfo const& b) {
  return a.backend == b.backend && (a.uuid.empty() || b.uuid.empty() ? a.index == b.index : a.uuid == b.uuid);
}
bool same(Storage const& a, Storage const& b) { return a.use == b.use && a.path == b.path; }
bool same(Placement const& a, Placement const& b) { return a.rank == b.rank && a.backend == b.backend; }
bool same(Nic const& a, Nic const& b) { return a.name == b.name; }
bool same(std::pair<std::string, std::string> const& a, std::pair<std::string, std::string> const& b) {
  return a.first == b.first;
}

template <class T>
void add_new(std::vector<T>& list, std::vector<T> const& further) {
  for (T const& item : further) {
    if (std::ranges::none_of(list, [&](T const& old) { return same(old, item); })) list.push_back(item);
  }
}

/// Launches of one rank and launches of many see different parts of a node.
void merge(Node& node, Node const& further) {
  node.cpu.usable = std::max(node.cpu.usable, further.cpu.usable);  // a launcher may have bound one of them
  add_new(node.gpus, further.gpus);
  add_new(node.nics, further.nics);
  add_new(node.storage, further.storage);
  add_new(node.placement, further.placement);
  add_new(node.software, further.software);
  add_new(node.env, further.env);
  std::ranges::stable_sort(node.gpus, {}, &DeviceInfo::index);
}

}  // namespace

std::vector<Node> merged_nodes(std::vector<Event> const& events) {
  std::map<std::string, Node> nodes;
  for (Event const& event : events) {
    auto const* started = std::get_if<WorkerStarted>(&event);
    if (!started) continue;
    auto const [found, fresh] = nodes.try_emplace(started->node.name, started->node);
    if (!fresh) merge(found->second, started->node);
  }
  std::vector<Node> list;
  for (auto& [name, node] : nodes) list.push_back(std::move(node));
  return list;
}

}  // namespace muster
