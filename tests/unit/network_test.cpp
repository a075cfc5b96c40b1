// What leads to other nodes, from lists of interfaces.
#include "harness/run/network.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace muster {
namespace {

Nic nic(std::string name, std::string state, double gigabits, std::string fabric = "ethernet") {
  Nic one;
  one.name = std::move(name);
  one.state = std::move(state);
  one.fabric = std::move(fabric);
  one.bits_per_second = gigabits * 1e9;
  return one;
}

TEST(Network, ActiveRdmaPortsCountAndNotTheInterfacesBesideThem) {
  auto const network = network_of(
      {nic("ib0", "up", 200, "infiniband"), nic("eth0", "up", 10), nic("mlx5_0", "active", 200, "infiniband"),
       nic("mlx5_1", "active", 200, "infiniband"), nic("mlx5_2", "down", 200, "infiniband")},
      {});
  EXPECT_DOUBLE_EQ(network.bytes_per_second, 50e9);
  EXPECT_EQ(network.ports, 2);
  EXPECT_TRUE(network.rdma);
  EXPECT_EQ(network.source, "mlx5_0 200 Gb/s, mlx5_1 200 Gb/s");
}

TEST(Network, InterfacesThatAreUpCountWhereThereIsNoRdma) {
  auto const network =
      network_of({nic("eth0", "up", 10), nic("eth1", "down", 25), nic("eth2", "up", 25)}, {});
  EXPECT_DOUBLE_EQ(network.bytes_per_second, 35e9 / 8);
  EXPECT_FALSE(network.rdma);
}

TEST(Network, OnlyTheInterfacesThatWereAskedForCount) {
  std::vector<Nic> const nics{nic("eth0", "up", 10), nic("docker0", "up", 1), nic("mlx5_0", "active", 200)};
  auto const network = network_of(nics, {.sockets_only = true, .sockets = {{"eth0"}}});
  EXPECT_EQ(network.source, "eth0 10 Gb/s");
  EXPECT_FALSE(network.rdma);
  EXPECT_EQ(network_of(nics, {.sockets_only = true, .sockets = {{"ib0"}}}).source, "no interface is up");
}

/// An environment variable for the length of a scope.
class Set {
 public:
  Set(char const* name, char const* value) : name_(name) { setenv(name, value, 1); }
  ~Set() { unsetenv(name_); }
  Set(Set const&) = delete;
  Set& operator=(Set const&) = delete;

 private:
  char const* name_;
};

// As most clusters have it: ranks find each other by eth0, and data go over the fabric all the same.
TEST(Network, TheInterfaceOfNcclsBootstrapIsNotWhereDataGoWhenThereIsRdma) {
  std::vector<Nic> const nics{nic("eth0", "up", 10), nic("mlx5_0", "active", 200),
                              nic("mlx5_1", "active", 200), nic("mlx5_9", "active", 100)};
  Set const socket("NCCL_SOCKET_IFNAME", "eth0");
  EXPECT_EQ(network_of(nics, network_demand(true, nics)).ports, 3);
  {
    Set const hcas("NCCL_IB_HCA", "=mlx5_0:1,mlx5_1:1");
    EXPECT_EQ(network_of(nics, network_demand(true, nics)).source, "mlx5_0 200 Gb/s, mlx5_1 200 Gb/s");
  }
  Set const no_rdma("NCCL_IB_DISABLE", "1");
  EXPECT_TRUE(network_demand(true, nics).sockets_only);
}

TEST(Network, AnInterfaceWithoutARateLeavesTheWholeUnknown) {
  auto const network = network_of({nic("eth0", "up", 10), nic("virt0", "up", 0)}, {});
  EXPECT_EQ(network.bytes_per_second, 0);
  EXPECT_EQ(network.source, "virt0 does not say how fast it is");
}

}  // namespace
}  // namespace muster
