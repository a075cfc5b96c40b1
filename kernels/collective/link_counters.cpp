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

}  // namespace

std::uint64_t bytes_sent(fs::path const& root) {
  std::uint64_t total = 0;
  for_each_entry(root / "sys/class/net", [&](fs::path const& interface) {
    if (interface.filename() != "lo") total += number_in(interface / "statistics/tx_bytes");
  });
  constexpr std::uint64_t word = 4;  // InfiniBand counts in units of 4 bytes (IBA 16.1.3.5)
  for_each_entry(root / "sys/class/infiniband", [&](fs::path const& device) {
    for_each_entry(device / "ports", [&](fs::path const& port) {
      total += word * number_in(port / "counters/port_xmit_data");
    });
  });
  return total;
}

}  // namespace muster
