// The communication lane alone: order, marks, errors.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

#include "kernels/train_step/communication_lane_host.hpp"
#include "kernels/train_step/step_times.hpp"

namespace muster::train {
namespace {

struct Scripted final : ReadyCall {
  explicit Scripted(std::function<void()> does) : work(std::move(does)) {}
  void run() override { work(); }
  std::function<void()> work;
};

TEST(CommunicationLane, WorkIsDoneInOrderByAnotherThreadAndStampedInBetween) {
  CommunicationLane lane(2);  // less than what is enqueued: the caller waits for room
  std::vector<int> order;
  std::thread::id who;
  double begin = -1, end = -1;
  Scripted first([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    order.push_back(1);
    who = std::this_thread::get_id();
  });
  Scripted second([&] { order.push_back(2); });
  lane.stamp(begin);
  lane.call(first);
  lane.stamp(end);
  lane.call(second);
  lane.wait_until(end);
  EXPECT_GE(end - begin, 0.02);
  lane.drain();
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
  EXPECT_NE(who, std::this_thread::get_id());
}

TEST(CommunicationLane, TheCallerGoesOnWhileACallLasts) {
  CommunicationLane lane(4);
  std::atomic<bool> released{false};
  Scripted call([&] { released.wait(false); });
  lane.call(call);
  released = true;  // not reached if call() waited for the call
  released.notify_all();
  lane.drain();
}

TEST(CommunicationLane, AnErrorComesOutOfTheCallersNextCallsAndLeavesOutWhatFollows) {
  CommunicationLane lane(4);
  double time = -1;
  int later = 0;
  Scripted broken([] { throw std::runtime_error("the link is down"); });
  Scripted next([&] { ++later; });
  lane.call(broken);
  EXPECT_THROW(
      {
        lane.call(next);
        lane.stamp(time);
        lane.wait_until(time);
      },
      std::runtime_error);
  EXPECT_THROW(lane.drain(), std::runtime_error);
  EXPECT_EQ(later, 0);
  EXPECT_LT(time, 0);
}

TEST(StepTimes, StepsAreHandedOutInOrderOnceTheyAreDone) {
  StepTimes times(2);
  std::vector<double> got(2);
  times.open();
  times.at(0) = 1;
  EXPECT_FALSE(times.take(got)) << "its last mark is missing";
  times.at(1) = 2;
  times.open();
  times.at(1) = 3;
  ASSERT_TRUE(times.take(got));
  EXPECT_EQ(got, (std::vector<double>{1, 2}));
  ASSERT_TRUE(times.take(got));
  EXPECT_EQ(got, (std::vector<double>{-1, 3}));
  EXPECT_FALSE(times.take(got));
}

TEST(StepTimes, OfMoreStepsThanAreKeptTheOldestAreLost) {
  StepTimes times(1);
  for (int step = 0; step < static_cast<int>(kept_steps) + 3; ++step) {
    times.open();
    times.at(0) = step;
  }
  std::vector<double> got(1);
  for (int step = 3; step < static_cast<int>(kept_steps) + 3; ++step) {
    ASSERT_TRUE(times.take(got));
    EXPECT_EQ(got[0], step);
  }
  EXPECT_FALSE(times.take(got));
}

}  // namespace
}  // namespace muster::train
