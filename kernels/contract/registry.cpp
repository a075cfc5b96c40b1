#include <stdexcept>

#include "kernels/contract/backend.hpp"
#include "kernels/contract/dataset.hpp"
#include "kernels/contract/workload.hpp"

namespace muster {

Registry& Registry::instance() {
  static Registry registry;
  return registry;
}

MakerTable& MakerTable::instance() {
  static MakerTable table;
  return table;
}

DatasetToolsMaker& dataset_tools_maker() {
  static DatasetToolsMaker maker = nullptr;
  return maker;
}

void Registry::add(Workload workload) {
  auto name = workload.name;
  if (!workloads_.emplace(name, std::move(workload)).second) {
    throw std::logic_error("two workloads are called '" + name + "'");
  }
}

Workload const* Registry::find(std::string_view name) const {
  auto const found = workloads_.find(name);
  return found == workloads_.end() ? nullptr : &found->second;
}

std::vector<Workload const*> Registry::all() const {
  std::vector<Workload const*> list;
  for (auto const& [name, workload] : workloads_) list.push_back(&workload);
  return list;
}

}  // namespace muster
