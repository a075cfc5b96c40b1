// CUDA graphs as far as recording streams' work and repeating it needs them. Stricter than the real runtime:
// pageable memory cannot be captured at all.
#include <map>
#include <mutex>

#include "tests/standin/cudart/graph.hpp"
#include "tests/standin/cudart/runtime.hpp"

using namespace muster::standin;

namespace {

/// The stream for which this thread captures.
std::shared_ptr<Stream>& capturing() {
  thread_local std::shared_ptr<Stream> stream;
  return stream;
}

/// Objects by handle.
template <class Handle, class Object>
class Table {
 public:
  Handle add(std::shared_ptr<Object> object) {
    auto const handle = reinterpret_cast<Handle>(object.get());
    std::lock_guard const lock(mutex_);
    entries_[handle] = std::move(object);
    return handle;
  }
  std::shared_ptr<Object> find(Handle handle) const {
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
  std::map<Handle, std::shared_ptr<Object>> entries_;
};

using Graphs = Table<cudaGraph_t, CapturedWork>;
using ReadyGraphs = Table<cudaGraphExec_t, ReadyGraph>;

template <class Table>
Table& table() {
  static auto* const the_one = new Table;
  return *the_one;
}

std::shared_ptr<Stream> stream_of(cudaStream_t handle) {
  return Runtime::instance().stream(handle, current_device());
}

}  // namespace

namespace muster::standin {

bool begin_capture(std::shared_ptr<Stream> const& stream) {
  if (stream->capture()) return false;
  stream->become(std::make_shared<Capture>(stream));
  capturing() = stream;
  return true;
}

Capture::Result end_capture(Stream& stream) {
  auto const capture = stream.capture();
  if (!capture) return {cudaErrorIllegalState};
  if (capturing().get() != &stream) return {cudaErrorStreamCaptureWrongThread};
  capturing().reset();
  for (auto const& one : capture->streams()) one->become(nullptr);
  return capture->end();
}

bool spoils_capture() {
  if (!capturing()) return false;
  capturing()->capture()->spoil();
  return true;
}

bool spoils_capture(Stream& stream) {
  auto const capture = stream.capture();
  if (capture) capture->spoil();
  return capture != nullptr;
}

int graphs_alive() { return table<Graphs>().size() + table<ReadyGraphs>().size(); }

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
  if (captured.status == cudaSuccess)
    *graph = table<Graphs>().add(std::make_shared<CapturedWork>(std::move(captured.work)));
  return remember(captured.status);
}

cudaError_t cudaStreamIsCapturing(cudaStream_t handle, cudaStreamCaptureStatus* state) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  auto const stream = stream_of(handle);
  if (!stream) return remember(cudaErrorInvalidResourceHandle);
  *state = stream->capture() ? cudaStreamCaptureStatusActive : cudaStreamCaptureStatusNone;
  return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  auto const work = table<Graphs>().find(graph);
  if (!work) return remember(cudaErrorInvalidValue);
  *executable = table<ReadyGraphs>().add(std::make_shared<ReadyGraph>(*work));
  return cudaSuccess;
}

cudaError_t cudaGraphUpload(cudaGraphExec_t executable, cudaStream_t stream) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  bool const known = table<ReadyGraphs>().find(executable) && stream_of(stream);
  return remember(known ? cudaSuccess : cudaErrorInvalidValue);
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t handle) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  auto const graph = table<ReadyGraphs>().find(executable);
  auto const stream = stream_of(handle);
  if (!graph || !stream) return remember(cudaErrorInvalidValue);
  graph->launch(stream);
  Tally::instance().add_graph_launch();
  return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  return remember(table<Graphs>().remove(graph) ? cudaSuccess : cudaErrorInvalidValue);
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  return remember(table<ReadyGraphs>().remove(executable) ? cudaSuccess : cudaErrorInvalidValue);
}
}
