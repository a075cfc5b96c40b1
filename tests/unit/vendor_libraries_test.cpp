#include "harness/device/vendor_libraries.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "harness/device/backends.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

class VendorLibraries : public ::testing::Test {
 protected:
  VendorLibraries() {
    for (auto const* name :
         {"MUSTER_CUDA_LIBS", "CUDA_HOME", "CUDA_PATH", "VIRTUAL_ENV", "CONDA_PREFIX", "PATH", "HOME"}) {
      set(name, "");
    }
  }
  ~VendorLibraries() override {
    for (auto const& [name, value] : before_) setenv(name.c_str(), value.c_str(), 1);
  }
  void set(std::string const& name, std::string const& value) {
    char const* old = std::getenv(name.c_str());
    before_.emplace(name, old ? old : "");
    setenv(name.c_str(), value.c_str(), 1);
  }
  fs::path make(std::string const& relative) {
    fs::create_directories(folder_.path() / relative);
    return folder_.path() / relative;
  }

  TemporaryFolder folder_;
  std::map<std::string, std::string> before_;
};

TEST_F(VendorLibraries, NamedFoldersComeFirstAndInOrder) {
  auto const second = make("b"), first = make("a"), toolkit = make("cuda/lib64");
  set("MUSTER_CUDA_LIBS", first.string() + "::" + second.string() + ":/does/not/exist");
  set("CUDA_HOME", (folder_.path() / "cuda").string());
  auto folders = vendor_library_folders();
  ASSERT_GE(folders.size(), 3U);
  folders.resize(3);
  EXPECT_THAT(folders, ElementsAre(first, second, toolkit));
}

TEST_F(VendorLibraries, BothLayoutsOfPythonWheelsAreFound) {
  auto const of_12 = make("venv/lib/python3.12/site-packages/nvidia/cublas/lib");
  auto const of_13 = make("venv/lib/python3.12/site-packages/nvidia/cu13/lib");
  auto const other = make("venv/lib/python2.7/site-packages/nvidia/cu13/lib");
  set("VIRTUAL_ENV", (folder_.path() / "venv").string());
  auto const folders = vendor_library_folders();
  EXPECT_THAT(folders, Contains(of_12));
  EXPECT_THAT(folders, Contains(of_13));
  EXPECT_THAT(folders, Not(Contains(other)));
}

TEST_F(VendorLibraries, ThePythonOfThePathIsFoundThroughItsLink) {
  auto const wheels = make("real/lib/python3.11/site-packages/nvidia/nccl/lib");
  std::ofstream(make("real/bin") / "python3.11") << "";
  fs::create_symlink(folder_.path() / "real/bin/python3.11", make("shims") / "python3");
  set("PATH", make("empty").string() + ":" + (folder_.path() / "shims").string());
  EXPECT_THAT(vendor_library_folders(), Contains(wheels));
}

TEST_F(VendorLibraries, TheFirstFolderThatHasTheFileWins) {
  auto const a = make("a"), b = make("b"), c = make("c");
  for (auto const& folder : {b, c}) std::ofstream(folder / "libx.so.1") << "";
  EXPECT_EQ(find_library("libx.so.1", {a, b, c}), b / "libx.so.1");
  EXPECT_EQ(find_library("libx.so.2", {a, b, c}), std::nullopt);
}

TEST_F(VendorLibraries, AGpuIsSeenByItsDriverItsNodeOrItsPciEntry) {
  EXPECT_FALSE(nvidia_hardware_seen(make("bare")));

  std::ofstream(make("node/dev") / "nvidiactl") << "";
  EXPECT_TRUE(nvidia_hardware_seen(folder_.path() / "node"));

  auto const pci = make("pci/sys/bus/pci/devices/0000:01:00.0");
  std::ofstream(pci / "vendor") << "0x10de\n";
  std::ofstream(pci / "class") << "0x040300\n";  // a graphics card's sound device is no GPU
  EXPECT_FALSE(nvidia_hardware_seen(folder_.path() / "pci"));
  std::ofstream(pci / "class") << "0x030200\n";
  EXPECT_TRUE(nvidia_hardware_seen(folder_.path() / "pci"));
}

}  // namespace
}  // namespace muster
