// Cores, hardware threads and memory nodes, read from a /sys of our own making.
#include "harness/device/cpu_topology.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <numeric>
#include <string>

namespace muster {
namespace {

using ::testing::ElementsAre;

class CpuTopology : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove_all(root_); }

  std::filesystem::path folder(int cpu) const {
    return root_ / "sys/devices/system/cpu" / ("cpu" + std::to_string(cpu));
  }
  void write(int cpu, std::string const& siblings, int node, char const* file = "core_cpus_list") {
    std::filesystem::create_directories(folder(cpu) / "topology");
    std::ofstream(folder(cpu) / "topology" / file) << siblings << "\n";
    std::filesystem::create_directory(folder(cpu) / "cpufreq");
    if (node >= 0) std::filesystem::create_directory(folder(cpu) / ("node" + std::to_string(node)));
  }
  // Two sockets of two cores with two hardware threads each, numbered as Linux does: 0-3 first threads, 4-7
  // second.
  std::vector<int> two_sockets() {
    for (int cpu = 0; cpu < 8; ++cpu) {
      int const core = cpu % 4;
      write(cpu, std::to_string(core) + "," + std::to_string(core + 4), core / 2);
    }
    return all(8);
  }
  static std::vector<int> all(int cpus) {
    std::vector<int> list(static_cast<std::size_t>(cpus));
    std::iota(list.begin(), list.end(), 0);
    return list;
  }

  std::filesystem::path root_ =
      std::filesystem::path(testing::TempDir()) / ("muster_cpu_topology_" + std::to_string(getpid()));
};

TEST_F(CpuTopology, HardwareThreadsOfACoreStandSideBySide) {
  EXPECT_THAT(by_core(two_sockets(), root_), ElementsAre(0, 4, 1, 5, 2, 6, 3, 7));
}

TEST_F(CpuTopology, OneOfEachCoreIsChosen) {
  auto const cpus = two_sockets();
  EXPECT_THAT(one_per_core(cpus, root_), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(one_per_core({1, 5, 6, 7}, root_), ElementsAre(1, 6, 7));  // a cpuset of parts of cores
}

TEST_F(CpuTopology, NodesAreKeptTogetherHoweverCpusAreNumbered) {
  for (int cpu = 0; cpu < 4; ++cpu) write(cpu, std::to_string(cpu), cpu % 2);
  EXPECT_THAT(by_core(all(4), root_), ElementsAre(0, 2, 1, 3));
  auto const places = cpu_places(all(4), root_);
  EXPECT_EQ(places[1].node, 0);
  EXPECT_EQ(places[2].node, 1);
}

TEST_F(CpuTopology, SiblingsMayBeARangeAndTheirFileOfTheOldName) {
  write(0, "0-1", 0, "thread_siblings_list");
  write(1, "0-1", 0, "thread_siblings_list");
  EXPECT_THAT(one_per_core(all(2), root_), ElementsAre(0));
}

TEST_F(CpuTopology, WithoutSysEveryCpuIsACoreOfItsOwn) {
  EXPECT_THAT(one_per_core({3, 1, 2}, root_), ElementsAre(1, 2, 3));
  EXPECT_EQ(cpu_places({3}, root_).at(0).node, -1);
  EXPECT_THAT(one_per_core({}, root_), ElementsAre());
}

TEST_F(CpuTopology, HalvesOfTheListShareNoCore) {
  auto const order = by_core(two_sockets(), root_);
  auto const half = order.begin() + 4;
  EXPECT_THAT(one_per_core({order.begin(), half}, root_), ElementsAre(0, 1));
  EXPECT_THAT(one_per_core({half, order.end()}, root_), ElementsAre(2, 3));
}

}  // namespace
}  // namespace muster
