#include "kernels/cuda/stream.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include "kernels/cuda/error.hpp"

namespace muster::cuda {
namespace {

/// Calls `query` until it no longer says "not ready", and returns what it then says. The first pauses are
/// none: most waits in a timed sample are over soon, and a sleeping thread wakes up 50 us late.
template <class Query>
cudaError_t poll(Query query, std::function<void(double)> const& look = {}) {
  using namespace std::chrono_literals;
  constexpr int eager_polls = 2000;
  auto pause = 5us;
  std::chrono::steady_clock::time_point begin{};
  for (int polls = 0;; ++polls) {
    auto const status = query();
    if (status != cudaErrorNotReady) {
      // The runtime keeps "not ready" as its last error, where the check of the next launch would find it.
      if (polls > 0) (void)cudaGetLastError();
      return status;
    }
    if (polls < eager_polls) continue;
    if (look && polls == eager_polls) begin = std::chrono::steady_clock::now();
    if (look) look(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    std::this_thread::sleep_for(pause);
    pause = std::min<std::chrono::microseconds>(pause * 2, 100us);
  }
}

}  // namespace

Event::Event(Timing timing) {
  auto const flags = timing == Timing::on ? cudaEventDefault : cudaEventDisableTiming;
  check(cudaEventCreateWithFlags(&event_, static_cast<unsigned>(flags)), "cudaEventCreateWithFlags");
}

Event::~Event() {
  if (event_) (void)cudaEventDestroy(event_);
}

void Event::record(cudaStream_t stream) { check(cudaEventRecord(event_, stream), "cudaEventRecord"); }

void Event::record_outside(cudaStream_t stream) {
  check(cudaEventRecordWithFlags(event_, stream, cudaEventRecordExternal), "cudaEventRecordWithFlags");
}

bool Event::reached() const {
  auto const status = cudaEventQuery(event_);
  if (status == cudaErrorNotReady) {
    (void)cudaGetLastError();  // kept as an error, which it is not
    return false;
  }
  check(status, "work on the device (cudaEventQuery)");
  return true;
}

void Event::wait(std::function<void(double)> const& look) const {
  check(poll([this] { return cudaEventQuery(event_); }, look), "work on the device (cudaEventQuery)");
}

void Event::outlast() const noexcept {
  (void)poll([this] { return cudaEventQuery(event_); });
}

double seconds_between(Event const& start, Event const& stop, std::function<void(double)> const& look) {
  stop.wait(look);
  float milliseconds = 0;
  check(cudaEventElapsedTime(&milliseconds, start.get(), stop.get()), "cudaEventElapsedTime");
  return static_cast<double>(milliseconds) * 1e-3;
}

Stream::Stream(Priority priority) {
  if (priority == Priority::usual) {
    check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
    return;
  }
  int lowest = 0, highest = 0;
  check(cudaDeviceGetStreamPriorityRange(&lowest, &highest), "cudaDeviceGetStreamPriorityRange");
  check(cudaStreamCreateWithPriority(&stream_, cudaStreamNonBlocking, highest),
        "cudaStreamCreateWithPriority");
}

Stream::~Stream() {
  if (stream_) (void)cudaStreamDestroy(stream_);
}

bool is_capturing(cudaStream_t stream) {
  auto status = cudaStreamCaptureStatusNone;
  check(cudaStreamIsCapturing(stream, &status), "cudaStreamIsCapturing");
  return status != cudaStreamCaptureStatusNone;
}

void make_wait(cudaStream_t stream, Event const& event) {
  check(cudaStreamWaitEvent(stream, event.get(), 0), "cudaStreamWaitEvent");
}

void wait(cudaStream_t stream, std::function<void(double)> const& look) {
  check(poll([stream] { return cudaStreamQuery(stream); }, look), "work on the device (cudaStreamQuery)");
}

}  // namespace muster::cuda
