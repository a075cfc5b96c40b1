#include "kernels/memory/numa.hpp"

#include <fmt/format.h>
#include <linux/mempolicy.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "kernels/contract/error.hpp"
#include "kernels/host/id_list.hpp"

namespace muster {

namespace {

namespace fs = std::filesystem;

std::string first_line(fs::path const& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

// "Node 0 MemTotal:       65536 kB"
std::uint64_t memory_of(fs::path const& node) {
  std::ifstream in(node / "meminfo");
  for (std::string line; std::getline(in, line);) {
    auto const at = line.find("MemTotal:");
    if (at != std::string::npos) return std::stoull(line.substr(at + 9)) << 10;
  }
  return 0;
}

NumaNode read_node(fs::path const& folder, int id) {
  NumaNode node{
      .id = id, .cpus = parse_id_list(first_line(folder / "cpulist")), .memory_bytes = memory_of(folder)};
  std::istringstream distances(first_line(folder / "distance"));
  for (int distance = 0; distances >> distance;) node.distances.push_back(distance);
  return node;
}

}  // namespace

Numa read_numa(fs::path const& sys) {
  Numa numa;
  fs::path const folder = sys / "devices/system/node";
  std::string const online = first_line(folder / "online");
  for (int const id : parse_id_list(online))
    numa.nodes.push_back(read_node(folder / fmt::format("node{}", id), id));
  return numa;
}

std::optional<int> Numa::node_of_cpu(int cpu) const {
  for (auto const& node : nodes) {
    if (std::ranges::find(node.cpus, cpu) != node.cpus.end()) return node.id;
  }
  return std::nullopt;
}

std::optional<int> Numa::farthest_from(int node) const {
  auto const from = std::ranges::find(nodes, node, &NumaNode::id);
  if (from == nodes.end()) return std::nullopt;
  std::optional<int> farthest;
  int most = -1;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    int const distance = i < from->distances.size() ? from->distances[i] : 0;
    if (nodes[i].id == node || nodes[i].memory_bytes == 0 || distance <= most) continue;
    most = distance;
    farthest = nodes[i].id;
  }
  return farthest;
}

std::vector<int> Numa::with_memory() const {
  std::vector<int> ids;
  for (auto const& node : nodes) {
    if (node.memory_bytes > 0) ids.push_back(node.id);
  }
  return ids;
}

std::optional<int> node_of_pci(std::string pci, fs::path const& sys) {
  std::ranges::transform(pci, pci.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  std::string const text = first_line(sys / "bus/pci/devices" / pci / "numa_node");
  if (text.empty() || text == "-1") return std::nullopt;
  return parse_id_list(text).front();
}

NodeMemory::NodeMemory(std::uint64_t bytes, std::optional<int> node) : bytes_(bytes) {
  if (bytes == 0) return;
  void* const memory = mmap(nullptr, static_cast<std::size_t>(bytes), PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    throw OutOfMemory(fmt::format("{} bytes of host memory cannot be had ({}) use a smaller case", bytes,
                                  std::strerror(errno)));
  }
  data_ = static_cast<std::byte*>(memory);
  // A refusal of huge pages costs speed only, and the system's own setting is the user's choice.
  static_cast<void>(madvise(data_, static_cast<std::size_t>(bytes), MADV_HUGEPAGE));
  if (!node) return;
  constexpr std::size_t bits = 8 * sizeof(unsigned long);
  auto const index = static_cast<std::size_t>(*node);
  std::vector<unsigned long> mask(index / bits + 1);
  mask[index / bits] = 1UL << index % bits;
  if (syscall(SYS_mbind, data_, bytes, MPOL_BIND, mask.data(), mask.size() * bits + 1, 0) == 0) return;
  std::string const reason = std::strerror(errno);
  munmap(data_, static_cast<std::size_t>(bytes));
  throw Unsupported(
      fmt::format("memory cannot be placed on NUMA node {} (mbind: {}) allow the process that node, and in "
                  "a container the capability SYS_NICE",
                  *node, reason));
}

NodeMemory::~NodeMemory() {
  if (data_ != nullptr) munmap(data_, static_cast<std::size_t>(bytes_));
}

std::optional<int> NodeMemory::node() const {
  int found = -1;
  if (syscall(SYS_get_mempolicy, &found, nullptr, 0UL, data_, MPOL_F_NODE | MPOL_F_ADDR) != 0)
    return std::nullopt;
  return found;
}

}  // namespace muster
