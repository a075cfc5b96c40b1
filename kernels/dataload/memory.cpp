#include "kernels/dataload/memory.hpp"

#include <fmt/format.h>

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "kernels/contract/error.hpp"

namespace muster::dataload {

HostMemory allocate_pages(std::size_t bytes) {
  constexpr std::size_t small_page = 4096, huge_page = std::size_t{2} << 20;
  std::size_t const page = bytes >= huge_page / 4 ? huge_page : small_page;
  std::size_t const rounded = std::max(page, (bytes + page - 1) / page * page);
  auto* const memory = static_cast<std::byte*>(std::aligned_alloc(page, rounded));
  if (memory == nullptr) {
    throw OutOfMemory(
        fmt::format("{} bytes of host memory could not be had; use a smaller batch or prefetch", rounded));
  }
  // Large pages where the system has them: a read of 1 MiB is then one piece for the device in place of 256.
  if (page == huge_page) ::madvise(memory, rounded, MADV_HUGEPAGE);
  std::memset(memory, 0, rounded);  // or the first batches would pay for the page faults
  return HostMemory(memory, [](std::byte* pointer) { std::free(pointer); });
}

}  // namespace muster::dataload
