// Streams and events. "Not ready" is remembered as the last error although it is none: the real runtime does
// so too (pytorch/pytorch pull requests 18584 and 61554), and who polls without clearing it trips over it at
// the next launch.
#include <chrono>

#include "tests/standin/cudart/graph.hpp"
#include "tests/standin/cudart/runtime.hpp"

using namespace muster::standin;

extern "C" {

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
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
  if (spoils_capture(*stream)) return remember(cudaErrorStreamCaptureUnsupported);
  stream->push(event->waiter());
  return cudaSuccess;
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
  if (spoils_capture(*stream)) return remember(cudaErrorStreamCaptureUnsupported);
  event->record(*stream);
  return cudaSuccess;
}

cudaError_t cudaEventQuery(cudaEvent_t handle) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  auto const event = Runtime::instance().event(handle);
  if (!event) return remember(cudaErrorInvalidResourceHandle);
  return event->done() ? cudaSuccess : remember(cudaErrorNotReady);
}

cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start_handle, cudaEvent_t stop_handle) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  auto const start = Runtime::instance().event(start_handle);
  auto const stop = Runtime::instance().event(stop_handle);
  if (!start || !stop || !start->timing() || !stop->timing() || !start->recorded() || !stop->recorded()) {
    return remember(cudaErrorInvalidResourceHandle);
  }
  if (!start->done() || !stop->done()) return remember(cudaErrorNotReady);
  *milliseconds = std::chrono::duration<float, std::milli>(stop->when() - start->when()).count();
  return cudaSuccess;
}
}
