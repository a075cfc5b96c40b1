// The host backend's plug-in.
#include "harness/core/build_info.hpp"
#include "harness/device/host/host_device.hpp"
#include "kernels/contract/backend.hpp"
#include "kernels/host/versions.hpp"

namespace muster {

namespace {

class HostBackend final : public Backend {
 public:
  std::string name() const override { return "host"; }
  std::vector<DeviceInfo> devices() override { return {host_info(current_cpus())}; }
  std::unique_ptr<Device> open(OpenOptions const& options) override {
    return std::make_unique<HostDevice>(options);
  }
  Maker maker(std::string_view workload) const override { return MakerTable::instance().find(workload); }

  std::unique_ptr<DatasetTools> dataset_tools() const override {
    auto const maker = dataset_tools_maker();
    return maker ? maker() : nullptr;
  }

  std::vector<std::pair<std::string, std::string>> versions() override {
    std::vector<std::pair<std::string, std::string>> list;
    for (auto const& [library, version] : host::library_versions()) list.emplace_back(library, version());
    return list;
  }
};

Backend* create() { return new HostBackend; }

}  // namespace

}  // namespace muster

extern "C" __attribute__((visibility("default"))) muster::BackendPlugin const muster_backend_plugin;
muster::BackendPlugin const muster_backend_plugin{muster::contract_version, muster::build_info().id,
                                                  &muster::create};
