#include "harness/plan/spelling.hpp"

#include <gtest/gtest.h>

namespace muster {
namespace {

TEST(EditDistance, CountsSingleLetterChanges) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("gemm", "gemm"), 0U);
  EXPECT_EQ(edit_distance("", "gemm"), 4U);
  EXPECT_EQ(edit_distance("gem", "gemm"), 1U);
  EXPECT_EQ(edit_distance("gemms", "gemm"), 1U);
  EXPECT_EQ(edit_distance("gamm", "gemm"), 1U);
  EXPECT_EQ(edit_distance("gmem", "gemm"), 1U) << "neighbours swapped";
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(Nearest, FindsWhatWasMeant) {
  EXPECT_EQ(nearest("memroy", {"gemm", "memory"}), "memory");
  EXPECT_EQ(nearest("colective/all_reduce", {"collective/all_reduce", "memory"}), "collective/all_reduce");
  EXPECT_EQ(nearest("b", {"m", "n"}), "m") << "the first of equals";
}

TEST(Nearest, IsSilentWhereNothingIsNear) {
  EXPECT_EQ(nearest("nvlink", {"gemm", "memory"}), "");
  EXPECT_EQ(nearest("gemm", {}), "");
  EXPECT_EQ(nearest(std::string(100'000, 'x'), {std::string(100'000, 'x')}), "")
      << "no name: not worth the time";
}

TEST(Suggestion, NamesWhatThereIs) {
  EXPECT_EQ(suggestion("gem", {"gemm", "memory"}), "did you mean 'gemm'? there are: gemm, memory");
  EXPECT_EQ(suggestion("nvlink", {"gemm", "memory"}), "there are: gemm, memory");
  EXPECT_EQ(suggestion("gemm", {}), "there are none");
}

}  // namespace
}  // namespace muster
