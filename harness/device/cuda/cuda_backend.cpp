// The cuda backend, and the plug-in's entry.
#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include "harness/core/build_info.hpp"
#include "harness/device/cuda/cuda_device.hpp"
#include "harness/device/vendor_libraries.hpp"
#include "kernels/cuda/error.hpp"
#include "kernels/cuda/library.hpp"
#include "kernels/cuda/versions.hpp"

namespace muster {
namespace {

class CudaBackend final : public Backend {
 public:
  CudaBackend() { cuda::library_folders() = vendor_library_folders(); }

  std::string name() const override { return "cuda"; }

  std::vector<DeviceInfo> devices() override {
    std::vector<DeviceInfo> list;
    int const count = count_gpus();
    for (int index = 0; index < count; ++index) list.push_back(describe_gpu(index).info);
    return list;
  }

  std::unique_ptr<Device> open(OpenOptions const& options) override {
    int const count = count_gpus();
    if (options.device < 0 || options.device >= count) {
      throw DeviceError(fmt::format(
          "GPU {} does not exist (this process sees {}) see CUDA_VISIBLE_DEVICES and `nvidia-smi -L`",
          options.device, count));
    }
    return std::make_unique<CudaDevice>(options);
  }

  Maker maker(std::string_view workload) const override { return MakerTable::instance().find(workload); }

  std::vector<std::pair<std::string, std::string>> versions() override {
    int runtime = 0;
    cuda::check(cudaRuntimeGetVersion(&runtime), "cudaRuntimeGetVersion");
    std::vector<std::pair<std::string, std::string>> list{{"CUDA runtime", cuda_version_text(runtime)}};
    for (auto& entry : cuda::installed_versions()) list.push_back(std::move(entry));
    return list;
  }
};

Backend* create() { return new CudaBackend; }

}  // namespace
}  // namespace muster

extern "C" {
__attribute__((visibility("default"))) extern muster::BackendPlugin const muster_backend_plugin;
muster::BackendPlugin const muster_backend_plugin{muster::contract_version, muster::build_info().id,
                                                  &muster::create};
}
