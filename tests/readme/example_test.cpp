// The benchmark that the README adds: found by name, planned, verified and sampled like any other.
#include <gtest/gtest.h>

#include "harness/device/host/host_device.hpp"
#include "harness/group/group.hpp"
#include "harness/run/case_runner.hpp"
#include "kernels/contract/backend.hpp"

namespace muster {
namespace {

TEST(ReadmeExample, RunsAsACase) {
  auto const* workload = Registry::instance().find("sum");
  ASSERT_NE(workload, nullptr);
  auto const maker = MakerTable::instance().find("sum");
  ASSERT_NE(maker, nullptr);
  PlannedCase planned;
  planned.params = defaults(workload->params);
  planned.params.set("count", std::int64_t{1000});
  planned.name = case_name("sum", workload->params, planned.params);
  EXPECT_EQ(planned.name, "sum/count:1000");

  planned.sampling_seconds = 0.05;
  HostDevice device(OpenOptions{});
  auto const group = solo_group();
  Context context{device, *group};
  auto const record = CaseRunner(planned, *workload, maker, context, [](std::string const&) {}).run();
  EXPECT_EQ(record.status, CaseStatus::ok) << record.message;
  EXPECT_EQ(record.work.bytes, 8000u);
}

}  // namespace
}  // namespace muster
