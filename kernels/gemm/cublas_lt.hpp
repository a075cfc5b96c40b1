// cuBLASLt's functions, found by name in the library when a product is first wanted; its handles as objects,
// and its errors as the contract's.
#pragma once
#include <cublasLt.h>

#include <string_view>
#include <utility>

namespace muster::cuda {

struct LtApi {
  decltype(&cublasLtGetVersion) version = nullptr;
  decltype(&cublasLtGetStatusString) status_string = nullptr;
  decltype(&cublasLtCreate) create = nullptr;
  decltype(&cublasLtDestroy) destroy = nullptr;
  decltype(&cublasLtMatmulDescCreate) create_operation = nullptr;
  decltype(&cublasLtMatmulDescDestroy) destroy_operation = nullptr;
  decltype(&cublasLtMatmulDescSetAttribute) set_operation = nullptr;
  decltype(&cublasLtMatrixLayoutCreate) create_layout = nullptr;
  decltype(&cublasLtMatrixLayoutDestroy) destroy_layout = nullptr;
  decltype(&cublasLtMatrixLayoutSetAttribute) set_layout = nullptr;
  decltype(&cublasLtMatmulPreferenceCreate) create_preference = nullptr;
  decltype(&cublasLtMatmulPreferenceDestroy) destroy_preference = nullptr;
  decltype(&cublasLtMatmulPreferenceSetAttribute) set_preference = nullptr;
  decltype(&cublasLtMatmulAlgoGetHeuristic) heuristics = nullptr;
  decltype(&cublasLtMatmulAlgoCheck) check_algorithm = nullptr;
  decltype(&cublasLtMatmulAlgoConfigGetAttribute) get_config = nullptr;
  decltype(&cublasLtMatmul) matmul = nullptr;
};

/// Throws Unsupported, with the remedy, when libcublasLt is missing. The first call opens it: 0.2 s and more.
LtApi const& lt();

/// Throws Unsupported for what the library or the GPU cannot do, OutOfMemory, DeviceError for the rest. For
/// cuBLAS too, whose statuses are the same.
void check(cublasStatus_t status, std::string_view call);

/// Owns a handle that lt().*destroy gives back.
template <class Handle, cublasStatus_t (*LtApi::*destroy)(Handle)>
class LtOwner {
 public:
  LtOwner() = default;
  LtOwner(LtOwner&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  LtOwner& operator=(LtOwner&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~LtOwner() {
    if (handle_) (void)(lt().*destroy)(handle_);
  }
  Handle get() const { return handle_; }
  Handle* slot() { return &handle_; }  ///< for the function that makes it; only while empty

 private:
  Handle handle_ = nullptr;
};

using LtHandle = LtOwner<cublasLtHandle_t, &LtApi::destroy>;
using LtOperation = LtOwner<cublasLtMatmulDesc_t, &LtApi::destroy_operation>;
using LtLayout = LtOwner<cublasLtMatrixLayout_t, &LtApi::destroy_layout>;
using LtPreference = LtOwner<cublasLtMatmulPreference_t, &LtApi::destroy_preference>;

}  // namespace muster::cuda
