// CPU versions of our kernels, by the mangled name under which nvcc registers them with the runtime. They
// live in a library of their own that is opened apart: their names are those of the plug-in's own launch
// stubs.
#pragma once
#include <cstddef>
#include <functional>

namespace muster::standin {

struct LaunchShape {
  unsigned grid[3];
  unsigned block[3];
  std::size_t shared_bytes;
};

struct KernelVersion {
  char const* name;
  /// Copies the arguments; the result runs the kernel and throws what cudacpu::run throws.
  std::function<void()> (*bind)(LaunchShape const& shape, void** arguments);
};

}  // namespace muster::standin

/// The version of kernel `name`; null where there is none.
extern "C" muster::standin::KernelVersion const* muster_standin_kernel(char const* name);
