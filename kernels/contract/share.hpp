// How the threads of a team split work.
#pragma once
#include <algorithm>
#include <cstdint>

namespace muster {

struct Share {
  std::uint64_t begin = 0, end = 0;
};

/// Part `index` of `parts` of [0, count): whole multiples of `granule` (all but the last part), as even as
/// they can be.
inline Share share_of(std::uint64_t count, int index, int parts, std::uint64_t granule = 1) {
  std::uint64_t const units = (count + granule - 1) / granule;
  auto const part = static_cast<std::uint64_t>(parts);
  auto const edge = [&](std::uint64_t i) {
    return std::min(count, (units / part * i + units % part * i / part) * granule);
  };
  auto const i = static_cast<std::uint64_t>(index);
  return {edge(i), edge(i + 1)};
}

}  // namespace muster
