#include "harness/plan/cluster_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "harness/core/error.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace muster {
namespace {

using ::testing::HasSubstr;

class ClusterFile : public ::testing::Test {
 protected:
  ClusterDescription read(std::string const& text) {
    auto const file = folder_.path() / "mine.toml";
    std::ofstream(file) << text;
    Faults faults(file);
    auto cluster = read_cluster(file, faults);
    report_ = faults.report();
    return cluster;
  }

  TemporaryFolder folder_;
  std::string report_;
};

TEST_F(ClusterFile, EveryKeyIsRead) {
  auto const right =
      read("summary = 's'\n[nodes]\ncount = 12\ngpus = 4\ngpu = 'A100'\nsource = 'an offer'\n");
  EXPECT_EQ(report_, "");
  EXPECT_EQ(right.name, "mine");
  EXPECT_EQ(right.summary, "s");
  EXPECT_EQ(right.nodes, 12);
  EXPECT_EQ(right.gpus, 4);
  EXPECT_EQ(right.gpu, "A100");
  EXPECT_EQ(right.source, "an offer");
}

TEST_F(ClusterFile, EveryFaultIsSaidAtOnce) {
  read("[nodes]\ngpus = 400\nfabric = 'none'\n");
  EXPECT_THAT(report_, HasSubstr("no count"));
  EXPECT_THAT(report_, HasSubstr("no source"));
  EXPECT_THAT(report_, HasSubstr("gpus = 400"));
  EXPECT_THAT(report_, HasSubstr("unknown key 'fabric'"));
}

TEST_F(ClusterFile, OneWithoutNodesIsRefused) {
  read("name = 'empty'\n");
  EXPECT_THAT(report_, HasSubstr("no nodes"));
}

TEST_F(ClusterFile, OneThatIsNotThereIsNamedWithThoseThatAre) {
  read("[nodes]\ncount = 1\nsource = 'x'\n");
  try {
    find_cluster("mime", folder_.path());
    FAIL() << "found";
  } catch (Error const& error) {
    EXPECT_THAT(error.what(), HasSubstr("mine"));
  }
}

}  // namespace
}  // namespace muster
