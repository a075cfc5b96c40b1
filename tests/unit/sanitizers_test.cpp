// In a sanitized build: planted faults end the program, whichever compiler made it.
#include <gtest/gtest.h>

#include <limits>
#include <vector>

#ifdef MUSTER_SANITIZED

namespace muster {
namespace {

/// What the compiler cannot know.
int unknown(int value) {
  int volatile kept = value;
  return kept;
}

TEST(SanitizersDeathTest, AnAccessPastTheEndIsReported) {
  std::vector<int> const numbers(40);
  EXPECT_DEATH((void)unknown(numbers.data()[unknown(40)]), "heap-buffer-overflow");
}

TEST(SanitizersDeathTest, AnAccessToWhatIsGoneIsReported) {
  auto* const number = new int(unknown(1));
  EXPECT_DEATH((delete number, (void)unknown(*number)), "heap-use-after-free");
  delete number;
}

TEST(SanitizersDeathTest, ASumThatOverflowsIsReported) {
  EXPECT_DEATH((void)unknown(unknown(std::numeric_limits<int>::max()) + unknown(1)),
               "signed integer overflow");
}

TEST(SanitizersDeathTest, AShiftByTooMuchIsReported) {
  EXPECT_DEATH((void)unknown(1 << unknown(40)), "shift exponent");
}

}  // namespace
}  // namespace muster

#endif
