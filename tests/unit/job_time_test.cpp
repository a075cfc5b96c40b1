#include "harness/app/job_time.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "harness/plan/planner.hpp"

namespace muster {
namespace {

Plan plan_of(double sampling_seconds) {
  Plan plan;
  plan.suite = "mine";
  PlannedCase planned;
  planned.backend = "host";
  planned.sampling_seconds = sampling_seconds;
  plan.cases.push_back(planned);
  return plan;
}

TEST(JobTimeOfAPlan, IsTwiceTheEstimateAndTenMinutesInStepsOfFive) {
  for (double const sampling : {0.1, 100.0, 151.0, 3600.0, 1e5}) {
    auto const plan = plan_of(sampling);
    double const needed = 2 * estimated_seconds(plan) + 600;
    double const asked = job_time(plan).seconds;
    EXPECT_GE(asked, needed);
    EXPECT_LT(asked, needed + 300);
    EXPECT_EQ(std::fmod(asked, 300), 0) << asked;
  }
}

TEST(JobTimeOfAPlan, SaysWhy) {
  EXPECT_THAT(job_time(plan_of(119)).reason,
              testing::HasSubstr("suite mine takes about 2 min 00 s; twice that"));
}

}  // namespace
}  // namespace muster
