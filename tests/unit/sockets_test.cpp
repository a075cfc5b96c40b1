// Interfaces that the environment demands for sockets.
#include "harness/group/sockets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::vector<Interface> const here{{"lo", true, {0x7F000001}},
                                  {"eth0", true, {0x0A010203}},
                                  {"eth1", false, {0xC0A80001}},
                                  {"ib0", true, {}}};

TEST(NcclSockets, TakeBeginningsOfNames) {
  for (auto const* fine : {"", "eth", "eth0", "ib,wlan", "wlan,lo"})
    EXPECT_EQ(nccl_socket_fault(fine, here), "") << fine;
  EXPECT_THAT(nccl_socket_fault("wlan", here),
              AllOf(HasSubstr("NCCL_SOCKET_IFNAME=wlan"), HasSubstr("there is no such interface"),
                    HasSubstr("lo, eth0, eth1 (down), ib0")));
  EXPECT_THAT(nccl_socket_fault("eth1", here), HasSubstr("it is down"));
}

TEST(NcclSockets, TakeWholeNamesAndExclusions) {
  EXPECT_EQ(nccl_socket_fault("=eth0", here), "");
  EXPECT_EQ(nccl_socket_fault("=wlan,eth0", here), "");
  EXPECT_THAT(nccl_socket_fault("=eth", here), HasSubstr("no such interface"));
  EXPECT_EQ(nccl_socket_fault("^lo,eth", here), "") << "ib0 is left";
  EXPECT_THAT(nccl_socket_fault("^lo,eth0,ib", here), HasSubstr("it is down")) << "only eth1 is left";
  EXPECT_EQ(nccl_socket_fault("^=eth", here), "") << "of whole names, none is eth";
}

TEST(OpenMpiSockets, TakeNamesAndNetworks) {
  for (auto const* fine :
       {"", "eth0", "wlan0,ib0", "10.0.0.0/8", "10.1.2.3/32", "172.16.0.0/12,127.0.0.0/8", "0.0.0.0/0"})
    EXPECT_EQ(open_mpi_socket_fault(fine, here), "") << fine;
  EXPECT_THAT(open_mpi_socket_fault("eth", here), HasSubstr("OMPI_MCA_btl_tcp_if_include=eth"));
  EXPECT_THAT(open_mpi_socket_fault("10.2.0.0/16", here), HasSubstr("no such interface"));
  EXPECT_THAT(open_mpi_socket_fault("192.168.0.0/24", here), HasSubstr("it is down"));
  EXPECT_THAT(open_mpi_socket_fault("10.0.0.0/99", here), HasSubstr("no such interface"));
}

TEST(Sockets, OfThisMachineAreSeen) {
  auto const mine = interfaces_here();
  auto const loopback = std::ranges::find(mine, "lo", &Interface::name);
  ASSERT_NE(loopback, mine.end());
  EXPECT_TRUE(loopback->up);
  EXPECT_THAT(loopback->addresses, testing::Contains(0x7F000001u));
}

TEST(Sockets, AreCheckedForTheLibrariesInUse) {
  setenv("NCCL_SOCKET_IFNAME", "nowhere0", 1);
  setenv("OMPI_MCA_btl_tcp_if_include", "nowhere1", 1);
  EXPECT_EQ(socket_fault(false, false), "");
  EXPECT_THAT(socket_fault(true, true), HasSubstr("nowhere0"));
  EXPECT_THAT(socket_fault(false, true), HasSubstr("nowhere1"));
  unsetenv("NCCL_SOCKET_IFNAME");
  unsetenv("OMPI_MCA_btl_tcp_if_include");
  EXPECT_EQ(socket_fault(true, true), "");
}

}  // namespace
}  // namespace muster
