#include "harness/record/nodes.hpp"

#include <algorithm>

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

void NodeMerger::add(Node const& node) {
  auto const [found, fresh] = nodes_.try_emplace(node.name, node);
  if (!fresh) merge(found->second, node);
}

std::vector<Node> NodeMerger::nodes() const {
  std::vector<Node> list;
  for (auto const& [name, node] : nodes_) list.push_back(node);
  return list;
}

}  // namespace muster
