// A rank that stands still says so and ends; one that moves does not. Limits are short, clocks are real.
#include "harness/run/watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <optional>

#include "harness/group/group.hpp"
#include "harness/record/stands.hpp"
#include "harness/run/watched_group.hpp"
#include "tests/unit/group_fakes.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace muster {
namespace {

using std::chrono::milliseconds;

class WatchTest : public testing::Test {
 protected:
  Watch& watch(double grace = 0.05) {
    return watch_.emplace(WatchSettings{.folder = {folder_.path()},
                                        .launch = 1,
                                        .node = "here",
                                        .rank = 3,
                                        .tick = milliseconds(5),
                                        .grace = std::chrono::duration<double>(grace),
                                        .end = [this] {
                                          ended_ = true;
                                          ended_.notify_all();
                                        }});
  }

  /// Looks every few milliseconds, for at most as long as a busy machine may take.
  bool comes(std::function<bool()> const& condition) {
    for (int i = 0; i < 2000 && !condition(); ++i) std::this_thread::sleep_for(milliseconds(5));
    return condition();
  }

  std::vector<Stand> stands() {
    auto fresh = reader_.poll(1);
    stands_.insert(stands_.end(), fresh.begin(), fresh.end());
    return stands_;
  }

  TemporaryFolder folder_;
  StandReader reader_{RunFolder{folder_.path()}};
  std::vector<Stand> stands_;
  std::atomic<bool> ended_{false};
  std::optional<Watch> watch_;
};

TEST_F(WatchTest, AStepThatLastsTooLongIsSaidAndEndsTheProcess) {
  auto& here = watch();
  here.place("gemm/x", "sample", 0.5);
  for (int i = 0; i < 7; ++i) Mark(here, here.world(), "barrier");
  Mark const stuck(here, here.world(), "all_reduce");
  ended_.wait(false);  // sleeps
  ASSERT_FALSE(stands().empty());
  auto const& stand = stands_.front();
  EXPECT_EQ(stand.rank, 3);
  EXPECT_EQ(stand.launch, 1);
  EXPECT_EQ(stand.node, "here");
  EXPECT_EQ(stand.case_name, "gemm/x");
  EXPECT_EQ(stand.phase, "sample");
  EXPECT_EQ(stand.call, "all_reduce");
  EXPECT_EQ(stand.steps, 15u) << "seven calls begun and ended, one begun";
  EXPECT_TRUE(stand.expired);
  EXPECT_GE(stand.seconds, 0.5);
  EXPECT_LT(stand.busy, 0.5)
      << "it slept, but for the moment in which waiting begins, which is long on a busy machine";
}

TEST_F(WatchTest, TheGraceComesBetweenTheWordAndTheEnd) {
  watch(30).place("x", "sample", 0.02);
  ASSERT_TRUE(comes([&] { return !stands().empty(); }));
  EXPECT_FALSE(ended_);
}

TEST_F(WatchTest, ARankThatMovesIsLeftAlone) {
  auto& here = watch();
  here.place("x", "sample", 0.5);
  for (int i = 0; i < 120; ++i) {
    Mark const mark(here, here.world(), "barrier");
    std::this_thread::sleep_for(milliseconds(10));
  }
  EXPECT_FALSE(ended_);
  EXPECT_TRUE(stands().empty());
}

TEST_F(WatchTest, APhaseWithoutALimitMayTakeAsLongAsItLikes) {
  auto& here = watch();
  here.place("x", "sample", 0.05);
  here.phase("set up", 0);
  std::this_thread::sleep_for(milliseconds(300));
  EXPECT_FALSE(ended_);
  here.phase("end", 0.05);
  EXPECT_TRUE(comes([&] { return ended_.load(); })) << "and the next phase has its own";
}

TEST_F(WatchTest, AnswersWhenAsked) {
  auto& here = watch();
  here.identify(4);
  here.place("x", "set up", 0);
  kill(getpid(), SIGUSR1);
  ASSERT_TRUE(comes([&] { return !stands().empty(); }));
  EXPECT_EQ(stands_.front().rank, 4);
  EXPECT_EQ(stands_.front().phase, "set up");
  EXPECT_EQ(stands_.front().call, "") << "in no call";
  EXPECT_FALSE(stands_.front().expired);
  EXPECT_FALSE(ended_);
}

TEST_F(WatchTest, ABusyRankIsToldFromASleepingOne) {
  auto& here = watch();
  here.place("x", "sample", 0.3);
  Mark const polling(here, here.world(), "barrier");
  for (unsigned long spins = 0; !ended_; ++spins) {
    if (spins > 40'000'000'000) break;
  }
  ASSERT_TRUE(ended_);
  ASSERT_FALSE(stands().empty());
  EXPECT_GT(stands_.front().busy, 0.9);
}

/// The part of a group that a rank is alone in.
TEST_F(WatchTest, AGroupAndItsPartsMarkEveryCall) {
  auto& here = watch();
  auto group = watched(solo_group(), here);
  double value = 1;
  std::byte data{};
  group->barrier();
  group->max(std::span(&value, 1));
  group->broadcast(std::span(&data, 1), 0);
  EXPECT_EQ(group->gather("a"), std::vector<std::string>{"a"});
  EXPECT_EQ(group->gather_node("b"), std::vector<std::string>{"b"});
  float in = 2, out = 0;
  EXPECT_THROW(group->run({.send = &in, .recv = &out, .count = 1}),
               Unsupported);  // a group of one; marked all the same
  EXPECT_EQ(here.world().steps, 12u);
  auto part = group->split(0);
  EXPECT_EQ(group->split(-1), nullptr);
  EXPECT_EQ(here.world().steps, 16u);
  part->barrier();
  EXPECT_EQ(here.world().steps, 16u) << "a part's calls are its own";
  part.reset();
  group.reset();
  EXPECT_EQ(here.world().steps, 18u) << "leaving is a call too";
}

/// A group that hangs in a part's call.
class Hanging : public FirstOfTwo {
 public:
  std::unique_ptr<Group> split(int) override { return std::make_unique<Hanging>(until); }
  void run(CollectiveCall const&) override {
    while (!until()) std::this_thread::sleep_for(milliseconds(2));
  }
  explicit Hanging(std::function<bool()> end) : until(std::move(end)) {}
  std::function<bool()> until;
};

TEST_F(WatchTest, AHangInAPartNamesThePartAndTheOperation) {
  auto& here = watch();
  here.place("x", "sample", 0.05);
  auto group = watched(std::make_unique<Hanging>([this] { return ended_.load(); }), here);
  auto const first = group->split(0);
  auto const part = first->split(7);
  part->barrier();
  part->run({.operation = Operation::reduce_scatter});
  ASSERT_FALSE(stands().empty());
  EXPECT_EQ(stands_.front().call, "reduce_scatter");
  EXPECT_EQ(stands_.front().part, "split 1 color 0, split 1 color 7");
  EXPECT_EQ(stands_.front().part_steps, 3u);
  EXPECT_EQ(stands_.front().steps, 2u);
}

/// Seconds of one call.
template <class Call>
double seconds_of(Call&& call) {
  constexpr int calls = 500'000;
  auto const begin = std::chrono::steady_clock::now();
  for (int i = 0; i < calls; ++i) call();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() / calls;
}

// No lock, no system call: 3 ns here against 25 for the clock, with which the limit moves from machine to
// machine. Unoptimised code with sanitizers says nothing of it.
TEST(WatchCost, MarkingACallTakesLessThanThreeLooksAtTheClock) {
#ifdef MUSTER_SANITIZED
  GTEST_SKIP() << "times of code under sanitizers are none of the program's";
#endif
  TemporaryFolder const folder;
  Watch watch({.folder = {folder.path()}, .node = "here", .end = [] {}});
  auto const group = watched(solo_group(), watch);
  double mark = 1, look = 1;
  for (int round = 0; round < 9; ++round) {
    mark = std::min(mark, seconds_of([&] { group->barrier(); }));
    look = std::min(look, seconds_of([] { (void)std::chrono::steady_clock::now(); }));
  }
  RecordProperty("nanoseconds", std::to_string(mark * 1e9));
  EXPECT_LT(mark, 3 * look);
}

}  // namespace
}  // namespace muster
