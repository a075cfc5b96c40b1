// Network interfaces that the environment demands for sockets, checked before a library waits on them for
// ever.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

struct Interface {
  std::string name;
  bool up = false;                         ///< and its cable is in
  std::vector<std::uint32_t> addresses{};  ///< IPv4, as a number
};

std::vector<Interface> interfaces_here();

/// Those that NCCL_SOCKET_IFNAME = `demand` means: "eth,ib" are beginnings of names, "=eth0" whole ones,
/// "^lo,docker" those not to be used; all for "".
std::vector<Interface> nccl_means(std::string_view demand, std::vector<Interface> const& here);

/// Likewise of Open MPI's btl_tcp_if_include: whole names and networks ("10.0.0.0/8").
std::vector<Interface> open_mpi_means(std::string_view demand, std::vector<Interface> const& here);

/// Names of those that this process's environment leaves to NCCL's or MPI's sockets; absent: it demands
/// nothing.
std::optional<std::vector<std::string>> demanded_interfaces(bool nccl);

/// What is wrong with NCCL_SOCKET_IFNAME = `demand` here, "problem (why) remedy"; "" when some interface can
/// be used.
std::string nccl_socket_fault(std::string_view demand, std::vector<Interface> const& here);

std::string open_mpi_socket_fault(std::string_view demand, std::vector<Interface> const& here);

/// Of what this process's environment demands of the libraries that it will use; "" when all is well.
std::string socket_fault(bool nccl, bool mpi);

}  // namespace muster
