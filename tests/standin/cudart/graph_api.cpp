// CUDA graphs as far as recording a stream's work and repeating it needs them. Stricter than the real
// runtime: events and pageable memory cannot be captured at all.
#include <map>
#include <mutex>
#include <thread>

#include "tests/standin/cudart/graph.hpp"
#include "tests/standin/cudart/runtime.hpp"

using namespace muster::standin;

namespace {

/// The stream for which this thread captures.
std::shared_ptr<Stream>& capturing() {
  thread_local std::shared_ptr<Stream> stream;
  return stream;
}

/// Graphs by handle; both kinds hold the same thing, the jobs in their order.
template <class Handle>
class Table {
 public:
  Handle add(Jobs jobs) {
    auto entry = std::make_shared<Jobs const>(std::move(jobs));
    auto const handle = reinterpret_cast<Handle>(const_cast<Jobs*>(entry.get()));
    std::lock_guard const lock(mutex_);
    entries_[handle] = std::move(entry);
    return handle;
  }
  std::shared_ptr<Jobs const> find(Handle handle) const {
    std::lock_guard const lock(mutex_);
    auto const found = entries_.find(handle);
    return found == entries_.end() ? nullptr : found->second;
  }
  bool remove(Handle handle) {
    std::lock_guard const lock(mutex_);
    return entries_.erase(handle) > 0;
  }
  int size() const {
    std::lock_guard const lock(mutex_);
    return static_cast<int>(entries_.size());
  }

 private:
  mutable std::mutex mutex_;
  std::map<Handle, std::shared_ptr<Jobs const>> entries_;
};

template <class Handle>
Table<Handle>& table() {
  static auto* const the_one = new Table<Handle>;
  return *the_one;
}

std::shared_ptr<Stream> stream_of(cudaStream_t handle) {
  return Runtime::instance().stream(handle, current_device());
}

}  // namespace

namespace muster::standin {

bool begin_capture(std::shared_ptr<Stream> const& stream) {
  if (!stream->begin_capture()) return false;
  capturing() = stream;
  return true;
}

Captured end_capture(Stream& stream) {
  if (!stream.captures()) return {cudaErrorIllegalState};
  if (capturing().get() != &stream) return {cudaErrorStreamCaptureWrongThread};
  capturing().reset();
  auto jobs = stream.end_capture();
  if (!jobs) return {cudaErrorStreamCaptureInvalidated};
  return {cudaSuccess, std::move(*jobs)};
}

bool spoils_capture() {
  if (!capturing()) return false;
  capturing()->spoil_capture();
  return true;
}

bool spoils_capture(Stream& stream) {
  if (!stream.captures()) return false;
  stream.spoil_capture();
  return true;
}

int graphs_alive() { return table<cudaGraph_t>().size() + table<cudaGraphExec_t>().size(); }

}  // namespace muster::standin

extern "C" {

cudaError_t cudaStreamBeginCapture(cudaStream_t handle, cudaStreamCaptureMode) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  if (handle == nullptr) return remember(cudaErrorStreamCaptureUnsupported);  // the default stream
  auto const stream = stream_of(handle);
  if (!stream) return remember(cudaErrorInvalidResourceHandle);
  return remember(begin_capture(stream) ? cudaSuccess : cudaErrorIllegalState);
}

cudaError_t cudaStreamEndCapture(cudaStream_t handle, cudaGraph_t* graph) {
  *graph = nullptr;
  if (auto const status = obstacle(__func__)) return remember(*status);
  auto const stream = stream_of(handle);
  if (!stream) return remember(cudaErrorInvalidResourceHandle);
  auto captured = end_capture(*stream);
  if (captured.status == cudaSuccess) *graph = table<cudaGraph_t>().add(std::move(captured.jobs));
  return remember(captured.status);
}

cudaError_t cudaStreamIsCapturing(cudaStream_t handle, cudaStreamCaptureStatus* state) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  auto const stream = stream_of(handle);
  if (!stream) return remember(cudaErrorInvalidResourceHandle);
  *state = stream->captures() ? cudaStreamCaptureStatusActive : cudaStreamCaptureStatusNone;
  return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  auto const jobs = table<cudaGraph_t>().find(graph);
  if (!jobs) return remember(cudaErrorInvalidValue);
  *executable = table<cudaGraphExec_t>().add(*jobs);
  return cudaSuccess;
}

cudaError_t cudaGraphUpload(cudaGraphExec_t executable, cudaStream_t stream) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  bool const known = table<cudaGraphExec_t>().find(executable) && stream_of(stream);
  return remember(known ? cudaSuccess : cudaErrorInvalidValue);
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t handle) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  auto const jobs = table<cudaGraphExec_t>().find(executable);
  auto const stream = stream_of(handle);
  if (!jobs || !stream) return remember(cudaErrorInvalidValue);
  for (auto const& job : *jobs) stream->push(job);
  Tally::instance().add_graph_launch();
  return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  return remember(table<cudaGraph_t>().remove(graph) ? cudaSuccess : cudaErrorInvalidValue);
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  return remember(table<cudaGraphExec_t>().remove(executable) ? cudaSuccess : cudaErrorInvalidValue);
}
}
