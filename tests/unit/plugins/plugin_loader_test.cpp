#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "harness/core/error.hpp"
#include "harness/device/backends.hpp"
#include "kernels/contract/error.hpp"

namespace muster {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string const plugins = MUSTER_FAKE_PLUGINS;

/// Sets a variable for a test; it is as before afterwards.
class Variable {
 public:
  Variable(char const* name, std::string const& value) : name_(name) {
    if (char const* old = std::getenv(name)) before_ = old;
    setenv(name, value.c_str(), 1);
  }
  ~Variable() { before_.empty() ? unsetenv(name_) : setenv(name_, before_.c_str(), 1); }
  Variable(Variable const&) = delete;
  Variable& operator=(Variable const&) = delete;

 private:
  char const* name_;
  std::string before_;
};

std::unique_ptr<Backend> open_variant(std::string const& variant) {
  Variable const folder("MUSTER_PLUGIN_DIR", plugins + "/" + variant);
  return open_backend("cuda");
}

/// The message of the Error(infrastructure) that opening `variant` must throw.
std::string refusal(std::string const& variant) {
  try {
    open_variant(variant);
  } catch (Error const& error) {
    EXPECT_EQ(error.exit_code, ExitCode::infrastructure);
    return error.what();
  }
  ADD_FAILURE() << variant << " was opened";
  return {};
}

TEST(PluginLoader, OpensAPluginOfTheSameBuild) { EXPECT_EQ(open_variant("good")->name(), "fake"); }

TEST(PluginLoader, OpensTheSamePluginTwice) {
  auto const first = open_variant("good"), second = open_variant("good");
  EXPECT_NE(first, second);
}

TEST(PluginLoader, ErrorsOfAPluginKeepTheirTypeInTheProgram) {
  EXPECT_THROW(open_variant("good")->devices(), DeviceError);
}

TEST(PluginLoader, RefusesAnotherBackendsName) {
  try {
    open_backend("rocm");
    FAIL();
  } catch (Error const& error) {
    EXPECT_EQ(error.exit_code, ExitCode::usage);
    EXPECT_THAT(error.what(), AllOf(HasSubstr("'rocm'"), HasSubstr("host or cuda")));
  }
}

TEST(PluginLoader, SaysWhatToDoWhereThereIsNoPlugin) {
  EXPECT_THAT(refusal("nothing_here"), AllOf(HasSubstr("libmuster_cuda.so"), HasSubstr("--backend host")));
}

TEST(PluginLoader, RefusesAPluginOfAnotherBuild) {
  EXPECT_THAT(refusal("other_build"), HasSubstr("another-build"));
}

TEST(PluginLoader, RefusesAPluginOfAnotherContract) {
  EXPECT_THAT(refusal("other_contract"), HasSubstr("cuda"));
}

TEST(PluginLoader, RefusesALibraryThatIsNoPlugin) {
  EXPECT_THAT(refusal("no_entry"), AllOf(HasSubstr("libmuster_cuda.so"), HasSubstr("muster_backend_plugin")));
}

TEST(PluginLoader, NamesTheLibraryThatThePluginMisses) {
  EXPECT_THAT(refusal("needs_unknown"),
              AllOf(HasSubstr("libcufake_unknown.so.7 not found"), HasSubstr("MUSTER_CUDA_LIBS")));
}

TEST(PluginLoader, FindsTheLibraryInANamedFolder) {
  Variable const libraries("MUSTER_CUDA_LIBS", "/does/not/exist:" + plugins + "/vendor_known");
  auto const versions = open_variant("needs_known")->versions();
  EXPECT_THAT(versions, testing::ElementsAre(std::pair<std::string, std::string>("vendor", "42")));
}

}  // namespace
}  // namespace muster
