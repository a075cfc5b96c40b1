#include "kernels/cuda/graph.hpp"

#include <exception>

#include "kernels/cuda/error.hpp"

namespace muster::cuda {

Graph::Graph(cudaStream_t stream, std::function<void()> const& enqueue) : stream_(stream) {
  capture(enqueue);
  check(cudaGraphInstantiate(executable_.slot(), graph_.get(), 0), "cudaGraphInstantiate");
  check(cudaGraphUpload(executable_.get(), stream_), "cudaGraphUpload");
}

/// Ends the capture whatever happens in it: a stream left capturing takes no other work.
void Graph::capture(std::function<void()> const& enqueue) {
  check(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal), "cudaStreamBeginCapture");
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
  check(status, "cudaStreamEndCapture");
}

void Graph::launch() { check(cudaGraphLaunch(executable_.get(), stream_), "cudaGraphLaunch"); }

}  // namespace muster::cuda
