// The NVLinks of one GPU: how many are up, and what has gone wrong on them.
#pragma once
#include <cstdint>
#include <optional>

#include "harness/device/nvml/nvml_device.hpp"

namespace muster {

struct NvLinks {
  int present = 0, active = 0;
  int version = 0;  ///< major version of those that are up; 0: none is, or NVML does not say
  /// Replays, recoveries, CRC errors of flits and data and ECC errors, over all links, since the counters
  /// were last reset; absent where not one counter can be read (GPUs since Blackwell count differently).
  std::optional<std::uint64_t> errors{};
};

/// Absent where no link answers: a GPU without NVLink, or a driver that does not know the question.
std::optional<NvLinks> nvlinks_of(NvmlDevice const& device);
/// The same without `errors`, which take five questions a link.
std::optional<NvLinks> nvlink_states_of(NvmlDevice const& device);

}  // namespace muster
