// race(): who wins, how many timings that takes, and when it ends; times are made up.
#include "kernels/contract/race.hpp"

#include <gtest/gtest.h>

#include "kernels/contract/random.hpp"

namespace muster {
namespace {

/// Contestants of these times; each timing adds to the clock and has noise of +-`noise` times a half.
struct Track {
  std::vector<double> seconds;
  double noise = 0;
  double drift = 0;  ///< relative, with each timing: a clock that gets slower
  double clock = 0;
  std::vector<int> timings = std::vector<int>(seconds.size());
  std::uint64_t words = 0;

  RaceResult run(RaceRules const& rules = {}) {
    return race(
        seconds.size(),
        [this](std::size_t i) {
          ++timings[i];
          double const random = static_cast<double>(random_word(9, ++words) >> 11) * 0x1p-53 - 0.5;
          double const time = seconds[i] * (1 + noise * random) * (1 + drift * static_cast<double>(words));
          clock += time;
          return time;
        },
        rules, [this] { return clock; });
  }
};

TEST(Race, IsWonByTheFastest) {
  Track track{.seconds = {1.0, 1.2, 0.8, 0.9}};
  auto const result = track.run({.limit_seconds = 100});
  EXPECT_EQ(result.winner, 2U);
  EXPECT_EQ(result.seconds, (std::vector<double>{1.0, 1.2, 0.8, 0.9}));
  EXPECT_FALSE(result.cut_short);
}

TEST(Race, IsWonByTheFirstUnlessAnotherIsBetterByThreeInAThousand) {
  EXPECT_EQ((Track{.seconds = {1.0, 0.998}}).run({.limit_seconds = 100}).winner, 0U);
  EXPECT_EQ((Track{.seconds = {1.0, 0.996}}).run({.limit_seconds = 100}).winner, 1U);
}

TEST(Race, DropsLosersEarlySoThatThirtyTwoCostLittleMoreThanTheBestFew) {
  Track track{.seconds = std::vector<double>(32, 2.0)};
  track.seconds[0] = 1.0;
  track.seconds[7] = 0.98;
  EXPECT_EQ(track.run({.limit_seconds = 1000}).winner, 7U);
  EXPECT_EQ(track.timings[0], 8);
  EXPECT_EQ(track.timings[7], 8);
  EXPECT_EQ(track.timings[1], 2);
}

TEST(Race, IsNotLostByOneDisturbedTiming) {
  int timed = 0;
  auto const time = [&](std::size_t i) { return i == 1 && timed++ == 0 ? 5.0 : i == 1 ? 0.9 : 1.0; };
  EXPECT_EQ(race(2, time, {.limit_seconds = 1000}, [] { return 0.0; }).winner, 1U);
}

TEST(Race, NeverDropsTheFirstSoThatItsTimeIsKnown) {
  Track track{.seconds = {3.0, 1.0, 1.001}};
  auto const result = track.run({.limit_seconds = 1000});
  EXPECT_EQ(track.timings[0], 8);
  EXPECT_EQ(result.seconds[0], 3.0);
}

TEST(Race, SeesOnePerCentThroughNoiseOfTwo) {
  int right = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Track track{.seconds = {1.0, 1.03, 0.98, 1.0}, .noise = 0.02, .words = seed * 1000};
    right += track.run({.limit_seconds = 1000}).winner == 2 ? 1 : 0;
  }
  EXPECT_GE(right, 98);
}

// Each timing is 0.2 % slower than the one before: timed one after the other the second would lose by 1.6 %.
TEST(Race, GoesBackAndForthSoThatADriftingClockFavoursNoOne) {
  Track track{.seconds = {1.0, 0.99}, .drift = 0.002};
  EXPECT_EQ(track.run({.limit_seconds = 1000}).winner, 1U);
}

TEST(Race, EndsAtItsTimeLimitAndSaysSo) {
  Track track{.seconds = {1.0, 1.001, 0.99}};
  auto const result = track.run({.limit_seconds = 5});
  EXPECT_TRUE(result.cut_short);
  EXPECT_EQ(result.rounds, 2);
  EXPECT_EQ(result.winner, 2U);
}

TEST(Race, OfOneTimesItOnce) {
  Track track{.seconds = {1.5}};
  auto const result = track.run();
  EXPECT_EQ(result.winner, 0U);
  EXPECT_EQ(result.seconds, std::vector<double>{1.5});
  EXPECT_EQ(track.timings[0], 1);
}

TEST(Race, MedianOfAnEvenNumberIsTheMeanOfTheMiddleTwo) {
  EXPECT_EQ(median_of({4, 1, 3, 2}), 2.5);
  EXPECT_EQ(median_of({9, 1, 5}), 5);
  EXPECT_EQ(median_of({7}), 7);
}

}  // namespace
}  // namespace muster
