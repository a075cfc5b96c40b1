// What leads from this node to the others, from its interfaces.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "harness/core/document.hpp"
#include "kernels/contract/workload.hpp"

namespace muster {

/// The RDMA ports that are active, where there are any and no interfaces are demanded; else the interfaces
/// that are up, of the demanded ones only (see group/sockets.hpp). The rate is 0, and the source says why,
/// where an interface does not tell its own.
Network network_of(std::vector<Nic> const& nics, std::optional<std::vector<std::string>> const& demanded);

}  // namespace muster
