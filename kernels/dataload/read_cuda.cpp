// dataload/read for a GPU: into pinned memory, or by cuFile into the GPU's own.
#include "kernels/contract/backend.hpp"
#include "kernels/cuda/buffer.hpp"
#include "kernels/dataload/cufile_engine.hpp"
#include "kernels/dataload/pinned_memory.hpp"
#include "kernels/dataload/read_instance.hpp"

namespace muster::cuda {
namespace {

using dataload::Engine;
using dataload::InputFiles;
using dataload::ReadTarget;

ReadTarget device_memory(Device& device) {
  ReadTarget target;
  target.allocate = &allocate_device;
  target.make = [&device](Engine, int depth, InputFiles const& files, std::span<std::byte> memory) {
    return dataload::EngineChoice{make_cufile_engine(depth, files, memory, device), ""};
  };
  target.fetch = [&device](std::byte const* from, std::span<std::byte> to) {
    copy_to_host(to.data(), from, to.size(), static_cast<cudaStream_t>(device.queue()));
  };
  return target;
}

ReadTarget pinned_memory() {
  ReadTarget target;
  target.allocate = &allocate_pinned;
  return target;
}

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  bool const cufile = params.text("engine") == "cufile";
  return std::make_unique<dataload::ReadInstance>(params, context,
                                                  cufile ? device_memory(context.device) : pinned_memory());
}

MakerRegistration const registration{"dataload/read", &make};

}  // namespace
}  // namespace muster::cuda
