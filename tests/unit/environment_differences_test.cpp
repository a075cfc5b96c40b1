// What two sides ran on, and whether that is the same.
#include "harness/analyze/environment_differences.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/core/counted.hpp"

namespace muster {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Nic nic(std::string const& driver, std::string const& firmware) {
  return {"mlx5_0", driver, "active", "infiniband", 2e11, 0, firmware};
}

/// As many nodes as there are lists of NICs.
Document on(std::vector<std::vector<Nic>> const& nodes) {
  Document document;
  for (auto const& nics : nodes) {
    auto& node = document.nodes.emplace_back();
    node.name = "n" + std::to_string(document.nodes.size());
    node.nics = nics;
  }
  return document;
}

std::vector<std::string> differences(Document const& base, Document const& candidate) {
  auto const side = [](Document const& document) { return Side{"", {SideRun{"", "", &document, {}, {}}}}; };
  std::vector<std::string> list;
  for (auto const& one : environment_differences(side(base), side(candidate)))
    list.push_back(one.what + ": " + one.base + " -> " + one.candidate + (one.blocks ? " (blocks)" : ""));
  return list;
}

TEST(CountedThings, InOrderOfAppearance) {
  EXPECT_EQ(counted_things({}), "");
  EXPECT_EQ(counted_things({"b", "a", "b"}), "2 x b, a");
}

TEST(EnvironmentDifferences, TheFirmwareOfNicsIsOneThatDoesNotBlock) {
  Nic const before = nic("mlx5_core", "20.31.1014"), after = nic("mlx5_core", "20.35.2000");
  EXPECT_THAT(
      differences(on({{before, before}}), on({{before, after}})),
      ElementsAre("NIC firmware of a node: 2 x mlx5_core 20.31.1014 -> mlx5_core 20.31.1014, mlx5_core "
                  "20.35.2000"));
  EXPECT_THAT(differences(on({{before}, {before}}), on({{before}, {after}})),
              ElementsAre("NIC firmware of a node: mlx5_core 20.31.1014 -> mlx5_core 20.31.1014 (1 of 2), "
                          "mlx5_core 20.35.2000 (1 of 2)"));
  EXPECT_THAT(differences(on({{before}}), on({{nic("mlx5_core", "")}})),
              ElementsAre("NIC firmware of a node: mlx5_core 20.31.1014 -> not known"));
}

TEST(EnvironmentDifferences, TheOrderOfNicsIsNone) {
  Nic const one = nic("mlx5_core", "1"), other = nic("bnxt_en", "2");
  EXPECT_THAT(differences(on({{one, other}}), on({{other, one}})), IsEmpty());
}

}  // namespace
}  // namespace muster
