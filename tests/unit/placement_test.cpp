// CPUs for the ranks of a node, on machines of our own making.
#include "harness/device/placement.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>

namespace muster {
namespace {

using ::testing::ElementsAre;

class PlacementTest : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove_all(root_); }

  void write(std::string const& file, std::string const& text) {
    std::filesystem::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text << "\n";
  }

  /// `nodes` nodes of `cores` cores with two hardware threads each, numbered as Linux does: all first
  /// threads, then all second ones. Neighbours in pairs (0 and 1, 2 and 3) are at 12, others at 32.
  void machine(int nodes, int cores) {
    int const all = nodes * cores;
    write("sys/devices/system/node/online", nodes > 1 ? "0-" + std::to_string(nodes - 1) : "0");
    for (int cpu = 0; cpu < 2 * all; ++cpu) {
      auto const folder = "sys/devices/system/cpu/cpu" + std::to_string(cpu);
      int const core = cpu % all;
      write(folder + "/topology/core_cpus_list", std::to_string(core) + "," + std::to_string(core + all));
      std::filesystem::create_directory(root_ / folder / ("node" + std::to_string(core / cores)));
    }
    for (int from = 0; from < nodes; ++from) {
      std::string distances;
      for (int to = 0; to < nodes; ++to)
        distances += (to == from ? "10 " : to / 2 == from / 2 ? "12 " : "32 ");
      write("sys/devices/system/node/node" + std::to_string(from) + "/distance", distances);
    }
    cpus_.resize(static_cast<std::size_t>(2 * all));
    std::iota(cpus_.begin(), cpus_.end(), 0);
  }

  auto deal(std::vector<int> const& device_nodes) {
    std::vector<RankNeeds> ranks;
    for (int const node : device_nodes) ranks.push_back({cpus_, node});
    return deal_cpus(ranks, root_);
  }

  std::filesystem::path root_ =
      std::filesystem::path(testing::TempDir()) / ("muster_placement_" + std::to_string(getpid()));
  std::vector<int> cpus_{};
};

TEST_F(PlacementTest, ADeviceGetsTheCoresOfItsNode) {
  machine(2, 2);
  auto const parts = deal({1, 0});
  EXPECT_THAT(parts[0], ElementsAre(2, 6, 3, 7));
  EXPECT_THAT(parts[1], ElementsAre(0, 4, 1, 5));
}

TEST_F(PlacementTest, DevicesOfOneNodeShareItInConsecutiveCores) {
  machine(2, 4);
  auto const parts = deal({0, 0, 1, 1});
  EXPECT_THAT(parts[0], ElementsAre(0, 8, 1, 9));
  EXPECT_THAT(parts[1], ElementsAre(2, 10, 3, 11));
  EXPECT_THAT(parts[2], ElementsAre(4, 12, 5, 13));
  EXPECT_THAT(parts[3], ElementsAre(6, 14, 7, 15));
}

// As a DGX A100: eight GPUs at four of eight nodes. No core lies idle, and the nearest other node comes next.
TEST_F(PlacementTest, NodesWithoutADeviceGoToTheNearest) {
  machine(8, 16);
  auto const parts = deal({3, 3, 1, 1, 7, 7, 5, 5});
  std::set<int> handed_out;
  for (std::size_t rank = 0; rank < parts.size(); ++rank) {
    EXPECT_EQ(parts[rank].size(), 32U) << rank;
    handed_out.insert(parts[rank].begin(), parts[rank].end());
  }
  EXPECT_EQ(handed_out.size(), cpus_.size());
  auto const place = placement_of(parts[0], 3, root_);
  EXPECT_EQ(place.numa_nodes, "2,3");
  EXPECT_EQ(place.distance, 12);
  EXPECT_EQ(place.cpus, "32-39,48-55,160-167,176-183");
}

TEST_F(PlacementTest, AllDevicesAtOneNodeStillUseTheWholeMachine) {
  machine(2, 2);
  auto const parts = deal({0, 0});
  EXPECT_THAT(parts[0], ElementsAre(0, 4, 2, 6));
  EXPECT_THAT(parts[1], ElementsAre(1, 5, 3, 7));
  EXPECT_EQ(placement_of(parts[0], 0, root_).distance, 12);
}

TEST_F(PlacementTest, UnknownPlacesMeanConsecutiveParts) {
  machine(2, 2);
  auto const parts = deal({-1, -1});
  EXPECT_THAT(parts[0], ElementsAre(0, 4, 1, 5));
  EXPECT_THAT(parts[1], ElementsAre(2, 6, 3, 7));
  EXPECT_THAT(deal({1, -1})[0], ElementsAre(0, 4, 1, 5));  // half known is no ground to stand on
  EXPECT_EQ(placement_of(parts[0], -1, root_).distance, -1);
}

TEST_F(PlacementTest, WhatALauncherHasBoundStaysSo) {
  machine(2, 2);
  auto const parts = deal_cpus({{{0, 4}, 1}, {{2, 6, 3}, 0}}, root_);
  EXPECT_THAT(parts[0], ElementsAre(0, 4));
  EXPECT_THAT(parts[1], ElementsAre(2, 6, 3));
}

TEST_F(PlacementTest, MoreRanksThanCoresShareCpus) {
  machine(1, 1);
  auto const parts = deal({0, 0, 0});
  EXPECT_THAT(parts[0], ElementsAre(0));
  EXPECT_THAT(parts[1], ElementsAre(1));
  EXPECT_THAT(parts[2], ElementsAre(0));
}

TEST_F(PlacementTest, WithoutANodesTreeDistancesAreUnknown) {
  EXPECT_EQ(numa_distance(0, 1, root_), -1);
  EXPECT_EQ(placement_of({0}, 0, root_).numa_nodes, "");
  auto const parts = deal_cpus({{{0, 1}, 0}, {{0, 1}, 0}}, root_);
  EXPECT_THAT(parts[0], ElementsAre(0));
  EXPECT_THAT(parts[1], ElementsAre(1));
}

TEST(RankNeedsText, ComesBackAsItWas) {
  auto const back = needs_from(to_text({{0, 1, 2, 64, 65, 66}, 3}));
  EXPECT_THAT(back.cpus, ElementsAre(0, 1, 2, 64, 65, 66));
  EXPECT_EQ(back.numa_node, 3);
  EXPECT_EQ(needs_from(to_text({{5}, -1})).numa_node, -1);
  EXPECT_THROW(needs_from("0-3"), std::invalid_argument);
  EXPECT_THROW(needs_from("0-x|1"), std::invalid_argument);
}

TEST(DealCpus, NeedsACpu) { EXPECT_THROW(deal_cpus({{{}, 0}}), std::invalid_argument); }

}  // namespace
}  // namespace muster
