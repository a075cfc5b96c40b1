// Memory for a collective's buffers, known to NCCL in the way that a case asks for.
#pragma once
#include <cstddef>
#include <string>

#include "kernels/collective/nccl_communicator.hpp"
#include "kernels/contract/params.hpp"
#include "kernels/cuda/buffer.hpp"

namespace muster::cuda {

/// Of `free` bytes, what a case's buffers may take: NCCL takes hundreds of MiB itself when it first connects
/// (2.22 and later: at the first operation of each kind), so 1 GiB, or a quarter of less than 4, stays.
std::uint64_t left_by_nccl(std::uint64_t free);

enum class Registration {
  none,             ///< cudaMalloc
  user_buffer,      ///< ncclMemAlloc and ncclCommRegister (2.19)
  symmetric_window  ///< ncclMemAlloc and ncclCommWindowRegister (2.27): every rank has one of the same size
};

/// From a case's parameter `registration`.
Registration registration_of(Params const& params);

class NcclMemory {
 public:
  NcclMemory() = default;
  /// `bytes` > 0; the same on all ranks but for Registration::none. Throws Unsupported where this NCCL has no
  /// such thing, OutOfMemory.
  NcclMemory(NcclCommunicator& communicator, std::size_t bytes, Registration registration,
             std::string const& what);
  NcclMemory(NcclMemory&& other) noexcept : NcclMemory() { swap(other); }
  NcclMemory& operator=(NcclMemory&& other) noexcept {
    swap(other);
    return *this;
  }
  /// Makes it known to NCCL; all ranks call it at the same time, once. Throws DeviceError.
  void attach();
  /// Before the communicator ends, and on all ranks at the same time.
  ~NcclMemory();

  std::byte* data() const {
    return registered_ ? static_cast<std::byte*>(registered_) : plain_.as<std::byte>();
  }
  std::size_t bytes() const { return bytes_; }

 private:
  void swap(NcclMemory& other) noexcept;

  NcclCommunicator* communicator_ = nullptr;
  Registration registration_ = Registration::none;
  DeviceBuffer plain_;
  void* registered_ = nullptr;  ///< from ncclMemAlloc
  void* handle_ = nullptr;      ///< of ncclCommRegister
  ncclWindow_t window_{};
  std::size_t bytes_ = 0;
};

}  // namespace muster::cuda
