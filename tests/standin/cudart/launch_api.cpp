// What nvcc's own code calls: registration of kernels by name, and their launch.
#include <cxxabi.h>
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "tests/standin/cudart/runtime.hpp"
#include "tests/standin/kernels/table.hpp"
#include "tests/standin/support/faults.hpp"

using namespace muster::standin;

namespace {

std::mutex mutex;

std::map<void const*, std::string>& registered_kernels() {
  static auto* const names = new std::map<void const*, std::string>;
  return *names;
}

std::string name_of(void const* stub) {
  std::lock_guard const lock(mutex);
  auto const found = registered_kernels().find(stub);
  return found == registered_kernels().end() ? "" : found->second;
}

// Opened apart from everything else: kernels there have the names of the plug-in's launch stubs.
decltype(&muster_standin_kernel) open_kernels() {
  Dl_info self{};
  if (dladdr(reinterpret_cast<void const*>(&open_kernels), &self) == 0) return nullptr;
  auto const file = std::filesystem::path(self.dli_fname).parent_path() / "libmuster_standin_kernels.so";
  void* const library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    std::fprintf(stderr, "stand-in cudart: %s\n", dlerror());
    return nullptr;
  }
  return reinterpret_cast<decltype(&muster_standin_kernel)>(dlsym(library, "muster_standin_kernel"));
}

KernelVersion const* version_of(std::string const& kernel) {
  static auto const lookup = open_kernels();
  auto const* const version = lookup ? lookup(kernel.c_str()) : nullptr;
  if (version == nullptr) {
    std::fprintf(
        stderr,
        "stand-in cudart: kernel '%s' has no CPU version; add it to tests/standin/kernels/kernels.cpp\n",
        kernel.c_str());
  }
  return version;
}

// "memory_copy_fp64" of "_ZN6muster4cuda16memory_copy_fp64EPdPKdm": what a rule of MUSTER_STANDIN_FAIL calls
// it.
std::string short_name(std::string const& mangled) {
  int status = 0;
  std::unique_ptr<char, decltype(&std::free)> const text(
      abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, &status), &std::free);
  std::string name = status == 0 ? text.get() : mangled;
  name = name.substr(0, name.find('('));
  return name.substr(name.rfind(':') + 1);
}

cudaError_t run(std::string const& kernel, std::function<void()> const& body) {
  try {
    body();
    return cudaSuccess;
  } catch (std::exception const& error) {
    std::fprintf(stderr, "stand-in cudart: kernel '%s': %s\n", kernel.c_str(), error.what());
    return cudaErrorLaunchFailure;
  }
}

bool possible(dim3 const& grid, dim3 const& block) {
  auto const threads = std::uint64_t{block.x} * block.y * block.z;
  return threads > 0 && threads <= 1024 && grid.x > 0 && grid.y > 0 && grid.z > 0 && grid.y < 65536 &&
         grid.z < 65536;
}

cudaError_t launch(void const* stub, dim3 grid, dim3 block, void** arguments, std::size_t shared_bytes,
                   cudaStream_t handle) {
  auto const kernel = name_of(stub);
  auto const stream = Runtime::instance().stream(handle, current_device());
  if (!stream || stream->device() != current_device()) return cudaErrorInvalidResourceHandle;
  auto const* const version = version_of(kernel);
  if (version == nullptr) return cudaErrorInvalidDeviceFunction;
  if (!possible(grid, block)) return cudaErrorInvalidConfiguration;
  auto const found = fault(short_name(kernel));
  if (found && found->kind == Fault::Kind::status) return static_cast<cudaError_t>(found->value);
  LaunchShape const shape{{grid.x, grid.y, grid.z}, {block.x, block.y, block.z}, shared_bytes};
  stream->push([kernel, found, body = version->bind(shape, arguments)] {
    if (found && found->kind == Fault::Kind::hang) hang();
    if (found && found->kind == Fault::Kind::delay) delay(found->value);
    if (found && found->kind == Fault::Kind::wrong) return cudaSuccess;  // it writes nothing at all
    return run(kernel, body);
  });
  return cudaSuccess;
}

// kernel<<<...>>> hands its configuration over in two steps.
struct Configuration {
  dim3 grid, block;
  std::size_t shared_bytes;
  cudaStream_t stream;
};
thread_local Configuration pending{};

}  // namespace

// crt/host_runtime.h has these, but serves nvcc's own output only.
extern "C" {

void** __cudaRegisterFatBinary(void*) {
  static void* handle = nullptr;
  return &handle;
}
void __cudaRegisterFatBinaryEnd(void**) {}
void __cudaUnregisterFatBinary(void**) {}
char __cudaInitModule(void**) { return 1; }

void __cudaRegisterFunction(void**, char const* stub, char*, char const* name, int, uint3*, uint3*, dim3*,
                            dim3*, int*) {
  std::lock_guard const lock(mutex);
  registered_kernels()[stub] = name;
}

unsigned __cudaPushCallConfiguration(dim3 grid, dim3 block, std::size_t shared_bytes, cudaStream_t stream) {
  pending = {grid, block, shared_bytes, stream};
  return 0;
}

cudaError_t __cudaPopCallConfiguration(dim3* grid, dim3* block, std::size_t* shared_bytes, void* stream) {
  *grid = pending.grid;
  *block = pending.block;
  *shared_bytes = pending.shared_bytes;
  *static_cast<cudaStream_t*>(stream) = pending.stream;
  return cudaSuccess;
}

cudaError_t cudaLaunchKernel(void const* stub, dim3 grid, dim3 block, void** arguments,
                             std::size_t shared_bytes, cudaStream_t stream) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  return remember(launch(stub, grid, block, arguments, shared_bytes, stream));
}

// CUDA 13's stubs look the kernel up first.
cudaError_t __cudaGetKernel(cudaKernel_t* kernel, void const* stub) {
  *kernel = reinterpret_cast<cudaKernel_t>(const_cast<void*>(stub));
  return cudaSuccess;
}

cudaError_t __cudaLaunchKernel(cudaKernel_t kernel, dim3 grid, dim3 block, void** arguments,
                               std::size_t shared_bytes, cudaStream_t stream) {
  return cudaLaunchKernel(reinterpret_cast<void const*>(kernel), grid, block, arguments, shared_bytes,
                          stream);
}
}
