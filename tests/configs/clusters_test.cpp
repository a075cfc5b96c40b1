// The descriptions of clusters that come along.
#include <gtest/gtest.h>

#include <filesystem>

#include "harness/plan/cluster_file.hpp"

namespace muster {
namespace {

TEST(ShippedClusters, AreWholeAndEveryNumberHasItsSource) {
  auto const folder = std::filesystem::path(MUSTER_CONFIGS) / "clusters";
  int read = 0;
  for (auto const& file : std::filesystem::directory_iterator(folder)) {
    Faults faults(file.path());
    auto const cluster = read_cluster(file.path(), faults);
    EXPECT_EQ(faults.report(), "");
    EXPECT_FALSE(cluster.summary.empty() || cluster.source.empty()) << file.path();
    for (auto const& expectation : cluster.expectations) EXPECT_FALSE(expectation.source.empty());
    ++read;
  }
  EXPECT_GE(read, 9);
}

}  // namespace
}  // namespace muster
