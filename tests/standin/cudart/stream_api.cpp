// Streams and events. "Not ready" is remembered as the last error although it is none: the real runtime does
// so too (pytorch/pytorch pull requests 18584 and 61554), and who polls without clearing it trips over it at
// the next launch.
#include <chrono>

#include "tests/standin/cudart/graph.hpp"
#include "tests/standin/cudart/runtime.hpp"

using namespace muster::standin;

namespace {

/// Inside a capture only what was recorded in the same one can be waited for, and whoever does so takes part
/// in it.
cudaError_t wait_for(std::shared_ptr<Stream> const& stream, Event& event) {
  auto const own = stream->capture();
  if (auto const mark = event.captured()) {
    auto const capture = mark->capture.lock();
    if (!capture) return cudaErrorCapturedEvent;
    if (own && own != capture) return cudaErrorStreamCaptureMerge;
    if (!own) stream->become(capture);
    capture->wait(stream, *mark);
    return cudaSuccess;
  }
  if (own) {
    own->spoil();
    return cudaErrorStreamCaptureIsolation;
  }
  stream->push(event.waiter());
  return cudaSuccess;
}

}  // namespace

extern "C" {

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  *stream = Runtime::instance().add_stream(current_device());
  return cudaSuccess;
}

cudaError_t cudaDeviceGetStreamPriorityRange(int* lowest, int* highest) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  *lowest = 0;
  *highest = -5;
  return cudaSuccess;
}

/// Every stream has a thread of its own: priorities mean nothing.
cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned, int) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  *stream = Runtime::instance().add_stream(current_device());
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  return remember(Runtime::instance().remove_stream(stream) ? cudaSuccess : cudaErrorInvalidResourceHandle);
}

cudaError_t cudaStreamQuery(cudaStream_t handle) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  auto const stream = Runtime::instance().stream(handle, current_device());
  if (!stream) return remember(cudaErrorInvalidResourceHandle);
  if (spoils_capture(*stream)) return remember(cudaErrorStreamCaptureUnsupported);
  if (!stream->idle()) return remember(cudaErrorNotReady);
  return remember(Runtime::instance().health(stream->device()).status());
}

cudaError_t cudaStreamWaitEvent(cudaStream_t handle, cudaEvent_t event_handle, unsigned) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  auto const stream = Runtime::instance().stream(handle, current_device());
  auto const event = Runtime::instance().event(event_handle);
  if (!stream || !event) return remember(cudaErrorInvalidResourceHandle);
  return remember(wait_for(stream, *event));
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  *event = Runtime::instance().add_event((flags & cudaEventDisableTiming) == 0);
  return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  return remember(Runtime::instance().remove_event(event) ? cudaSuccess : cudaErrorInvalidResourceHandle);
}

cudaError_t cudaEventRecord(cudaEvent_t event_handle, cudaStream_t handle) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  auto const stream = Runtime::instance().stream(handle, current_device());
  auto const event = Runtime::instance().event(event_handle);
  if (!stream || !event) return remember(cudaErrorInvalidResourceHandle);
  if (auto const capture = stream->capture()) {
    event->become(capture->mark(*stream));
  } else {
    event->record(*stream);
  }
  return cudaSuccess;
}

cudaError_t cudaEventRecordWithFlags(cudaEvent_t event_handle, cudaStream_t handle, unsigned flags) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  auto const stream = Runtime::instance().stream(handle, current_device());
  auto const event = Runtime::instance().event(event_handle);
  if (!stream || !event) return remember(cudaErrorInvalidResourceHandle);
  auto const capture = stream->capture();
  // Outside of a capture the real runtime refuses the flag.
  if (flags != cudaEventRecordExternal || !capture) return remember(cudaErrorIllegalState);
  capture->add_event(*stream, event);
  return cudaSuccess;
}

cudaError_t cudaEventQuery(cudaEvent_t handle) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  auto const event = Runtime::instance().event(handle);
  if (!event) return remember(cudaErrorInvalidResourceHandle);
  if (event->captured()) return remember(cudaErrorCapturedEvent);
  return event->done() ? cudaSuccess : remember(cudaErrorNotReady);
}

cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start_handle, cudaEvent_t stop_handle) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  auto const start = Runtime::instance().event(start_handle);
  auto const stop = Runtime::instance().event(stop_handle);
  if (!start || !stop || !start->timing() || !stop->timing() || !start->recorded() || !stop->recorded()) {
    return remember(cudaErrorInvalidResourceHandle);
  }
  if (start->captured() || stop->captured()) return remember(cudaErrorCapturedEvent);
  if (!start->done() || !stop->done()) return remember(cudaErrorNotReady);
  *milliseconds = std::chrono::duration<float, std::milli>(stop->when() - start->when()).count();
  return cudaSuccess;
}
}
