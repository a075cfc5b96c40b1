#include "harness/run/network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

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

}  // namespace

Network network_of(std::vector<Nic> const& nics, std::optional<std::vector<std::string>> const& demanded) {
  auto const ports = chosen(nics, [](Nic const& nic) { return nic.state == "active"; });
  if (!ports.empty() && !demanded) return sum_of(ports, true);
  auto const interfaces = chosen(nics, [&](Nic const& nic) {
    bool const meant = !demanded || std::ranges::find(*demanded, nic.name) != demanded->end();
    return nic.state == "up" && meant;
  });
  if (interfaces.empty()) return {.source = "no interface is up"};
  return sum_of(interfaces, false);
}

}  // namespace muster
