#include "harness/group/sockets.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <optional>

namespace muster {
namespace {

std::vector<std::string> items(std::string_view list) {
  std::vector<std::string> all;
  while (!list.empty()) {
    auto const comma = std::min(list.find(','), list.size());
    if (comma > 0) all.emplace_back(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return all;
}

std::string names(std::vector<Interface> const& here) {
  std::string text;
  for (auto const& one : here)
    text += fmt::format("{}{}{}", text.empty() ? "" : ", ", one.name, one.up ? "" : " (down)");
  return text.empty() ? "none" : text;
}

/// One interface that is up is enough: lists are made for nodes that differ.
std::string fault(std::string_view variable, std::string_view demand, std::vector<Interface> const& meant,
                  std::vector<Interface> const& here) {
  if (std::ranges::any_of(meant, &Interface::up)) return {};
  return fmt::format(
      "{}={} leaves no network interface to use ({}; here are: {}) name one that is up on every node, "
      "or unset it",
      variable, demand, meant.empty() ? "there is no such interface" : "it is down", names(here));
}

template <class Matches>
std::vector<Interface> those(std::vector<Interface> const& here, Matches const& matches) {
  std::vector<Interface> list;
  std::ranges::copy_if(here, std::back_inserter(list), matches);
  return list;
}

struct Network {
  std::uint32_t address = 0, mask = 0;
};

/// "10.0.0.0/8"; absent for a name.
std::optional<Network> network(std::string const& text) {
  auto const slash = text.find('/');
  in_addr address{};
  int bits = -1;
  if (slash == text.npos || inet_pton(AF_INET, text.substr(0, slash).c_str(), &address) != 1)
    return std::nullopt;
  auto const* const end = text.data() + text.size();
  auto const read = std::from_chars(text.data() + slash + 1, end, bits);
  if (read.ec != std::errc() || read.ptr != end || bits < 0 || bits > 32) return std::nullopt;
  auto const mask = bits == 0 ? 0 : ~std::uint32_t{0} << (32 - bits);
  return Network{ntohl(address.s_addr) & mask, mask};
}

bool item_means(std::string const& item, Interface const& one) {
  auto const wanted = network(item);
  if (!wanted) return item == one.name;
  return std::ranges::any_of(one.addresses,
                             [&](auto address) { return (address & wanted->mask) == wanted->address; });
}

std::string value_of(char const* variable) {
  auto const* value = std::getenv(variable);
  return value ? value : "";
}

}  // namespace

std::vector<Interface> interfaces_here() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return {};
  std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> const owner(list, &freeifaddrs);
  std::vector<Interface> here;
  for (auto const* entry = list; entry; entry = entry->ifa_next) {
    auto found = std::ranges::find(here, entry->ifa_name, &Interface::name);
    if (found == here.end()) found = here.insert(here.end(), {entry->ifa_name});
    found->up = (entry->ifa_flags & IFF_UP) != 0 && (entry->ifa_flags & IFF_RUNNING) != 0;
    if (!entry->ifa_addr || entry->ifa_addr->sa_family != AF_INET) continue;
    found->addresses.push_back(ntohl(reinterpret_cast<sockaddr_in const*>(entry->ifa_addr)->sin_addr.s_addr));
  }
  return here;
}

std::vector<Interface> nccl_means(std::string_view demand, std::vector<Interface> const& here) {
  bool const excludes = demand.starts_with('^');
  auto rest = demand.substr(excludes ? 1 : 0);
  bool const whole = rest.starts_with('=');
  auto const list = items(rest.substr(whole ? 1 : 0));
  if (list.empty()) return here;
  auto const named = [&](Interface const& one) {
    return std::ranges::any_of(
        list, [&](auto const& item) { return whole ? one.name == item : one.name.starts_with(item); });
  };
  return those(here, [&](auto const& one) { return named(one) != excludes; });
}

std::vector<Interface> open_mpi_means(std::string_view demand, std::vector<Interface> const& here) {
  auto const list = items(demand);
  if (list.empty()) return here;
  return those(here, [&](Interface const& one) {
    return std::ranges::any_of(list, [&](auto const& item) { return item_means(item, one); });
  });
}

std::optional<std::vector<std::string>> demanded_interfaces(bool nccl) {
  auto const demand = value_of(nccl ? "NCCL_SOCKET_IFNAME" : "OMPI_MCA_btl_tcp_if_include");
  if (demand.empty()) return std::nullopt;
  auto const here = interfaces_here();
  std::vector<std::string> meant;
  for (auto const& one : nccl ? nccl_means(demand, here) : open_mpi_means(demand, here))
    meant.push_back(one.name);
  return meant;
}

std::string nccl_socket_fault(std::string_view demand, std::vector<Interface> const& here) {
  if (items(demand).empty()) return {};
  return fault("NCCL_SOCKET_IFNAME", demand, nccl_means(demand, here), here);
}

std::string open_mpi_socket_fault(std::string_view demand, std::vector<Interface> const& here) {
  if (items(demand).empty()) return {};
  return fault("OMPI_MCA_btl_tcp_if_include", demand, open_mpi_means(demand, here), here);
}

std::string socket_fault(bool nccl, bool mpi) {
  auto const here = interfaces_here();
  if (here.empty()) return {};  // the kernel does not say: no reason to refuse
  auto const of_nccl = nccl ? nccl_socket_fault(value_of("NCCL_SOCKET_IFNAME"), here) : "";
  if (!of_nccl.empty() || !mpi) return of_nccl;
  return open_mpi_socket_fault(value_of("OMPI_MCA_btl_tcp_if_include"), here);
}

}  // namespace muster
