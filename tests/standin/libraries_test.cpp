// Libraries that are missing, too old or no libraries at all. Each test starts a process whose loader finds
// what the test has put into a folder, and reads what it says.
#include <gmock/gmock.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "harness/device/vendor_libraries.hpp"
#include "tests/standin/support.hpp"

namespace muster::standin {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string const major = std::to_string(MUSTER_CUDA_MAJOR);

class Libraries : public testing::Test {
 protected:
  Libraries() {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~Libraries() override { fs::remove_all(folder_); }

  // Every stand-in but `left_out`.
  void link_all_but(std::string const& left_out) {
    for (auto const& entry : fs::directory_iterator(MUSTER_STANDIN_FOLDER)) {
      auto const name = entry.path().filename();
      if (name != left_out && entry.is_regular_file()) fs::create_symlink(entry.path(), folder_ / name);
    }
  }
  void put(fs::path const& file, std::string const& as) {
    fs::remove(folder_ / as);
    fs::create_symlink(file, folder_ / as);
  }

  // What this program says of `workload` with only that folder on the loader's path.
  std::string say(std::string const& workload, std::string const& variables = "") {
    auto const command = "LD_LIBRARY_PATH=" + folder_.string() + " MUSTER_CUDA_LIBS=" + folder_.string() +
                         " " + variables + " " + fs::read_symlink("/proc/self/exe").string() + " --try " +
                         workload + " 2>&1";
    std::unique_ptr<FILE, decltype(&pclose)> const pipe(popen(command.c_str(), "r"), &pclose);
    std::string text;
    std::array<char, 512> buffer{};
    while (fgets(buffer.data(), static_cast<int>(buffer.size()), pipe.get())) text += buffer.data();
    return text;
  }

  // Tests of absence mean nothing where the real library would be found after all.
  static bool real_one_is_installed(std::string const& soname) {
    Environment const without{{"MUSTER_CUDA_LIBS", ""}};
    return find_library(soname, vendor_library_folders()).has_value() ||
           std::system(("ldconfig -p | grep -q " + soname).c_str()) == 0;
  }

  fs::path folder_ =
      fs::path(testing::TempDir()) /
      ("muster-libraries-" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
};

TEST_F(Libraries, AllInOneFolderAreEnough) {
  link_all_but("");
  for (auto const* workload : {"gemm", "gemm/grouped", "memory", "dataload/decode"}) {
    EXPECT_EQ(say(workload), "ok\n") << workload;
  }
  // One rank: that is said once NCCL is there.
  EXPECT_THAT(say("collective/all_reduce"), StartsWith("Unsupported: no group 'world' has 2 ranks"));
}

TEST_F(Libraries, OneThatLacksAFunctionIsTooOldAndTheRemedyIsNamed) {
  link_all_but("libnccl.so.2");
  put(fs::path(MUSTER_STANDIN_FOLDER) / "libmuster_standin_kernels.so", "libnccl.so.2");
  EXPECT_THAT(say("collective/all_reduce"),
              AllOf(StartsWith("Unsupported: "), HasSubstr("libnccl.so.2 is too old"),
                    HasSubstr("install NCCL 2.14")));
  EXPECT_EQ(say("memory"), "ok\n");
}

TEST_F(Libraries, NvjpegThatIsMissingIsNamedWithTheRemedy) {
  auto const soname = "libnvjpeg.so." + major;
  if (real_one_is_installed(soname)) GTEST_SKIP() << soname << " is installed here";
  link_all_but(soname);
  EXPECT_THAT(say("dataload/decode"),
              AllOf(StartsWith("Unsupported: " + soname + " not found"), HasSubstr("MUSTER_CUDA_LIBS")));
  EXPECT_EQ(say("memory"), "ok\n");
}

TEST_F(Libraries, NcclThatIsMissingIsNamedWithTheRemedy) {
  if (real_one_is_installed("libnccl.so.2")) GTEST_SKIP() << "libnccl.so.2 is installed here";
  link_all_but("libnccl.so.2");
  EXPECT_THAT(say("collective/all_reduce"),
              AllOf(StartsWith("Unsupported: libnccl.so.2 not found"), HasSubstr("MUSTER_CUDA_LIBS")));
}

TEST_F(Libraries, CublasLtThatIsMissingCostsTheCasesThatNeedIt) {
  auto const soname = "libcublasLt.so." + major;
  if (real_one_is_installed(soname)) GTEST_SKIP() << soname << " is installed here";
  link_all_but(soname);
  EXPECT_THAT(say("gemm"),
              AllOf(StartsWith("Unsupported: " + soname + " not found"), HasSubstr("MUSTER_CUDA_LIBS")));
  EXPECT_EQ(say("memory"), "ok\n");
}

TEST_F(Libraries, CublasLtThatLacksAFunctionIsTooOld) {
  link_all_but("libcublasLt.so." + major);
  put(fs::path(MUSTER_STANDIN_FOLDER) / "libmuster_standin_kernels.so", "libcublasLt.so." + major);
  EXPECT_THAT(say("gemm"), AllOf(StartsWith("Unsupported: "), HasSubstr("is too old (it has no cublasLt")));
  EXPECT_EQ(say("memory"), "ok\n");
}

TEST_F(Libraries, CublasFromBefore12_5HasNoGroupedProductsAndTheRemedyIsNamed) {
  auto const soname = "libcublas.so." + major;
  link_all_but(soname);
  put(fs::path(MUSTER_STANDIN_FOLDER) / "old-cublas" / soname, soname);
  EXPECT_THAT(say("gemm/grouped"),
              AllOf(StartsWith("Unsupported: this cuBLAS has no cublasGemmGroupedBatchedEx"),
                    HasSubstr("12.5 or later")));
  EXPECT_EQ(say("gemm"), "ok\n");
}

TEST_F(Libraries, ADriverOfOlderDateGivesItsReasonsUnderTheirOldName) {
  link_all_but("libnvidia-ml.so.1");
  put(fs::path(MUSTER_STANDIN_FOLDER) / "old-nvml/libnvidia-ml.so.1", "libnvidia-ml.so.1");
  EXPECT_EQ(say("memory", "MUSTER_STANDIN_NVML=throttling"), "ok\n");
  EXPECT_THAT(say("state", "MUSTER_STANDIN_NVML=throttling"), HasSubstr("sw_power_cap"));
  EXPECT_THAT(say("state", "MUSTER_STANDIN_NVML=crowded"), HasSubstr("other processes unknown"));
  EXPECT_THAT(say("state"), HasSubstr("power known, PCIe width known, nothing of later drivers"));
}

TEST_F(Libraries, WithoutNvmlAndDriverTheMessageNamesTheDriver) {
  link_all_but("libnvidia-ml.so.1");
  EXPECT_THAT(say("memory", "MUSTER_STANDIN_GPUS=nodriver"),
              AllOf(StartsWith("DeviceError: no NVIDIA driver"), HasSubstr("--backend host")));
}

}  // namespace
}  // namespace muster::standin
