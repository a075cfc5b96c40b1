// A backend without devices; the build makes it wrong in one way or another.
#include "harness/core/build_info.hpp"
#include "kernels/contract/backend.hpp"

#ifndef FAKE_BUILD
#define FAKE_BUILD muster::build_info().id
#endif
#ifndef FAKE_CONTRACT_OFFSET
#define FAKE_CONTRACT_OFFSET 0
#endif
#ifndef FAKE_ENTRY
#define FAKE_ENTRY muster_backend_plugin
#endif

#ifdef FAKE_VENDOR
extern "C" int vendor_answer();
#else
static int vendor_answer() { return 0; }
#endif

namespace {

class FakeBackend final : public muster::Backend {
 public:
  std::string name() const override { return "fake"; }
  std::vector<muster::DeviceInfo> devices() override { throw muster::DeviceError("no fake devices"); }
  std::unique_ptr<muster::Device> open(muster::OpenOptions const&) override { return nullptr; }
  muster::Maker maker(std::string_view) const override { return nullptr; }
  std::vector<std::pair<std::string, std::string>> versions() override {
    return {{"vendor", std::to_string(vendor_answer())}};
  }
};

muster::Backend* create() { return new FakeBackend; }

}  // namespace

extern "C" {
__attribute__((visibility("default"))) extern muster::BackendPlugin const FAKE_ENTRY;
muster::BackendPlugin const FAKE_ENTRY{muster::contract_version + FAKE_CONTRACT_OFFSET, FAKE_BUILD, &create};
}
