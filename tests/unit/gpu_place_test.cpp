// Where a GPU sits, and who else uses it: what is told from /sys, /proc and NVML's list of processes.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "harness/device/cuda/pci_place.hpp"
#include "harness/device/nvml/processes.hpp"

namespace muster {
namespace {

// A /proc and /sys of our own making.
class GpuPlace : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove_all(root_); }
  void write(std::string const& file, std::string const& text) {
    std::filesystem::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }
  std::filesystem::path root_ =
      std::filesystem::path(testing::TempDir()) / ("muster_gpu_place_" + std::to_string(getpid()));
};

TEST_F(GpuPlace, IsReadByTheAddressInSmallLetters) {
  write("sys/bus/pci/devices/0000:3b:00.0/numa_node", "1\n");
  write("sys/bus/pci/devices/0000:3b:00.0/local_cpulist", "32-63,96-127\n");
  auto const place = pci_place("0000:3B:00.0", root_);
  EXPECT_EQ(place.numa_node, "1");
  EXPECT_EQ(place.cpus, "32-63,96-127");
}

TEST_F(GpuPlace, IsUnknownWhereTheKernelSaysNothing) {
  write("sys/bus/pci/devices/0000:3b:00.0/numa_node", "-1\n");
  EXPECT_EQ(pci_place("0000:3b:00.0", root_).numa_node, "");
  EXPECT_EQ(pci_place("0000:3b:00.0", root_).cpus, "");
  EXPECT_EQ(pci_place("0000:99:00.0", root_).numa_node, "");
}

TEST_F(GpuPlace, ProcessNumbersAreTheHostsInTheFirstNamespaceOnly) {
  auto const link = root_ / "proc/self/ns/pid";
  EXPECT_FALSE(has_host_process_numbers(root_));
  std::filesystem::create_directories(link.parent_path());
  std::filesystem::create_symlink("pid:[4026531836]", link);
  EXPECT_TRUE(has_host_process_numbers(root_));
  std::filesystem::remove(link);
  std::filesystem::create_symlink("pid:[4026532841]", link);
  EXPECT_FALSE(has_host_process_numbers(root_));
}

TEST(OtherProcesses, AreAllButThisOneWhereItIsListed) {
  EXPECT_EQ(other_processes({700}, 700, true), 0);
  EXPECT_EQ(other_processes({5, 700, 6}, 700, true), 2);
  EXPECT_EQ(other_processes({5, 700, 6}, 700, false), 2);
  EXPECT_EQ(other_processes({700, 5, 700}, 700, true), 1);  // listed once for each of its contexts
}

TEST(OtherProcesses, InAContainerOneOfThemIsTakenForThisOne) {
  EXPECT_EQ(other_processes({48213}, 17, false), 0);
  EXPECT_EQ(other_processes({48213, 48214}, 17, false), 1);
}

TEST(OtherProcesses, OnTheHostOneThatIsNotListedIsNotCountedOff) {
  EXPECT_EQ(other_processes({48213}, 17, true), 1);  // MPS: its server computes
}

TEST(OtherProcesses, AreUnknownWhereNobodyIsListed) { EXPECT_FALSE(other_processes({}, 17, false)); }

}  // namespace
}  // namespace muster
