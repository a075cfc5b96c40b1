#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>
#include <sstream>

#include "harness/record/environment_parts.hpp"
#include "harness/record/file_descriptor.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;

/// Of the device or, for one on a virtual bus (virtio), of the PCI device above it; -1 where the kernel does
/// not say.
int numa_node(fs::path const& device) {
  auto const own = number_in(device / "numa_node");
  return static_cast<int>(own ? *own : number_in(device / ".." / "numa_node").value_or(-1));
}

constexpr std::int64_t arp_infiniband = 32;  // ARPHRD_INFINIBAND of if_arp.h: IP over InfiniBand

Nic interface(std::string const& name, fs::path const& folder) {
  Nic nic;
  nic.name = name;
  nic.state = first_line(folder / "operstate");
  nic.fabric = number_in(folder / "type") == arp_infiniband ? "infiniband" : "ethernet";
  nic.driver = link_name(folder / "device" / "driver");
  auto const megabits = number_in(folder / "speed").value_or(0);  // -1 or unreadable while down, or in a VM
  nic.bits_per_second = megabits > 0 ? 1e6 * static_cast<double>(megabits) : 0;
  nic.numa = numa_node(folder / "device");
  return nic;
}

std::vector<Nic> interfaces(fs::path const& all, std::string (*firmware)(std::string const&)) {
  std::vector<Nic> physical, virtual_up;
  std::error_code failed;
  for (auto const& name : names_in(all)) {
    if (name == "lo" || !fs::is_directory(all / name, failed)) continue;  // bonding_masters is a file
    Nic nic = interface(name, all / name);
    if (fs::exists(all / name / "device", failed)) {
      nic.firmware = firmware(name);
      physical.push_back(std::move(nic));
    } else if (nic.state == "up") {
      nic.driver = "virtual";
      virtual_up.push_back(std::move(nic));
    }
  }
  return physical.empty() ? virtual_up : physical;
}

/// "200 Gb/sec (4X HDR)" -> 2e11; 0 where it does not start so.
double rate(std::string const& text) {
  std::istringstream words(text);
  double value = 0;
  std::string unit;
  words >> value >> unit;
  return unit == "Gb/sec" ? 1e9 * value : 0;
}

/// "4: ACTIVE" -> "active".
std::string port_state(std::string text) {
  if (auto const colon = text.find(": "); colon != text.npos) text.erase(0, colon + 2);
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

Nic rdma_port(std::string const& name, fs::path const& device, std::string const& port) {
  fs::path const folder = device / "ports" / port;
  Nic nic;
  nic.name = port == "1" ? name : name + ":" + port;
  nic.driver = link_name(device / "device" / "driver");
  nic.state = port_state(first_line(folder / "state"));
  nic.fabric = first_line(folder / "link_layer") == "Ethernet" ? "ethernet" : "infiniband";
  nic.bits_per_second = rate(first_line(folder / "rate"));
  nic.numa = numa_node(device / "device");
  nic.firmware = first_line(device / "fw_ver");
  return nic;
}

}  // namespace

std::string interface_firmware(std::string const& interface) {
  ifreq request{};
  if (interface.size() >= sizeof request.ifr_name) return {};
  FileDescriptor const any_socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ethtool_drvinfo told{};
  told.cmd = ETHTOOL_GDRVINFO;
  std::memcpy(request.ifr_name, interface.c_str(), interface.size());
  request.ifr_data = reinterpret_cast<char*>(&told);
  if (::ioctl(any_socket.get(), SIOCETHTOOL, &request) != 0) return {};
  std::string const firmware(told.fw_version, ::strnlen(told.fw_version, sizeof told.fw_version));
  return firmware == "N/A" ? "" : firmware;  // what some drivers say in place of nothing
}

std::vector<Nic> describe_nics(Roots const& roots, std::string (*firmware)(std::string const&)) {
  std::vector<Nic> nics = interfaces(roots.sys / "class/net", firmware);
  fs::path const rdma = roots.sys / "class/infiniband";
  for (auto const& name : names_in(rdma)) {
    for (auto const& port : names_in(rdma / name / "ports"))
      nics.push_back(rdma_port(name, rdma / name, port));
  }
  return nics;
}

}  // namespace muster
