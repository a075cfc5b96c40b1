#include "kernels/dataload/threads_host.hpp"

#include <pthread.h>

#include <cstddef>

namespace muster::dataload {

std::vector<cpu_set_t> places_of(Team& team) {
  std::vector<cpu_set_t> places(static_cast<std::size_t>(team.size()));
  team.run([&](int thread) {
    auto& place = places[static_cast<std::size_t>(thread)];
    CPU_ZERO(&place);
    pthread_getaffinity_np(pthread_self(), sizeof place, &place);
  });
  return places;
}

void stay_on(cpu_set_t const& place) {
  if (CPU_COUNT(&place) > 0) pthread_setaffinity_np(pthread_self(), sizeof place, &place);
}

}  // namespace muster::dataload
