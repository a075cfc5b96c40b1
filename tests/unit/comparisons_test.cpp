#include "harness/project/comparisons.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace muster::project {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

/// Of a system that would be sixth to eighth on one list and third on the other.
std::vector<ProjectedFigure> figures() {
  return {{"rank_november_2020", "rank", "first", 10, {6, 7, 8}},
          {"rank_june_2021", "rank", "first", 10, {3, 3, 3}},
          {"hpl_rate", "FLOP/s", "first", 10, {50e15, 56e15, 60e15}},
          {"injection_bandwidth", "B/s", "first", 10, {2e12, 2e12, 2e12}},
          {"injection_bandwidth", "B/s", "second", 10, {1e12, 1e12, 1e12}},
          {"injection_bandwidth", "B/s", "third", 10, {1e12, 1e12, 1e12}}};
}

Comparison compared(Claim const& claim) { return comparisons(std::vector{claim}, figures(), {}).front(); }

Claim rank(double place, std::string list, bool measured) {
  return {"rank", "rank", {place, "Top500"}, "", std::move(list), measured};
}

TEST(Comparisons, ARankIsHeldAgainstItsOwnList) {
  EXPECT_THAT(compared(rank(5, "2020-11", false)).finding, HasSubstr("rank 7 in the middle case, 6 to 8"));
  EXPECT_THAT(compared(rank(5, "2021-06", false)).finding, HasSubstr("rank 3 in the middle case"));
}

TEST(Comparisons, ARankOfAListThatIsNotKnownIsHeldAgainstNone) {
  for (auto const* list : {"2023-06", ""}) {
    auto const found = compared(rank(4, list, true));
    EXPECT_THAT(found.ours, IsEmpty()) << list;
    EXPECT_THAT(found.finding, HasSubstr("a rank of another list")) << list;
  }
}

TEST(Comparisons, WhatWasMeasuredIsNotCalledPlausible) {
  EXPECT_THAT(compared(rank(5, "2020-11", false)).finding, HasSubstr("5 is not plausible"));
  EXPECT_THAT(compared(rank(5, "2020-11", true)).finding, HasSubstr("5 was measured, outside that"));
  EXPECT_THAT(compared(rank(6, "2020-11", true)).finding, HasSubstr("6 was measured, within that"));
  EXPECT_THAT(compared(rank(5, "2020-11", true)).finding, Not(HasSubstr("plausible")));
  EXPECT_EQ(compared({"hpl_rate", "FLOP/s", {70e15, "Top500"}, "", "", true}).finding,
            "-20 % beside what was measured");
}

TEST(Comparisons, SwitchesAreHeldAgainstEveryScenariosNics) {
  auto const found = compared({"switching", "B/s", {1.5e12, "slide"}});
  EXPECT_THAT(found.ours, SizeIs(2)) << "the third is like the second";
  EXPECT_EQ(found.finding,
            "first: all NICs together send 1.3 times that, which switches of this capacity cannot carry; "
            "second: all NICs together send 0.67 times that");
}

}  // namespace
}  // namespace muster::project
