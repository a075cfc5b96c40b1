// Launches recorded as a CUDA graph: repeating it costs the host one call for all of them.
#pragma once
#include <cuda_runtime_api.h>

#include <functional>
#include <utility>

namespace muster::cuda {

/// Owns a handle that `destroy` gives back.
template <class Handle, cudaError_t (*destroy)(Handle)>
class GraphOwner {
 public:
  GraphOwner() = default;
  GraphOwner(GraphOwner&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  GraphOwner& operator=(GraphOwner&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~GraphOwner() {
    if (handle_) (void)destroy(handle_);
  }
  Handle get() const { return handle_; }
  Handle* slot() { return &handle_; }

 private:
  Handle handle_ = nullptr;
};

class Graph {
 public:
  /// What `enqueue` puts on `stream`, and on other streams that wait for it and that it waits for again.
  /// Nothing of it is run. Library calls in it must have run once before (first calls allocate, which a
  /// recording forbids). Throws DeviceError, and what `enqueue` throws.
  Graph(cudaStream_t stream, std::function<void()> const& enqueue);
  void launch();  ///< on that stream; throws DeviceError

 private:
  void capture(std::function<void()> const& enqueue);

  cudaStream_t stream_;
  GraphOwner<cudaGraph_t, &cudaGraphDestroy> graph_{};
  GraphOwner<cudaGraphExec_t, &cudaGraphExecDestroy> executable_{};
};

}  // namespace muster::cuda
