// Two programs in one. Called with "--try WORKLOAD" it makes and verifies one small case on the cuda backend
// and says how that went ("--try state": the device's state): what tests call in a process of its own, with
// other libraries on the loader's path. Else it runs the tests, after it has started itself again with the
// stand-ins on that path: the loader reads it only at the start.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "harness/core/error.hpp"
#include "tests/standin/support.hpp"

namespace {

using namespace muster;

char const* kind(CaseError const& error) {
  if (dynamic_cast<Unsupported const*>(&error)) return "Unsupported";
  if (dynamic_cast<DeviceError const*>(&error)) return "DeviceError";
  return "CaseError";
}

std::string state_of(Device& device) {
  auto const state = device.state();
  std::string text = state.other_processes ? "other processes known" : "other processes unknown";
  text += state.power_watts ? ", power known" : ", power unknown";
  text += state.pcie_width ? ", PCIe width known" : ", PCIe width unknown";
  if (!state.energy_joules && !state.remap_pending && !state.nvlink_errors)
    text += ", nothing of later drivers";
  for (auto const& reason : state.throttle_reasons) text += ", " + reason;
  return text;
}

std::string verified(Backend& backend, Device& device, std::string const& workload) {
  auto const group = solo_group();
  Context context{.device = device, .group = *group, .seed = 1, .data = {}, .cache = standin::cache_folder()};
  auto params = defaults(Registry::instance().find(workload)->params);
  for (auto const* side : {"m", "n", "k"}) {
    if (params.has(side)) params.set(side, std::int64_t{64});
  }
  if (params.has("bytes")) params.set("bytes", std::int64_t{4096});
  if (params.has("images")) params.set("images", std::int64_t{12});
  auto const verdict = backend.maker(workload)(params, context)->verify();
  return verdict.ok() ? "ok" : verdict.detail;
}

int try_case(std::string const& what) {
  try {
    auto const backend = open_backend("cuda");
    auto const device = backend->open({});
    std::puts((what == "state" ? state_of(*device) : verified(*backend, *device, what)).c_str());
  } catch (CaseError const& error) {
    std::printf("%s: %s\n", kind(error), error.what());
  } catch (Error const& error) {
    std::printf("Error: %s\n", error.what());
  }
  return 0;
}

int start_again(char** argv) {
  char const* const before = std::getenv("LD_LIBRARY_PATH");
  std::string const path = std::string(MUSTER_STANDIN_FOLDER) + (before ? ":" + std::string(before) : "");
  setenv("LD_LIBRARY_PATH", path.c_str(), 1);
  setenv("MUSTER_CUDA_LIBS", MUSTER_STANDIN_FOLDER, 1);
  setenv("MUSTER_PLUGIN_DIR", MUSTER_PLUGIN_FOLDER, 1);
  setenv("MUSTER_STANDIN_TEST", "1", 1);
  execv("/proc/self/exe", argv);
  std::perror("cannot start again with LD_LIBRARY_PATH set");
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "--try") return try_case(argv[2]);
  if (std::getenv("MUSTER_STANDIN_TEST") == nullptr) return start_again(argv);
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
