// Engine: cuFile, from storage into a GPU's memory.
#pragma once
#include <memory>
#include <span>

#include "kernels/contract/device.hpp"
#include "kernels/dataload/memory.hpp"
#include "kernels/dataload/read_engine.hpp"

namespace muster::cuda {

/// Device memory, aligned to whole pages, of the current device.
dataload::HostMemory allocate_device(std::size_t bytes);

/// Threads that call cuFileRead, one for each read in flight. `memory` is the device's and all requests read
/// into it; it is registered, once. Throws Unsupported when cuFile cannot be used here, DeviceError when it
/// fails.
std::unique_ptr<dataload::ReadEngine> make_cufile_engine(int depth, dataload::InputFiles const& files,
                                                         std::span<std::byte> memory, Device& device);

}  // namespace muster::cuda
