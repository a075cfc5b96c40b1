// cuBLASLt's handles as objects, and its errors as the contract's.
#pragma once
#include <cublasLt.h>

#include <string_view>
#include <utility>

namespace muster::cuda {

/// Throws Unsupported for what the library or the GPU cannot do, DeviceError for the rest.
void check(cublasStatus_t status, std::string_view call);

/// Owns a handle that `destroy` gives back.
template <class Handle, cublasStatus_t (*destroy)(Handle)>
class LtOwner {
 public:
  LtOwner() = default;
  LtOwner(LtOwner&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  LtOwner& operator=(LtOwner&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~LtOwner() {
    if (handle_) (void)destroy(handle_);
  }
  Handle get() const { return handle_; }
  Handle* slot() { return &handle_; }  ///< for the function that makes it; only while empty

 private:
  Handle handle_ = nullptr;
};

using LtHandle = LtOwner<cublasLtHandle_t, &cublasLtDestroy>;
using LtOperation = LtOwner<cublasLtMatmulDesc_t, &cublasLtMatmulDescDestroy>;
using LtLayout = LtOwner<cublasLtMatrixLayout_t, &cublasLtMatrixLayoutDestroy>;
using LtPreference = LtOwner<cublasLtMatmulPreference_t, &cublasLtMatmulPreferenceDestroy>;

}  // namespace muster::cuda
