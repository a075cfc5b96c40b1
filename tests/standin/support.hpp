// What the tests of the cuda plug-in share: environment of a test, the open backend, small cases.
#pragma once
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/device/backends.hpp"
#include "harness/group/group.hpp"
#include "kernels/contract/backend.hpp"
#include "tests/standin/cudart/hooks.hpp"

namespace muster::standin {

/// Environment variables for the length of a test.
class Environment {
 public:
  Environment(std::initializer_list<std::pair<char const*, char const*>> values) {
    for (auto const& [name, value] : values) set(name, value);
  }
  Environment(Environment const&) = delete;
  Environment& operator=(Environment const&) = delete;
  ~Environment() {
    for (auto const& [name, value] : before_) {
      value ? setenv(name.c_str(), value->c_str(), 1) : unsetenv(name.c_str());
    }
  }
  void set(char const* name, char const* value) {
    char const* const old = std::getenv(name);
    before_.emplace(name, old ? std::optional<std::string>(old) : std::nullopt);
    setenv(name, value, 1);
  }

 private:
  std::map<std::string, std::optional<std::string>> before_;
};

/// What is to go wrong, for the length of a scope; see support/faults.hpp.
class Fail : public Environment {
 public:
  explicit Fail(char const* rules) : Environment({{"MUSTER_STANDIN_FAIL", rules}}) {}
};

inline Params params_of(std::string const& workload,
                        std::vector<std::pair<std::string, Value>> const& values) {
  Params params = defaults(Registry::instance().find(workload)->params);
  for (auto const& [name, value] : values) params.set(name, value);
  return params;
}

/// Pictures that the data loading cases share.
inline std::filesystem::path cache_folder() {
  return std::filesystem::path(testing::TempDir()) / "muster-standin-cache";
}

/// One device of the stand-in machine in use by one rank; nothing may be left of it after the test.
class StandinTest : public testing::Test {
 protected:
  void SetUp() override { backend_ = open_backend("cuda"); }

  void TearDown() override {
    context_.reset();
    device_.reset();
    auto const live = muster_standin_live();
    EXPECT_EQ(live.allocations, 0) << "device memory was not given back";
    EXPECT_EQ(live.pinned, 0) << "page-locked memory was not given back";
    EXPECT_EQ(live.streams, 0) << "streams were not destroyed";
    EXPECT_EQ(live.events, 0) << "events were not destroyed";
    EXPECT_EQ(live.graphs, 0) << "graphs were not destroyed";
  }

  Device& device() {
    if (!device_) device_ = backend_->open({.device = 0, .cpus = {}});
    return *device_;
  }
  Context& context() {
    if (!context_) {
      context_.reset(
          new Context{.device = device(), .group = *group_, .seed = 7, .data = {}, .cache = cache_folder()});
      context_->note = [this](std::string text) { notes_.push_back(std::move(text)); };
    }
    return *context_;
  }
  std::unique_ptr<Instance> make(std::string const& workload, Params const& params) {
    return backend_->maker(workload)(params, context());
  }

  std::unique_ptr<Backend> backend_;
  std::unique_ptr<Group> group_ = solo_group();
  std::unique_ptr<Device> device_;
  std::unique_ptr<Context> context_;
  std::vector<std::string> notes_;
};

/// The message of the E that `action` throws; fails the test when it throws nothing or something else.
template <class E, class Action>
std::string message_of(Action action) {
  try {
    action();
    ADD_FAILURE() << "nothing was thrown";
  } catch (E const& error) {
    return error.what();
  }
  return {};
}

}  // namespace muster::standin
