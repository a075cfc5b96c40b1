#include "harness/project/storage_model.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace muster::project {
namespace {

Scenario article() {
  Scenario one;
  one.storage.emplace();
  one.storage->capacity = Stated{10e15, "slide"};
  one.storage->bandwidth = {1.6e12, "slide"};
  return one;
}

TEST(StorageModel, IsSharedByAllNodes) {
  EXPECT_NEAR(node_read_rate(article(), 720), 2.22e9, 0.01e9);
  EXPECT_EQ(node_read_rate(article(), 1), 1.6e12);
}

TEST(StorageModel, OneNodeTakesNoMoreThanItCan) {
  auto scenario = article();
  scenario.storage->node_bandwidth = Stated{25e9, "test"};
  EXPECT_EQ(node_read_rate(scenario, 1), 25e9);
  EXPECT_EQ(node_read_rate(scenario, 64), 25e9);
  EXPECT_EQ(node_read_rate(scenario, 128), 12.5e9);
}

TEST(StorageModel, ThatIsNotDescribedIsNoLimit) { EXPECT_TRUE(std::isinf(node_read_rate(Scenario{}, 720))); }

TEST(StorageModel, CachesWhereAShareFits) {
  auto scenario = article();
  scenario.storage->cached = true;
  scenario.storage->cache_bytes = Stated{1e12, "test"};
  scenario.storage->data = Stated{100e12, "test"};
  EXPECT_TRUE(std::isinf(node_read_rate(scenario, 100)));
  EXPECT_FALSE(std::isinf(node_read_rate(scenario, 99)));
  EXPECT_FALSE(std::isinf(first_read_rate(scenario, 100)));
  scenario.storage->cached = false;
  EXPECT_FALSE(std::isinf(node_read_rate(scenario, 100)));
}

TEST(StorageModel, AllOfTheCapacityIsDataWhereNothingElseIsSaid) {
  auto scenario = article();
  scenario.storage->cache_bytes = Stated{1e12, "test"};
  EXPECT_FALSE(fits_in_memory(*scenario.storage, 720));
  EXPECT_TRUE(fits_in_memory(*scenario.storage, 10000));
}

TEST(StorageModel, APullSlowsIt) {
  EXPECT_LT(node_read_rate(article(), 720, 1), node_read_rate(article(), 720));
}

}  // namespace
}  // namespace muster::project
