#include "harness/device/cuda/graph.hpp"

#include <exception>
#include <utility>

#include "kernels/cuda/error.hpp"

namespace muster {
namespace {

/// Owns a handle that `destroy` gives back.
template <class Handle, cudaError_t (*destroy)(Handle)>
class Owner {
 public:
  Owner() = default;
  Owner(Owner const&) = delete;
  Owner& operator=(Owner const&) = delete;
  ~Owner() {
    if (handle_) (void)destroy(handle_);
  }
  Handle get() const { return handle_; }
  Handle* slot() { return &handle_; }

 private:
  Handle handle_ = nullptr;
};

class GraphRecording final : public Recording {
 public:
  GraphRecording(cudaStream_t stream, std::function<void()> const& enqueue) : stream_(stream) {
    capture(enqueue);
    cuda::check(cudaGraphInstantiate(executable_.slot(), graph_.get(), 0), "cudaGraphInstantiate");
    cuda::check(cudaGraphUpload(executable_.get(), stream_), "cudaGraphUpload");
  }
  void launch() override { cuda::check(cudaGraphLaunch(executable_.get(), stream_), "cudaGraphLaunch"); }

 private:
  /// Ends the capture whatever happens in it: a stream left capturing takes no other work.
  void capture(std::function<void()> const& enqueue) {
    cuda::check(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal), "cudaStreamBeginCapture");
    std::exception_ptr fault;
    try {
      enqueue();
    } catch (...) {
      fault = std::current_exception();
    }
    auto const status = cudaStreamEndCapture(stream_, graph_.slot());
    if (fault) {
      (void)cudaGetLastError();  // the capture's own complaint; the fault says more
      std::rethrow_exception(fault);
    }
    cuda::check(status, "cudaStreamEndCapture");
  }

  cudaStream_t stream_;
  Owner<cudaGraph_t, &cudaGraphDestroy> graph_;
  Owner<cudaGraphExec_t, &cudaGraphExecDestroy> executable_;
};

}  // namespace

std::unique_ptr<Recording> record_graph(cudaStream_t stream, std::function<void()> const& enqueue) {
  return std::make_unique<GraphRecording>(stream, enqueue);
}

}  // namespace muster
