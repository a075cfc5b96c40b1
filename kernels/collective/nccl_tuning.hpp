// Which algorithm and protocol NCCL chose, from its log (NCCL_DEBUG=INFO, NCCL_DEBUG_SUBSYS=TUNING).
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace muster {

struct NcclChoice {
  std::string algorithm;  ///< "RING", "TREE", "NVLS_TREE", ...; "symmetric kernel"; "copy engine"
  std::string protocol;   ///< "LL", "LL128", "SIMPLE"; the symmetric kernel's name; "" for copy engines
  int channels = 0;       ///< 0: not said
};

/// From one line; nothing where it says no such thing. Knows the lines of NCCL 2.22, 2.23, and 2.24 to 2.30.
std::optional<NcclChoice> nccl_choice_in_line(std::string_view line);

/// The last one in a log.
std::optional<NcclChoice> nccl_choice(std::string_view log);

}  // namespace muster
