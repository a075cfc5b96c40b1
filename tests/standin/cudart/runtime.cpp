#include "tests/standin/cudart/runtime.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "tests/standin/cudart/graph.hpp"
#include "tests/standin/support/faults.hpp"
#include "tests/standin/support/machine.hpp"

namespace muster::standin {

Runtime& Runtime::instance() {
  static auto* const the_one = new Runtime;
  return *the_one;
}

std::map<char const*, Runtime::Block>::const_iterator Runtime::block_of(void const* address,
                                                                        std::size_t bytes) const {
  auto const* const begin = static_cast<char const*>(address);
  auto found = blocks_.upper_bound(begin);
  if (found == blocks_.begin()) return blocks_.end();
  --found;
  return begin + bytes <= found->first + found->second.bytes ? found : blocks_.end();
}

cudaError_t Runtime::add_block(void** address, std::size_t bytes, int device) {
  constexpr std::size_t alignment = 256;  // cudaMalloc's own
  void* memory = nullptr;
  if (posix_memalign(&memory, alignment, std::max<std::size_t>(bytes, 1)) != 0)
    return cudaErrorMemoryAllocation;
  std::memset(memory, 0xff, bytes);  // NaN, so that memory nobody has written does not look right
  std::lock_guard const lock(mutex_);
  blocks_[static_cast<char*>(memory)] = {bytes, device};
  *address = memory;
  return cudaSuccess;
}

cudaError_t Runtime::remove_block(void* address, bool pinned) {
  if (address == nullptr) return cudaSuccess;
  {
    std::lock_guard const lock(mutex_);
    auto const found = blocks_.find(static_cast<char*>(address));
    if (found == blocks_.end() || (found->second.device < 0) != pinned) return cudaErrorInvalidValue;
    if (!pinned) used_.at(static_cast<std::size_t>(found->second.device)) -= found->second.bytes;
    blocks_.erase(found);
  }
  std::free(address);
  return cudaSuccess;
}

cudaError_t Runtime::allocate(void** address, std::size_t bytes, int device) {
  {
    std::lock_guard const lock(mutex_);
    auto& used = used_.at(static_cast<std::size_t>(device));
    if (bytes > memory_bytes() - std::min(used, memory_bytes())) return cudaErrorMemoryAllocation;
    used += bytes;
  }
  return add_block(address, bytes, device);
}

cudaError_t Runtime::free(void* address) {
  // As the real one: waits for the device, so that no work is left that uses the memory.
  int device = -1;
  {
    std::lock_guard const lock(mutex_);
    if (auto const found = blocks_.find(static_cast<char*>(address)); found != blocks_.end())
      device = found->second.device;
  }
  if (device >= 0) drain(device);
  return remove_block(address, false);
}

cudaError_t Runtime::allocate_pinned(void** address, std::size_t bytes) {
  return add_block(address, bytes, -1);
}

cudaError_t Runtime::free_pinned(void* address) {
  for (int device = 0; device < most_gpus; ++device) drain(device);
  return remove_block(address, true);
}

cudaError_t Runtime::register_host(void* address, std::size_t bytes) {
  std::lock_guard const lock(mutex_);
  if (address == nullptr || bytes == 0) return cudaErrorInvalidValue;
  bool const added = blocks_.emplace(static_cast<char*>(address), Block{bytes, -1}).second;
  return added ? cudaSuccess : cudaErrorHostMemoryAlreadyRegistered;
}

cudaError_t Runtime::unregister_host(void* address) {
  for (int device = 0; device < most_gpus; ++device) drain(device);
  std::lock_guard const lock(mutex_);
  auto const found = blocks_.find(static_cast<char*>(address));
  if (found == blocks_.end() || found->second.device >= 0) return cudaErrorHostMemoryNotRegistered;
  blocks_.erase(found);
  return cudaSuccess;
}

std::size_t Runtime::used(int device) const {
  std::lock_guard const lock(mutex_);
  return used_.at(static_cast<std::size_t>(device));
}

bool Runtime::is_device(void const* address, std::size_t bytes) const {
  std::lock_guard const lock(mutex_);
  auto const found = block_of(address, bytes);
  return found != blocks_.end() && found->second.device >= 0;
}

bool Runtime::touches_device(void const* address, std::size_t bytes) const {
  std::lock_guard const lock(mutex_);
  auto const* const begin = static_cast<char const*>(address);
  return std::ranges::any_of(blocks_, [&](auto const& entry) {
    auto const& [start, block] = entry;
    return block.device >= 0 && begin < start + block.bytes && start < begin + bytes;
  });
}

bool Runtime::is_pinned(void const* address, std::size_t bytes) const {
  std::lock_guard const lock(mutex_);
  auto const found = block_of(address, bytes);
  return found != blocks_.end() && found->second.device < 0;
}

cudaStream_t Runtime::add_stream(int device) {
  auto stream = std::make_shared<Stream>(device, health(device));
  auto const handle = reinterpret_cast<cudaStream_t>(stream.get());
  std::lock_guard const lock(mutex_);
  streams_[handle] = std::move(stream);
  return handle;
}

std::shared_ptr<Stream> Runtime::stream(cudaStream_t handle, int current) {
  std::lock_guard const lock(mutex_);
  if (handle == nullptr) {
    auto& stream = default_streams_.at(static_cast<std::size_t>(current));
    if (!stream) stream = std::make_shared<Stream>(current, health(current));
    return stream;
  }
  auto const found = streams_.find(handle);
  return found == streams_.end() ? nullptr : found->second;
}

bool Runtime::remove_stream(cudaStream_t handle) {
  std::lock_guard const lock(mutex_);
  auto const found = streams_.find(handle);
  if (found == streams_.end()) return false;
  found->second->close();
  streams_.erase(found);
  return true;
}

cudaEvent_t Runtime::add_event(bool timing) {
  auto event = std::make_shared<Event>(timing);
  auto const handle = reinterpret_cast<cudaEvent_t>(event.get());
  std::lock_guard const lock(mutex_);
  events_[handle] = std::move(event);
  return handle;
}

std::shared_ptr<Event> Runtime::event(cudaEvent_t handle) const {
  std::lock_guard const lock(mutex_);
  auto const found = events_.find(handle);
  return found == events_.end() ? nullptr : found->second;
}

bool Runtime::remove_event(cudaEvent_t handle) {
  std::lock_guard const lock(mutex_);
  return events_.erase(handle) > 0;
}

void Runtime::drain(int device) const {
  std::vector<std::shared_ptr<Stream>> streams;
  {
    std::lock_guard const lock(mutex_);
    for (auto const& [handle, stream] : streams_) streams.push_back(stream);
    for (auto const& stream : default_streams_) streams.push_back(stream);
  }
  for (auto const& stream : streams) {
    if (stream && stream->device() == device) stream->drain();
  }
}

MusterStandinLive Runtime::live() const {
  std::lock_guard const lock(mutex_);
  auto const pinned =
      std::ranges::count_if(blocks_, [](auto const& entry) { return entry.second.device < 0; });
  return {static_cast<int>(blocks_.size()) - static_cast<int>(pinned), static_cast<int>(pinned),
          static_cast<int>(streams_.size()), static_cast<int>(events_.size()), graphs_alive()};
}

Tally& Tally::instance() {
  static auto* const the_one = new Tally;
  return *the_one;
}

void Tally::add_result(void const* address) {
  std::lock_guard const lock(mutex_);
  results_.insert(address);
}

void Tally::add_graph_launch() {
  std::lock_guard const lock(mutex_);
  ++graph_launches_;
}

void Tally::add_call(char const* function) {
  std::lock_guard const lock(mutex_);
  ++calls_[function];
}

std::map<std::string, int> Tally::take_calls() {
  std::lock_guard const lock(mutex_);
  return std::exchange(calls_, {});
}

MusterStandinDone Tally::take() {
  std::lock_guard const lock(mutex_);
  auto const results = std::exchange(results_, {});
  return {static_cast<int>(results.size()), std::exchange(graph_launches_, 0)};
}

cudaError_t& last_error() {
  thread_local cudaError_t error = cudaSuccess;
  return error;
}

cudaError_t remember(cudaError_t status) {
  if (status != cudaSuccess) last_error() = status;
  return status;
}

int& current_device() {
  thread_local int device = 0;
  return device;
}

std::optional<cudaError_t> obstacle_to_unsafe(char const* function) {
  if (auto const status = obstacle(function)) return status;
  if (spoils_capture()) return cudaErrorStreamCaptureUnsupported;
  return std::nullopt;
}

std::optional<cudaError_t> obstacle(char const* function) {
  Tally::instance().add_call(function);
  if (auto const status = injected(function)) return static_cast<cudaError_t>(*status);
  auto const here = machine();
  if (!here.driver) return cudaErrorInsufficientDriver;
  if (here.gpus == 0) return cudaErrorNoDevice;
  auto const fault = Runtime::instance().health(current_device()).status();
  if (fault != cudaSuccess) return fault;
  return std::nullopt;
}

}  // namespace muster::standin

extern "C" {

bool muster_standin_enqueue(cudaStream_t handle, std::function<cudaError_t()> job) {
  auto const stream = muster::standin::Runtime::instance().stream(handle, muster::standin::current_device());
  if (stream) stream->push(std::move(job));
  return stream != nullptr;
}

bool muster_standin_is_device_memory(void const* address, std::size_t bytes) {
  return muster::standin::Runtime::instance().is_device(address, bytes);
}

int muster_standin_current_gpu() { return muster::standin::physical(muster::standin::current_device()); }

MusterStandinLive muster_standin_live() { return muster::standin::Runtime::instance().live(); }

void muster_standin_result_at(void const* address) { muster::standin::Tally::instance().add_result(address); }

std::map<std::string, int> muster_standin_calls() { return muster::standin::Tally::instance().take_calls(); }

MusterStandinDone muster_standin_done() { return muster::standin::Tally::instance().take(); }
}
