// What a node's ports have sent, read from a copy of /sys.
#include "kernels/collective/link_counters.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "tests/unit/temporary_folder.hpp"

namespace muster {
namespace {

void put(std::filesystem::path const& file, std::string const& text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << text << '\n';
}

TEST(LinkCounters, AddInterfacesButNotTheLoopbackNorWhatStandsOnOthers) {
  TemporaryFolder const root;
  auto const net = root.path() / "sys/class/net";
  put(net / "lo/statistics/tx_bytes", "1000000");
  put(net / "eth0/statistics/tx_bytes", "500");
  put(net / "eth1/statistics/tx_bytes", "70");
  put(net / "bond0/statistics/tx_bytes", "570");
  std::filesystem::create_directories(net / "bond0/lower_eth0");
  EXPECT_EQ(bytes_sent(root.path()), 570U);
}

TEST(LinkCounters, RdmaPortsCountInPlaceOfTheInterfacesBesideThem) {
  TemporaryFolder const root;
  put(root.path() / "sys/class/net/ib0/statistics/tx_bytes", "70");
  auto const devices = root.path() / "sys/class/infiniband";
  put(devices / "mlx5_0/ports/1/counters/port_xmit_data", "100");  // words of 4 bytes
  put(devices / "mlx5_1/ports/1/counters/port_xmit_data", "11");
  EXPECT_EQ(bytes_sent(root.path()), 444U);
}

TEST(LinkCounters, NothingThatCountsIsZero) {
  TemporaryFolder const root;
  EXPECT_EQ(bytes_sent(root.path()), 0U);
}

}  // namespace
}  // namespace muster
