// Launches recorded and repeated, and what happens to a recording that goes wrong.
#include <cuda_runtime_api.h>
#include <gmock/gmock.h>

#include <atomic>
#include <stdexcept>
#include <thread>

#include "kernels/cuda/stream.hpp"
#include "tests/standin/support.hpp"

namespace muster::standin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Graphs : public StandinTest {
 protected:
  cudaStream_t queue() { return static_cast<cudaStream_t>(device().queue()); }
  // Work that leaves `mark` behind when it is done.
  void enqueue(int mark) {
    muster_standin_enqueue(queue(), [this, mark] {
      done_.push_back(mark);
      return cudaSuccess;
    });
  }
  // The queue still takes work and does it.
  void expect_usable() {
    done_.clear();
    enqueue(7);
    device().wait();
    EXPECT_THAT(done_, ElementsAre(7));
  }

  std::vector<int> done_;  // written by the stream's thread, read after device().wait()
};

TEST_F(Graphs, ARecordingIsNotRunAndEachLaunchRepeatsItInOrder) {
  auto const recording = device().record([&] {
    enqueue(1);
    enqueue(2);
    enqueue(3);
  });
  device().wait();
  EXPECT_THAT(done_, IsEmpty());
  recording->launch();
  recording->launch();
  device().wait();
  EXPECT_THAT(done_, ElementsAre(1, 2, 3, 1, 2, 3));
}

TEST_F(Graphs, LaunchesAndOtherWorkKeepTheirOrder) {
  auto const recording = device().record([&] { enqueue(2); });
  enqueue(1);
  recording->launch();
  enqueue(3);
  device().wait();
  EXPECT_THAT(done_, ElementsAre(1, 2, 3));
}

TEST_F(Graphs, AKernelIsRepeatedWithItsArguments) {
  auto const copy = make("memory", params_of("memory", {{"op", "copy"}, {"bytes", std::int64_t{1} << 16}}));
  ASSERT_TRUE(copy->verify().ok());
  auto const recording = device().record([&] {
    copy->launch();
    copy->launch();
  });
  for (int i = 0; i < 3; ++i) recording->launch();
  auto const verdict = copy->verify();
  EXPECT_TRUE(verdict.ok()) << verdict.detail;
}

TEST_F(Graphs, SeveralRecordingsLiveSideBySide) {
  auto const odd = device().record([&] { enqueue(1); });
  auto const even = device().record([&] { enqueue(2); });
  even->launch();
  odd->launch();
  even->launch();
  device().wait();
  EXPECT_THAT(done_, ElementsAre(2, 1, 2));
}

TEST_F(Graphs, ARecordingMayGoBeforeItsLaunchesAreDone) {
  device().record([&] { enqueue(5); })->launch();
  device().wait();
  EXPECT_THAT(done_, ElementsAre(5));
}

TEST_F(Graphs, AnErrorInTheMiddleIsPassedOnAndTheQueueStaysUsable) {
  EXPECT_THROW(device().record([&] {
    enqueue(1);
    throw Unsupported("planted");
  }),
               Unsupported);
  expect_usable();
  struct Strange {};
  EXPECT_THROW(device().record([] { throw Strange{}; }), Strange);
  expect_usable();
}

TEST_F(Graphs, AllocatingInTheMiddleIsRefusedAndTheQueueStaysUsable) {
  void* memory = nullptr;
  auto status = cudaSuccess;
  auto const message = message_of<DeviceError>([&] {
    (void)device().record([&] {
      enqueue(1);
      status = cudaMalloc(&memory, 16);
      enqueue(2);
    });
  });
  EXPECT_EQ(status, cudaErrorStreamCaptureUnsupported);
  EXPECT_THAT(message, HasSubstr("cudaErrorStreamCaptureInvalidated"));
  expect_usable();
}

TEST_F(Graphs, WaitingInTheMiddleIsRefusedAndTheQueueStaysUsable) {
  auto const message = message_of<DeviceError>([&] { (void)device().record([&] { device().wait(); }); });
  EXPECT_THAT(message, HasSubstr("cudaErrorStreamCaptureUnsupported"));
  expect_usable();
}

TEST_F(Graphs, EvictingForTheFirstTimeInTheMiddleIsRefusedSinceItAllocates) {
  EXPECT_THROW((void)device().record([&] { device().evict_caches(); }), DeviceError);
  expect_usable();
  device().evict_caches();
  EXPECT_NE(device().record([&] { device().evict_caches(); }), nullptr);
}

TEST_F(Graphs, EveryCallThatFailsIsNamedAndNothingIsLeft) {
  for (auto const* call : {"cudaStreamBeginCapture", "cudaStreamEndCapture", "cudaGraphInstantiate",
                           "cudaGraphUpload", "cudaGraphLaunch"}) {
    (void)device();
    Fail const fault((std::string(call) + ":1:1").c_str());
    auto const message = message_of<DeviceError>([&] { device().record([&] { enqueue(1); })->launch(); });
    EXPECT_THAT(message, HasSubstr(call));
    EXPECT_EQ(muster_standin_live().graphs, 0) << call;
    if (std::string(call) == "cudaStreamEndCapture") {  // it did nothing, so the stream captures still
      cudaGraph_t graph = nullptr;
      EXPECT_EQ(cudaStreamEndCapture(queue(), &graph), cudaSuccess);
      EXPECT_EQ(cudaGraphDestroy(graph), cudaSuccess);
    }
    expect_usable();
  }
}

TEST_F(Graphs, CachesAreEvictedByReadingTwiceTheirSizeAllocatedOnce) {
  EXPECT_EQ(device().cache_bytes(), std::uint64_t{4} << 20);
  auto const taken = std::uint64_t{8} << 20;
  auto const before = device().free_memory();
  device().evict_caches();
  EXPECT_EQ(device().free_memory(), before - taken);
  {
    Fail const written("cudaMemsetAsync:*:1");
    device().evict_caches();
  }
  EXPECT_EQ(device().free_memory(), before - taken);
  Fail const refused("evict_by_reading:1:1");
  EXPECT_THAT(message_of<DeviceError>([&] { device().evict_caches(); }), HasSubstr("evict_by_reading"));
}

TEST_F(Graphs, FreeMemoryForRegimeColdIsWhatEvictionLeaves) {
  auto const before = device().free_memory();
  EXPECT_EQ(free_memory_for(Regime::sustained, device()), before);
  EXPECT_EQ(free_memory_for(Regime::cold, device()), before - (std::uint64_t{8} << 20));
  EXPECT_EQ(free_memory_for(Regime::sustained, device()), device().free_memory());
}

// The host goes on at once; the device is at it for a tenth of a millisecond, and needs no memory for it.
TEST_F(Graphs, OccupyingTakesTheDevicesTimeOnly) {
  auto const watch = device().stopwatch();
  auto const seconds = [&](auto const& enqueue) {
    watch->start();
    enqueue();
    watch->stop();
    return watch->seconds();
  };
  (void)seconds([&] { device().occupy(); });  // starts the queue's thread
  auto const before = device().free_memory();
  double const once = seconds([&] { device().occupy(); });
  EXPECT_GE(once, 100e-6);
  EXPECT_GE(seconds([&] {
              for (int i = 0; i < 20; ++i) device().occupy();
            }),
            2e-3);
  EXPECT_EQ(device().free_memory(), before);
  Fail const refused("occupy_for:1:1");
  EXPECT_THAT(message_of<DeviceError>([&] { device().occupy(); }), HasSubstr("occupy_for"));
}

TEST_F(Graphs, EvictingWithoutRoomSaysHowMuchIsWanted) {
  (void)device();
  Environment const little{{"MUSTER_STANDIN_MEMORY", "4194304"}};
  EXPECT_THAT(message_of<OutOfMemory>([&] { device().evict_caches(); }), HasSubstr("8 MiB wanted"));
}

// The stand-in itself: what it refuses.
TEST_F(Graphs, ACaptureIsRefusedTwiceOnTheDefaultStreamAndFromAnotherThread) {
  cudaGraph_t graph = nullptr;
  EXPECT_EQ(cudaStreamBeginCapture(nullptr, cudaStreamCaptureModeThreadLocal),
            cudaErrorStreamCaptureUnsupported);
  EXPECT_EQ(cudaStreamEndCapture(queue(), &graph), cudaErrorIllegalState);
  ASSERT_EQ(cudaStreamBeginCapture(queue(), cudaStreamCaptureModeThreadLocal), cudaSuccess);
  EXPECT_EQ(cudaStreamBeginCapture(queue(), cudaStreamCaptureModeThreadLocal), cudaErrorIllegalState);
  auto elsewhere = cudaSuccess;
  std::thread([&] { elsewhere = cudaStreamEndCapture(queue(), &graph); }).join();
  EXPECT_EQ(elsewhere, cudaErrorStreamCaptureWrongThread);
  EXPECT_EQ(cudaStreamEndCapture(queue(), &graph), cudaSuccess);
  EXPECT_EQ(cudaGraphDestroy(graph), cudaSuccess);
  EXPECT_EQ(cudaGraphDestroy(graph), cudaErrorInvalidValue);
  EXPECT_EQ(cudaGraphLaunch(nullptr, queue()), cudaErrorInvalidValue);
  (void)cudaGetLastError();
}

// A capture grows over whatever waits for what was recorded in it, and each launch keeps the order that the
// waits ask for, not that of the calls.
TEST_F(Graphs, AnotherStreamThatWaitsIsCapturedTooAndRunsBesideTheFirst) {
  cudaStream_t beside = nullptr;
  cudaEvent_t fork = nullptr, join = nullptr;
  (void)device();
  ASSERT_EQ(cudaStreamCreateWithPriority(&beside, cudaStreamNonBlocking, -5), cudaSuccess);
  ASSERT_EQ(cudaEventCreateWithFlags(&fork, cudaEventDisableTiming), cudaSuccess);
  ASSERT_EQ(cudaEventCreateWithFlags(&join, cudaEventDisableTiming), cudaSuccess);
  std::atomic<bool> second{false};
  {
    auto const recording = device().record([&] {
      EXPECT_EQ(cudaEventRecord(fork, queue()), cudaSuccess);
      EXPECT_EQ(cudaStreamWaitEvent(beside, fork, 0), cudaSuccess);
      // Ends only when the other stream's work, enqueued later, is done beside it.
      muster_standin_enqueue(queue(), [&] {
        while (!second) std::this_thread::yield();
        return cudaSuccess;
      });
      muster_standin_enqueue(beside, [&] {
        second = true;
        return cudaSuccess;
      });
      EXPECT_EQ(cudaEventRecord(join, beside), cudaSuccess);
      EXPECT_EQ(cudaStreamWaitEvent(queue(), join, 0), cudaSuccess);
      enqueue(1);
    });
    for (int i = 0; i < 3; ++i) {
      second = false;
      recording->launch();
      device().wait();
    }
  }
  EXPECT_THAT(done_, ElementsAre(1, 1, 1));
  EXPECT_EQ(cudaEventQuery(fork), cudaErrorCapturedEvent);
  EXPECT_EQ(cudaStreamDestroy(beside), cudaSuccess);
  EXPECT_EQ(cudaEventDestroy(fork), cudaSuccess);
  EXPECT_EQ(cudaEventDestroy(join), cudaSuccess);
  (void)cudaGetLastError();
}

TEST_F(Graphs, WorkOfAnotherStreamThatIsNotWaitedForIsRefused) {
  cudaStream_t beside = nullptr;
  cudaEvent_t fork = nullptr;
  (void)device();
  ASSERT_EQ(cudaStreamCreateWithFlags(&beside, cudaStreamNonBlocking), cudaSuccess);
  ASSERT_EQ(cudaEventCreateWithFlags(&fork, cudaEventDisableTiming), cudaSuccess);
  auto const message = message_of<DeviceError>([&] {
    (void)device().record([&] {
      EXPECT_EQ(cudaEventRecord(fork, queue()), cudaSuccess);
      EXPECT_EQ(cudaStreamWaitEvent(beside, fork, 0), cudaSuccess);
    });
  });
  EXPECT_THAT(message, HasSubstr("cudaErrorStreamCaptureUnjoined"));
  expect_usable();
  EXPECT_EQ(cudaStreamDestroy(beside), cudaSuccess);
  EXPECT_EQ(cudaEventDestroy(fork), cudaSuccess);
}

TEST_F(Graphs, EveryLaunchSetsAnEventThatIsRecordedOutside) {
  cuda::Event before(cuda::Event::Timing::on), mark(cuda::Event::Timing::on);
  (void)device();
  auto const recording = device().record([&] {
    enqueue(1);
    mark.record_outside(queue());
  });
  double last = 0;
  before.record(queue());
  for (int i = 0; i < 3; ++i) {
    recording->launch();
    device().wait();
    double const seconds = cuda::seconds_between(before, mark);
    EXPECT_GT(seconds, last);
    last = seconds;
  }
  EXPECT_THROW(mark.record_outside(queue()), DeviceError) << "where nothing is recorded";
}

TEST_F(Graphs, OtherEventsAndPageableMemoryCannotBeCaptured) {
  char host = 0;
  cudaGraph_t graph = nullptr;
  cudaEvent_t event = nullptr;
  void* memory = nullptr;
  ASSERT_EQ(cudaEventCreateWithFlags(&event, 0), cudaSuccess);
  (void)device();
  ASSERT_EQ(cudaMalloc(&memory, 16), cudaSuccess);
  ASSERT_EQ(cudaEventRecord(event, queue()), cudaSuccess);
  for (int what = 0; what < 2; ++what) {
    ASSERT_EQ(cudaStreamBeginCapture(queue(), cudaStreamCaptureModeThreadLocal), cudaSuccess);
    auto const status = what == 0 ? cudaStreamWaitEvent(queue(), event, 0)
                                  : cudaMemcpyAsync(memory, &host, 1, cudaMemcpyHostToDevice, queue());
    EXPECT_EQ(status, what == 0 ? cudaErrorStreamCaptureIsolation : cudaErrorStreamCaptureUnsupported);
    EXPECT_EQ(cudaStreamEndCapture(queue(), &graph), cudaErrorStreamCaptureInvalidated) << what;
  }
  EXPECT_EQ(cudaFree(memory), cudaSuccess);
  EXPECT_EQ(cudaEventDestroy(event), cudaSuccess);
  (void)cudaGetLastError();
}

}  // namespace
}  // namespace muster::standin
