// Where a GPU sits in its machine, as the kernel's /sys says.
#pragma once
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <string>

namespace muster {

struct PciPlace {
  std::string
      numa_node;     ///< "0"; "" where unknown (the kernel's -1: a machine without nodes, some containers)
  std::string cpus;  ///< those nearest to the GPU, "0-31,64-95"; "" where unknown
};

/// `address` as CUDA writes it, "0000:3B:00.0". `root` stands in for the file system's in tests.
inline PciPlace pci_place(std::string address, std::filesystem::path const& root = "/") {
  std::ranges::transform(address, address.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  auto const folder = root / "sys/bus/pci/devices" / address;
  auto const first_word = [&](char const* file) {
    std::string word;
    std::ifstream(folder / file) >> word;
    return word;
  };
  auto const node = first_word("numa_node");
  return {node == "-1" ? "" : node, first_word("local_cpulist")};
}

}  // namespace muster
