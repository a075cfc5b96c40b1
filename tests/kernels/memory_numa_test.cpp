// The host's NUMA nodes: reading /sys, placing memory, the matrix of pairs.
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "kernels/memory/numa.hpp"
#include "kernels/host/id_list.hpp"
#include "kernels/memory/numa_matrix.hpp"
#include "tests/kernels/support.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;

/// A tree like /sys with what a test puts into it.
class SysTree : public testing::Test {
 protected:
  SysTree()
      : root_(fs::path(testing::TempDir()) /
              ("sys-" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()))) {
    fs::remove_all(root_);
  }
  ~SysTree() override { fs::remove_all(root_); }

  void put(std::string const& file, std::string const& text) const {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }
  void node(int id, std::string const& cpus, std::string const& kib, std::string const& distances) const {
    std::string const folder = "devices/system/node/node" + std::to_string(id) + "/";
    put(folder + "cpulist", cpus + "\n");
    put(folder + "meminfo", "Node 0 MemTotal:       " + kib + " kB\nNode 0 MemFree: 1 kB\n");
    put(folder + "distance", distances + "\n");
  }
  /// Two sockets of two nodes each, and a node of memory alone that is farther than all.
  void five_nodes() const {
    put("devices/system/node/online", "0-3,8\n");
    node(0, "0-3,16-19", "1024", "10 12 32 32 40");
    node(1, "4-7", "1024", "12 10 32 32 40");
    node(2, "8-11", "0", "32 32 10 12 40");
    node(3, "12-15", "1024", "32 32 12 10 40");
    node(8, "", "2048", "40 40 40 40 10");
  }

  fs::path root_;
};

TEST_F(SysTree, NodesHaveTheirCpusMemoryAndDistances) {
  five_nodes();
  auto const numa = read_numa(root_);
  ASSERT_EQ(numa.nodes.size(), 5U);
  EXPECT_EQ(numa.nodes[0].cpus, (std::vector<int>{0, 1, 2, 3, 16, 17, 18, 19}));
  EXPECT_EQ(numa.nodes[0].memory_bytes, 1U << 20);
  EXPECT_EQ(numa.nodes[4].id, 8);
  EXPECT_TRUE(numa.nodes[4].cpus.empty());
  EXPECT_EQ(numa.nodes[1].distances, (std::vector<int>{12, 10, 32, 32, 40}));
  EXPECT_EQ(numa.with_memory(), (std::vector<int>{0, 1, 3, 8}));
  EXPECT_EQ(numa.node_of_cpu(17), 0);
  EXPECT_EQ(numa.node_of_cpu(12), 3);
  EXPECT_EQ(numa.node_of_cpu(99), std::nullopt);
}

TEST_F(SysTree, TheFarthestNodeHasMemory) {
  five_nodes();
  auto numa = read_numa(root_);
  EXPECT_EQ(numa.farthest_from(0), 8);
  numa.nodes.pop_back();
  EXPECT_EQ(numa.farthest_from(0), 3) << "node 2 is as far but has no memory";
  EXPECT_EQ(numa.farthest_from(3), 0) << "the first of equally far ones";
  EXPECT_EQ(numa.farthest_from(7), std::nullopt) << "there is no node 7";
}

TEST_F(SysTree, OneNodeHasNoRemoteOne) {
  put("devices/system/node/online", "0\n");
  node(0, "0-1", "1024", "10");
  EXPECT_EQ(read_numa(root_).farthest_from(0), std::nullopt);
}

TEST_F(SysTree, AKernelWithoutNodesHasNone) {
  EXPECT_TRUE(read_numa(root_).nodes.empty());
  EXPECT_EQ(read_numa(root_).farthest_from(0), std::nullopt);
}

TEST_F(SysTree, PciDevicesAreFoundInEitherCaseAndUnknownNodesAreAbsent) {
  put("bus/pci/devices/0000:c1:00.0/numa_node", "1\n");
  put("bus/pci/devices/0000:01:00.0/numa_node", "-1\n");
  EXPECT_EQ(node_of_pci("0000:C1:00.0", root_), 1);
  EXPECT_EQ(node_of_pci("0000:c1:00.0", root_), 1);
  EXPECT_EQ(node_of_pci("0000:01:00.0", root_), std::nullopt);
  EXPECT_EQ(node_of_pci("0000:99:00.0", root_), std::nullopt);
}

TEST(NumaLists, AreReadAsTheKernelWritesThem) {
  EXPECT_EQ(parse_id_list("0-3,8"), (std::vector<int>{0, 1, 2, 3, 8}));
  EXPECT_EQ(parse_id_list("5"), (std::vector<int>{5}));
  EXPECT_TRUE(parse_id_list("").empty());
  EXPECT_THROW(parse_id_list("0-x"), std::invalid_argument);
  EXPECT_THROW(parse_id_list("a"), std::invalid_argument);
}

TEST(NodeMemory, LiesOnTheNodeThatWasAskedFor) {
  try {
    NodeMemory const memory(1 << 20, 0);
    std::memset(memory.data(), 1, memory.bytes());
    auto const node = memory.node();
    if (!node) GTEST_SKIP() << "this system does not tell where memory lies";
    EXPECT_EQ(node, 0);
  } catch (Unsupported const& error) {
    GTEST_SKIP() << error.what();
  }
}

TEST(NodeMemory, ANodeThatIsNotThereIsRefusedWithTheReason) {
  try {
    NodeMemory const memory(1 << 20, 1000);
    FAIL() << "memory on node 1000";
  } catch (Unsupported const& error) {
    EXPECT_NE(std::string(error.what()).find("memory cannot be placed on NUMA node 1000 (mbind: "),
              std::string::npos);
  }
}

TEST(NumaMatrix, EveryPairIsRightAndAForgottenAnswerIsNot) {
  HostTeam team({0, 0, 0});
  for (auto const op : {MemoryOp::read, MemoryOp::copy}) {
    MemoryProblem const problem{op, MemoryType::fp64, 100'000, 9};
    try {
      // Node 0 twice stands for two nodes of memory; the threads belong to nodes 4 and 7, of which the
      // targets' memory is not asked for unless they copy, and then node 0 has it.
      std::vector<int> const threads =
          op == MemoryOp::copy ? std::vector<int>{0, 0, 0} : std::vector<int>{4, 7, 4};
      NumaMatrix matrix(problem, team, {0, 0}, threads);
      EXPECT_EQ(matrix.pairs().size(), op == MemoryOp::copy ? 2U : 4U);
      for (auto const pair : matrix.pairs()) {
        matrix.forget(pair);
        EXPECT_FALSE(matrix.check(pair).ok());
        matrix.run(pair);
        auto const verdict = matrix.check(pair);
        EXPECT_TRUE(verdict.ok()) << verdict.detail;
      }
    } catch (Unsupported const& error) {
      GTEST_SKIP() << error.what();
    }
  }
}

TEST(NumaCase, SaysWhyAHostOfOneNodeHasNothingToMeasure) {
  test::Solo solo;
  auto const params = test::params_of("memory/numa", {{"bytes", std::int64_t{1} << 20}});
  try {
    auto const instance = test::make_case("memory/numa", params, solo.context);
    EXPECT_TRUE(instance->verify().ok());  // this host has several
    instance->launch();
    EXPECT_TRUE(instance->verify().ok());
    EXPECT_GE(instance->figures().size(), 2U);
  } catch (Unsupported const& error) {
    std::string const text = error.what();
    EXPECT_TRUE(text.starts_with("this host has one NUMA node") ||
                text.starts_with("memory cannot be placed"))
        << text;
  }
}

}  // namespace
}  // namespace muster
