// The stand-in runtime's state: devices with their memory, streams and events by handle, errors.
#pragma once
#include <cuda_runtime_api.h>

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/standin/cudart/hooks.hpp"
#include "tests/standin/cudart/stream.hpp"

namespace muster::standin {

inline constexpr int most_gpus = 16;

class Runtime {
 public:
  static Runtime& instance();  ///< never destroyed: threads of streams may outlive static objects

  // Memory. Addresses are host addresses, yet those of "device" memory are only good for device functions.
  cudaError_t allocate(void** address, std::size_t bytes, int device);
  cudaError_t free(void* address);
  cudaError_t allocate_pinned(void** address, std::size_t bytes);
  cudaError_t free_pinned(void* address);
  cudaError_t register_host(void* address,
                            std::size_t bytes);  ///< memory of the caller's, page-locked from now on
  cudaError_t unregister_host(void* address);
  std::size_t used(int device) const;
  bool is_device(void const* address, std::size_t bytes) const;
  bool touches_device(void const* address, std::size_t bytes) const;
  bool is_pinned(void const* address, std::size_t bytes) const;

  // Handles. Null is the current device's own stream; an unknown handle gives null.
  cudaStream_t add_stream(int device);
  std::shared_ptr<Stream> stream(cudaStream_t handle, int current_device);
  bool remove_stream(cudaStream_t handle);
  cudaEvent_t add_event(bool timing);
  std::shared_ptr<Event> event(cudaEvent_t handle) const;
  bool remove_event(cudaEvent_t handle);

  Health& health(int device) { return health_.at(static_cast<std::size_t>(device)); }
  void drain(int device) const;
  MusterStandinLive live() const;

 private:
  struct Block {
    std::size_t bytes;
    int device;  // -1: pinned host memory
  };
  std::map<char const*, Block>::const_iterator block_of(void const* address, std::size_t bytes) const;
  cudaError_t add_block(void** address, std::size_t bytes, int device);
  cudaError_t remove_block(void* address, bool pinned);

  mutable std::mutex mutex_;
  std::map<char const*, Block> blocks_;
  std::array<std::size_t, most_gpus> used_{};
  std::map<cudaStream_t, std::shared_ptr<Stream>> streams_;
  std::map<cudaEvent_t, std::shared_ptr<Event>> events_;
  std::array<std::shared_ptr<Stream>, most_gpus> default_streams_;
  std::array<Health, most_gpus> health_;
};

/// What muster_standin_done() tells.
class Tally {
 public:
  static Tally& instance();
  void add_result(void const* address);
  void add_graph_launch();
  void add_call(char const* function);
  MusterStandinDone take();
  std::map<std::string, int> take_calls();

 private:
  std::mutex mutex_;
  std::set<void const*> results_;
  int graph_launches_ = 0;
  std::map<std::string, int> calls_;
};

/// Remembers `status` as the calling thread's last error, and returns it.
cudaError_t remember(cudaError_t status);
cudaError_t& last_error();  ///< of the calling thread

int& current_device();  ///< of the calling thread

/// What stands in the way of any call on the current device: an error on demand, no driver, no device, an
/// earlier fault.
std::optional<cudaError_t> obstacle(char const* function);
/// The same for calls that no thread may make while it captures a stream (they could wait for the device):
/// such a call spoils the capture.
std::optional<cudaError_t> obstacle_to_unsafe(char const* function);

}  // namespace muster::standin
