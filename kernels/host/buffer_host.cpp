#include <fmt/format.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstring>

#include "kernels/contract/error.hpp"
#include "kernels/host/buffer.hpp"

namespace muster::host {

namespace {

constexpr std::uint64_t huge_page = 2 << 20;

}  // namespace

Buffer::Buffer(std::uint64_t bytes) : bytes_(bytes) {
  if (bytes == 0) return;
  bool const large = bytes >= huge_page;
  mapped_ = static_cast<std::size_t>(large ? bytes + huge_page : bytes);
  mapping_ = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping_ == MAP_FAILED) {
    mapping_ = nullptr;
    throw OutOfMemory(
        fmt::format("{} bytes of memory cannot be had ({}) use a smaller case", bytes, std::strerror(errno)));
  }
  auto const start = reinterpret_cast<std::uintptr_t>(mapping_);
  auto const aligned = large ? (start + huge_page - 1) / huge_page * huge_page : start;
  data_ = static_cast<std::byte*>(mapping_) + (aligned - start);
  // A refusal (huge pages switched off) costs speed only, and the system's own setting is the user's choice.
  if (large) static_cast<void>(madvise(data_, static_cast<std::size_t>(bytes), MADV_HUGEPAGE));
}

Buffer::~Buffer() {
  if (mapping_ != nullptr) munmap(mapping_, mapped_);
}

}  // namespace muster::host
