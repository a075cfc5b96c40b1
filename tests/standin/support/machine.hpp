// The GPUs that the stand-in libraries pretend to have; the same for all of them.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace muster::standin {

/// What MUSTER_STANDIN_GPUS says: a number (default 2), or "nodriver". CUDA_VISIBLE_DEVICES (numbers) narrows
/// it down.
struct Machine {
  bool driver = true;
  int gpus = 2;  ///< that this process sees
};
Machine machine();

/// Number of the GPU in the machine, of the one that this process calls `index`.
int physical(int index);

/// Memory of each GPU in bytes: MUSTER_STANDIN_MEMORY, or 4 GiB.
std::size_t memory_bytes();

/// JPEG engines of each GPU: MUSTER_STANDIN_JPEG_ENGINES, or 1.
unsigned jpeg_engines();

inline constexpr char const* gpu_name = "Stand-in GPU (host memory)";
inline constexpr int multiprocessors = 2;
inline constexpr unsigned sm_clock_mhz = 1000, memory_clock_mhz = 1000, memory_bus_bits = 1024;

std::array<std::uint8_t, 16> uuid(int physical_gpu);
std::string uuid_text(int physical_gpu);  ///< "GPU-5374616e-642d-696e-0000-000000000003"
std::string pci_address(int physical_gpu);

}  // namespace muster::standin
