#include "harness/run/network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "harness/group/sockets.hpp"

namespace muster {
namespace {

Network sum_of(std::vector<Nic> const& nics, bool rdma) {
  Network network{.rdma = rdma};
  for (auto const& nic : nics) {
    network.source += (network.source.empty() ? "" : ", ") + nic.name;
    if (nic.bits_per_second <= 0) return {.source = nic.name + " does not say how fast it is"};
    network.source += fmt::format(" {:g} Gb/s", nic.bits_per_second / 1e9);
    network.bytes_per_second += nic.bits_per_second / 8;
    ++network.ports;
  }
  return network;
}

std::vector<Nic> chosen(std::vector<Nic> const& nics, auto const& wanted) {
  std::vector<Nic> list;
  std::ranges::copy_if(nics, std::back_inserter(list), wanted);
  return list;
}

bool is_meant(std::string const& name, std::optional<std::vector<std::string>> const& names) {
  return !names || std::ranges::find(*names, name) != names->end();
}

std::string value_of(char const* variable) {
  auto const* value = std::getenv(variable);
  return value ? value : "";
}

/// NCCL_IB_HCA reads as NCCL_SOCKET_IFNAME does; ":1" behind a name is its port.
std::vector<std::string> meant_hcas(std::string demand, std::vector<Nic> const& nics) {
  for (auto at = demand.find(':'); at != demand.npos; at = demand.find(':', at))
    demand.erase(at, demand.find(',', at) - at);
  std::vector<Interface> here;
  for (auto const& nic : nics) here.push_back({.name = nic.name, .up = true});
  std::vector<std::string> names;
  for (auto const& one : nccl_means(demand, here)) names.push_back(one.name);
  return names;
}

}  // namespace

NetworkDemand network_demand(bool nccl, std::vector<Nic> const& nics) {
  NetworkDemand demand{.sockets = demanded_interfaces(nccl)};
  if (!nccl) {
    demand.sockets_only = demand.sockets.has_value();
    return demand;
  }
  demand.sockets_only = value_of("NCCL_IB_DISABLE") == "1" || value_of("NCCL_NET") == "Socket";
  if (auto const hcas = value_of("NCCL_IB_HCA"); !hcas.empty()) demand.rdma = meant_hcas(hcas, nics);
  return demand;
}

Network network_of(std::vector<Nic> const& nics, NetworkDemand const& demand) {
  auto const ports =
      chosen(nics, [&](Nic const& nic) { return nic.state == "active" && is_meant(nic.name, demand.rdma); });
  if (!ports.empty() && !demand.sockets_only) return sum_of(ports, true);
  auto const interfaces =
      chosen(nics, [&](Nic const& nic) { return nic.state == "up" && is_meant(nic.name, demand.sockets); });
  if (interfaces.empty()) return {.source = "no interface is up"};
  return sum_of(interfaces, false);
}

}  // namespace muster
