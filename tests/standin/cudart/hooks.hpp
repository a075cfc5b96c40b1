// What the stand-ins of the other libraries need of the stand-in runtime, beyond CUDA's own functions.
#pragma once
#include <cuda_runtime_api.h>

#include <cstddef>
#include <functional>
#include <map>
#include <string>

extern "C" {

/// Work for `stream`, done in its order by its own thread; a status other than success is the device's fault
/// from then on. False for a stream that does not exist.
bool muster_standin_enqueue(cudaStream_t stream, std::function<cudaError_t()> job);

/// Does all of [address, address + bytes) lie in one device allocation?
bool muster_standin_is_device_memory(void const* address, std::size_t bytes);

/// Number in the machine of the calling thread's current GPU.
int muster_standin_current_gpu();

/// Objects that exist now, so that tests can show that all were given back.
struct MusterStandinLive {
  int allocations, pinned, streams, events, graphs;
};
MusterStandinLive muster_standin_live();

/// A library has been told to write a result to `address`.
void muster_standin_result_at(void const* address);
/// What happened since the last call: different addresses of results, and graphs launched.
struct MusterStandinDone {
  int results, graph_launches;
};
MusterStandinDone muster_standin_done();

/// How often each of the runtime's functions has been called since the last call, by name.
std::map<std::string, int> muster_standin_calls();
}
