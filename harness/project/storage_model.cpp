#include "harness/project/storage_model.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "harness/project/model_error.hpp"

namespace muster::project {
namespace {

constexpr double no_limit = std::numeric_limits<double>::infinity();

}  // namespace

bool fits_in_memory(StoragePart const& storage, int nodes) {
  auto const& data = storage.data ? storage.data : storage.capacity;
  return data && storage.cache_bytes && data->value / nodes <= storage.cache_bytes->value;
}

double first_read_rate(Scenario const& scenario, int nodes, double pull) {
  if (!scenario.storage) return no_limit;
  auto const& storage = *scenario.storage;
  double const shared = storage.bandwidth.value / nodes;
  double const own = storage.node_bandwidth ? storage.node_bandwidth->value : no_limit;
  return std::min(shared, own) * std::exp(-doubt::storage * pull);
}

double node_read_rate(Scenario const& scenario, int nodes, double pull) {
  bool const cached =
      scenario.storage && scenario.storage->cached && fits_in_memory(*scenario.storage, nodes);
  return cached ? no_limit : first_read_rate(scenario, nodes, pull);
}

}  // namespace muster::project
