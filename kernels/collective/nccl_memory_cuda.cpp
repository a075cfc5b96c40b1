#include "kernels/collective/nccl_memory.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kernels/contract/error.hpp"

namespace muster::cuda {
namespace {

[[noreturn]] void refuse(char const* what, char const* since, int version) {
  throw Unsupported(
      fmt::format("NCCL {}.{}.{} has no {} (it came with {}) install a later NCCL, or leave registration "
                  "away",
                  version / 10000, version / 100 % 100, version % 100, what, since));
}

void require(NcclApi const& api, Registration registration) {
  bool const alloc = api.mem_alloc && api.mem_free;
  if (!alloc || !api.register_buffer || !api.deregister_buffer)
    refuse("registration of user buffers", "2.19", api.version());
  if (registration == Registration::symmetric_window && (!api.register_window || !api.deregister_window))
    refuse("symmetric windows", "2.27", api.version());
}

}  // namespace

std::uint64_t left_by_nccl(std::uint64_t free) { return free - std::min<std::uint64_t>(free / 4, 1 << 30); }

Registration registration_of(Params const& params) {
  auto const& text = params.text("registration");
  if (text == "user_buffer") return Registration::user_buffer;
  if (text == "symmetric_window") return Registration::symmetric_window;
  return Registration::none;
}

NcclMemory::NcclMemory(NcclCommunicator& communicator, std::size_t bytes, Registration registration,
                       std::string const& what)
    : communicator_(&communicator), registration_(registration), bytes_(bytes) {
  if (registration == Registration::none) {
    plain_ = DeviceBuffer(bytes, what);
    return;
  }
  auto const& api = nccl();
  require(api, registration);
  constexpr std::size_t alignment = NCCL_WIN_REQUIRED_ALIGNMENT;
  bytes_ = (bytes + alignment - 1) / alignment * alignment;
  if (api.mem_alloc(&registered_, bytes_) != ncclSuccess) {
    throw OutOfMemory(
        fmt::format("ncclMemAlloc gives no {} bytes for {} use a smaller size, or leave registration away",
                    bytes_, what));
  }
}

void NcclMemory::attach() {
  if (registration_ == Registration::user_buffer)
    handle_ = communicator_->register_buffer(registered_, bytes_);
  if (registration_ != Registration::symmetric_window) return;
  window_ = communicator_->register_window(registered_, bytes_);
  if (window_) return;
  // Success, and no window: NCCL 2.27 to 2.30 (dev_runtime.cc) where symmetric memory is not to be had.
  throw Unsupported(
      "NCCL made no symmetric window (it takes GPUs that all reach each other's memory, and cuMem) leave "
      "registration away, or use user_buffer");
}

NcclMemory::~NcclMemory() {
  if (!registered_) return;
  if (handle_) communicator_->deregister_buffer(handle_);
  if (window_) communicator_->deregister_window(window_);
  (void)nccl().mem_free(registered_);
}

void NcclMemory::swap(NcclMemory& other) noexcept {
  std::swap(communicator_, other.communicator_);
  std::swap(registration_, other.registration_);
  std::swap(plain_, other.plain_);
  std::swap(registered_, other.registered_);
  std::swap(handle_, other.handle_);
  std::swap(window_, other.window_);
  std::swap(bytes_, other.bytes_);
}

}  // namespace muster::cuda
