// What leads from this node to the others, from its interfaces.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "harness/core/document.hpp"
#include "kernels/contract/workload.hpp"

namespace muster {

/// What the environment asks of a backend's library.
struct NetworkDemand {
  bool sockets_only = false;                                  ///< no RDMA
  std::optional<std::vector<std::string>> rdma{}, sockets{};  ///< names that may be used; absent: all
};

/// NCCL: NCCL_IB_DISABLE, NCCL_NET, NCCL_IB_HCA, NCCL_SOCKET_IFNAME, the last of which chooses where ranks
/// find each other, but with RDMA not where data go. MPI: OMPI_MCA_btl_tcp_if_include, which means TCP.
NetworkDemand network_demand(bool nccl, std::vector<Nic> const& nics);

/// The RDMA ports that are active and meant, where there are any; else the interfaces that are up and meant.
/// The rate is 0, and the source says why, where one of them does not tell its own.
Network network_of(std::vector<Nic> const& nics, NetworkDemand const& demand);

}  // namespace muster
