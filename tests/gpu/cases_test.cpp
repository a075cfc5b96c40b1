// Every workload of the cuda backend at small size, once with each value of each of its choices: verified
// before and after launches, and all of its memory given back. compute-sanitizer runs over these too (see
// run.sh).
#include <algorithm>
#include <filesystem>
#include <ostream>
#include <vector>

#include "harness/group/group.hpp"
#include "kernels/contract/workload.hpp"
#include "tests/gpu/gpu.hpp"
#include "tests/kernels/train_step_networks.hpp"

namespace muster {
namespace {

struct SmallCase {
  Workload const* workload;
  Params params;
  std::string name() const { return case_name(workload->name, workload->params, params); }
};

void PrintTo(SmallCase const& one, std::ostream* out) { *out << one.name(); }

/// A size at which compute-sanitizer takes seconds, and which no tile size divides; the 8-bit types want
/// multiples of
/// 16. Numbers that are no sizes are times.
Value small(ParamSpec const& spec) {
  constexpr std::int64_t side = 208, bytes = (1 << 20) + 48;
  if (spec.kind == ParamSpec::Kind::bytes)
    return std::clamp(bytes, static_cast<std::int64_t>(spec.low), std::get<std::int64_t>(spec.fallback));
  if (spec.kind == ParamSpec::Kind::real)
    return std::max(spec.low, std::min(std::get<double>(spec.fallback), 0.5));
  if (spec.kind != ParamSpec::Kind::integer) return spec.fallback;
  return std::max(std::min(side, std::get<std::int64_t>(spec.fallback)),
                  static_cast<std::int64_t>(std::max(spec.low, 0.0)));
}

Params with(Workload const& workload, std::string const& name, std::string const& choice) {
  Params params;
  for (auto const& spec : workload.params)
    params.set(spec.name, spec.name == name ? Value(choice) : small(spec));
  if (params.has("network") && name != "network") params.set("network", train::test::network_texts().front());
  return params;
}

/// Choices are varied one at a time; combinations that the workload itself refuses are left out.
std::vector<SmallCase> small_cases() {
  std::vector<SmallCase> cases;
  auto const add = [&](Workload const& workload, Params params) {
    bool const known = std::ranges::any_of(
        cases, [&](SmallCase const& other) { return other.workload == &workload && other.params == params; });
    if (!known && workload.check(params).empty()) cases.push_back({&workload, std::move(params)});
  };
  for (auto const* workload : Registry::instance().all()) {
    add(*workload, with(*workload, "", ""));
    for (auto const& spec : workload->params) {
      for (auto const& choice : spec.choices) add(*workload, with(*workload, spec.name, choice));
      if (spec.name != "network") continue;
      for (auto const& text : train::test::network_texts()) add(*workload, with(*workload, "network", text));
      add(*workload, with(*workload, "network", to_text(train::test::shared_layers())));
    }
  }
  return cases;
}

class GpuCase : public GpuTest, public testing::WithParamInterface<SmallCase> {
 protected:
  void SetUp() override {
    GpuTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    maker_ = backend_->maker(GetParam().workload->name);
    if (!maker_) GTEST_SKIP() << "the cuda backend has no " << GetParam().workload->name;
    if (GetParam().workload->needs.min_ranks > 1)
      GTEST_SKIP() << "takes several ranks: run.sh runs it under mpirun";
  }

  std::unique_ptr<Instance> make() {
    try {
      return maker_(GetParam().params, context());
    } catch (Unsupported const& error) {
      unsupported_ = error.what();
      return nullptr;
    }
  }

  Context& context() {
    auto const cache = std::filesystem::temp_directory_path() / "muster-gpu-tests";
    if (!context_)
      context_.reset(new Context{.device = *device_, .group = *group_, .seed = 7, .cache = cache});
    return *context_;
  }

  Maker maker_ = nullptr;
  std::unique_ptr<Group> group_ = solo_group();
  std::unique_ptr<Context> context_;
  std::string unsupported_;
};

TEST_P(GpuCase, IsRightBeforeAndAfterLaunches) {
  auto const instance = make();
  if (!instance) GTEST_SKIP() << unsupported_;
  auto const before = instance->verify();
  ASSERT_TRUE(before.ok()) << before.method << ": " << before.error << " > " << before.tolerance << "; "
                           << before.detail;
  for (int i = 0; i < 3; ++i) {
    instance->reset();
    instance->launch();
  }
  device_->wait();
  auto const after = instance->verify();
  EXPECT_TRUE(after.ok()) << after.method << ": " << after.error << " > " << after.tolerance << "; "
                          << after.detail;
  EXPECT_GT(amount(instance->work(), GetParam().workload->metric.quantity), 0U);
  if (auto const bound = instance->bound()) {
    EXPECT_GT(bound->value, 0);
  }
}

TEST_P(GpuCase, GivesItsMemoryBack) {
  auto once = make();  // libraries keep what they allocate the first time
  if (!once) GTEST_SKIP() << unsupported_;
  once->launch();
  device_->wait();
  once.reset();
  auto const before = device_->free_memory();
  for (int i = 0; i < 3; ++i) {
    auto const again = make();
    again->launch();
    device_->wait();
  }
  constexpr std::uint64_t slack =
      8 << 20;  // other processes' and the driver's own; three leaked instances are more
  EXPECT_GE(device_->free_memory() + slack, before);
}

std::string test_name(testing::TestParamInfo<SmallCase> const& info) {
  auto name = info.param.name();
  std::ranges::replace_if(
      name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
  return name + "_" + std::to_string(info.index);
}

// Needs no GPU: a workload whose small size is refused would silently go untested.
TEST(GpuCases, CoverEveryWorkload) {
  auto const cases = small_cases();
  for (auto const* workload : Registry::instance().all()) {
    EXPECT_TRUE(std::ranges::any_of(cases, [&](SmallCase const& one) { return one.workload == workload; }))
        << workload->name;
  }
}

INSTANTIATE_TEST_SUITE_P(Small, GpuCase, testing::ValuesIn(small_cases()), test_name);

}  // namespace
}  // namespace muster
