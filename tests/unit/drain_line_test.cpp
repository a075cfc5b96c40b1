// What a person pastes into a shell holds nothing but the node and the reason.
#include "harness/core/drain_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster {
namespace {

using testing::HasSubstr;

TEST(DrainLine, IsScontrols) {
  EXPECT_EQ(
      drain_line("gpu0007", {"GPU 3 4.1 % below its peers in gemm", "1 new uncorrected error"}),
      "scontrol update NodeName=gpu0007 State=DRAIN Reason=\"muster: GPU 3 4.1 % below its peers in gemm, 1 "
      "new uncorrected error\"");
}

TEST(DrainLine, LeavesNothingForAShell) {
  auto const line =
      *drain_line("n1", {"a\" ; reboot $(x) `y` \\ ! 'z' \n & | > < * ~ # {} \x1b[31m \xc3\xa9 = end"});
  auto const reason = line.substr(line.find('"') + 1, line.rfind('"') - line.find('"') - 1);
  EXPECT_EQ(reason.find_first_of("\"$`\\!';\n&|><*~#{}\x1b="), std::string::npos) << reason;
  for (char const c : reason) EXPECT_TRUE(c >= 0x20 && c < 0x7f);
  EXPECT_THAT(reason, HasSubstr("reboot"));
}

TEST(DrainLine, IsNeverLong) { EXPECT_LE(drain_line("n1", {std::string(10000, 'x')})->size(), 260U); }

TEST(DrainLine, NamesThatAreNoNamesHaveNone) {
  for (auto const* name : {"", "a b", "$(x)", "a;b", "a\nb", "-x", "n[1-3]", "a=b", "ALL'", "../x"})
    EXPECT_FALSE(drain_line(name, {"x"})) << name;
}

}  // namespace
}  // namespace muster
