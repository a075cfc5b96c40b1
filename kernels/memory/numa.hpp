// Which memory is near to which CPUs and to which GPU, and memory that lies on a node of choice. Linux only;
// the system's own calls, as libnuma is not everywhere.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace muster {

struct NumaNode {
  int id = 0;
  std::vector<int> cpus{};
  std::uint64_t memory_bytes = 0;  ///< 0: a node of CPUs alone
  std::vector<int> distances{};    ///< to the nodes, in the order of Numa::nodes; 10 is its own
};

/// What /sys says; without nodes where the kernel knows none.
struct Numa {
  std::vector<NumaNode> nodes{};  ///< by id

  /// Node of a CPU; absent where it belongs to none.
  std::optional<int> node_of_cpu(int cpu) const;
  /// The node with memory that is farthest from `node`, by the distances that the firmware reports; of
  /// equally far ones the first. Absent where no other node has memory.
  std::optional<int> farthest_from(int node) const;
  std::vector<int> with_memory() const;  ///< ids
};

/// `sys`: "/sys", or a tree like it.
Numa read_numa(std::filesystem::path const& sys = "/sys");

/// Node that the PCI device ("0000:81:00.0", in either case) is attached to; absent where the firmware does
/// not say (-1) or there is no such device.
std::optional<int> node_of_pci(std::string pci, std::filesystem::path const& sys = "/sys");

/// Page-aligned memory of the host that belongs to one node: the pages that whoever writes first gets lie
/// there.
class NodeMemory {
 public:
  NodeMemory() = default;
  /// `node` absent: wherever the thread that writes first runs. Throws OutOfMemory; Unsupported when the
  /// system refuses to place memory (a container without the right to).
  NodeMemory(std::uint64_t bytes, std::optional<int> node);
  NodeMemory(NodeMemory&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  NodeMemory& operator=(NodeMemory&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~NodeMemory();

  std::byte* data() const { return data_; }
  std::uint64_t bytes() const { return bytes_; }
  /// Node that the first page lies on (it is made if nobody has written it yet); absent where the system does
  /// not tell.
  std::optional<int> node() const;

 private:
  std::byte* data_ = nullptr;
  std::uint64_t bytes_ = 0;
};

}  // namespace muster
