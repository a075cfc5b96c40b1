#include "kernels/collective/link_counters.hpp"

#include <fstream>

namespace muster {

namespace {

namespace fs = std::filesystem;

std::uint64_t number_in(fs::path const& file) {
  std::uint64_t number = 0;
  std::ifstream(file) >> number;
  return number;
}

template <class Action>
void for_each_entry(fs::path const& folder, Action const& action) {
  std::error_code missing;  // no such class of devices: nothing to count
  for (auto const& entry : fs::directory_iterator(folder, missing)) action(entry.path());
}

/// Has it others below it (a bond, a bridge, a VLAN), or above it that count the same bytes? Those below
/// count.
bool stands_on_others(fs::path const& interface) {
  bool lower = false;
  for_each_entry(interface, [&](fs::path const& entry) {
    lower = lower || entry.filename().string().starts_with("lower_");
  });
  return lower;
}

std::uint64_t sent_by_rdma(fs::path const& devices) {
  constexpr std::uint64_t word = 4;  // InfiniBand counts in units of 4 bytes (IBA 16.1.3.5)
  std::uint64_t total = 0;
  for_each_entry(devices, [&](fs::path const& device) {
    for_each_entry(device / "ports", [&](fs::path const& port) {
      total += word * number_in(port / "counters/port_xmit_data");
    });
  });
  return total;
}

}  // namespace

std::uint64_t bytes_sent(fs::path const& root) {
  if (auto const rdma = sent_by_rdma(root / "sys/class/infiniband"); rdma > 0) return rdma;
  std::uint64_t total = 0;
  for_each_entry(root / "sys/class/net", [&](fs::path const& interface) {
    bool const counts = interface.filename() != "lo" && !stands_on_others(interface);
    if (counts) total += number_in(interface / "statistics/tx_bytes");
  });
  return total;
}

}  // namespace muster
