// The lanes of the host's training step alone: order, marks, errors.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "kernels/train_step/host_lanes_host.hpp"
#include "kernels/train_step/step_times.hpp"

namespace muster::train {
namespace {

struct Scripted final : ReadyCall {
  explicit Scripted(std::function<void()> does) : work(std::move(does)) {}
  void run() override { work(); }
  std::function<void()> work;
};

void rest() { std::this_thread::sleep_for(std::chrono::milliseconds(10)); }

TEST(HostLanes, ComputingHasAThreadOfItsOwnAndCommunicationIsTheCallers) {
  HostLanes lanes(8);
  std::thread::id computed, communicated;
  Scripted call([&] { communicated = std::this_thread::get_id(); });
  lanes.compute([&computed] { computed = std::this_thread::get_id(); });
  lanes.communicate(call);
  lanes.serve();
  EXPECT_EQ(communicated, std::this_thread::get_id());
  EXPECT_NE(computed, std::this_thread::get_id());
}

TEST(HostLanes, ComputingGoesOnBesideACallAndWaitsForItOnlyWhereItIsTold) {
  HostLanes lanes(16);
  double ready = -1, begin = -1, end = -1, beside = -1, after = -1;
  std::atomic<bool> computed{false};
  Scripted call([&] { computed.wait(false); });  // for ever, unless computing goes on meanwhile
  lanes.compute(&rest);
  lanes.compute_stamp(ready);
  lanes.communication_wait(ready);
  lanes.communication_stamp(begin);
  lanes.communicate(call);
  lanes.communication_stamp(end);
  lanes.compute([&computed] {
    computed = true;
    computed.notify_all();
  });
  lanes.compute_stamp(beside);
  lanes.compute_wait(end);
  lanes.compute_stamp(after);
  lanes.serve();
  EXPECT_GE(begin, ready);
  EXPECT_GE(end, begin);
  EXPECT_GE(beside, ready);
  EXPECT_GE(after, end);
}

TEST(HostLanes, AnotherThreadIsToldOfItsPartWhileMoreIsBeingDone) {
  HostLanes lanes(16);
  std::atomic<bool> first{false}, told{false};
  lanes.compute([&first] { first.wait(false); });
  lanes.compute([&told] { told.wait(false); });  // for ever, unless it is told of the first before this ends
  std::thread other([&, upto = lanes.enqueued() - 1] {
    lanes.await(upto);
    told = true;
    told.notify_all();
  });
  rest();
  first = true;
  first.notify_all();
  lanes.serve();
  other.join();
  EXPECT_TRUE(told);
}

TEST(HostLanes, WhatDoesNotFitIsServedInBetween) {
  HostLanes lanes(2);
  int computed = 0, called = 0;
  Scripted call([&] { ++called; });
  for (int i = 0; i < 10; ++i) {
    lanes.compute([&computed] { ++computed; });
    lanes.communicate(call);
  }
  lanes.serve();
  EXPECT_EQ(computed, 10);
  EXPECT_EQ(called, 10);
}

TEST(HostLanes, AFailedCallComesOutAndNothingIsWaitedForAnyMore) {
  HostLanes lanes(16);
  double time = -1;
  int later = 0;
  Scripted broken([] { throw std::runtime_error("the link is down"); });
  Scripted next([&] { ++later; });
  lanes.communicate(broken);
  lanes.communicate(next);
  lanes.communication_stamp(time);
  lanes.compute_wait(time);
  lanes.compute([&later] { ++later; });
  EXPECT_THROW(lanes.serve(), std::runtime_error);
  EXPECT_THROW(lanes.compute(&rest), std::runtime_error);
  EXPECT_EQ(later, 0);
}

TEST(HostLanes, FailedComputingComesOutAndLeavesNobodyWaiting) {
  HostLanes lanes(16);
  double time = -1;
  lanes.compute([] { throw std::runtime_error("a product failed"); });
  lanes.compute_stamp(time);
  lanes.communication_wait(time);
  EXPECT_THROW(lanes.serve(), std::runtime_error);
  EXPECT_LT(time, 0);
}

TEST(HostLanes, AnotherThreadMayWaitForWhatWasEnqueued) {
  HostLanes lanes(16);
  std::atomic<bool> done{false};
  double sent = -1;
  Scripted call([] { rest(); });
  lanes.communicate(call);
  lanes.communication_stamp(sent);
  lanes.compute_wait(sent);
  lanes.compute([&done] { done = true; });
  auto const enqueued = lanes.enqueued();
  bool seen = false;
  std::thread other([&] {
    lanes.await(enqueued);
    seen = done;
  });
  lanes.serve();
  other.join();
  EXPECT_TRUE(seen);
}

TEST(HostLanes, TheCallerThatWaitsForComputingServesWhatThatWaitsFor) {
  HostLanes lanes(16);
  double sent = -1;
  Scripted call([] {});
  lanes.communicate(call);
  lanes.communication_stamp(sent);
  lanes.compute_wait(sent);
  lanes.await(lanes.enqueued());
  EXPECT_GE(sent, 0);
}

TEST(HostLanes, EndWithWorkThatWasNotDone) {
  HostLanes lanes(16);
  double never = -1;
  lanes.compute_wait(never);
  lanes.compute([] { FAIL(); });
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
