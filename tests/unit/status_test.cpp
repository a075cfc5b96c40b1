#include "harness/core/status.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace muster {
namespace {

constexpr CaseStatus all_case_statuses[] = {
    CaseStatus::ok,        CaseStatus::wrong,        CaseStatus::unsupported, CaseStatus::out_of_memory,
    CaseStatus::bad_input, CaseStatus::device_error, CaseStatus::crashed,     CaseStatus::timed_out,
    CaseStatus::internal,  CaseStatus::not_run};
constexpr RunStatus all_run_statuses[] = {RunStatus::running, RunStatus::complete, RunStatus::partial,
                                          RunStatus::failed, RunStatus::aborted};

TEST(CaseStatusName, LeadsBackToItsStatusAndIsItsOwn) {
  std::set<std::string_view> seen, said;
  for (auto const status : all_case_statuses) {
    EXPECT_EQ(case_status(name(status)), status);
    EXPECT_TRUE(seen.insert(name(status)).second) << name(status);
    EXPECT_TRUE(said.insert(words(status)).second) << words(status);
    EXPECT_FALSE(words(status).empty());
  }
}

TEST(RunStatusName, LeadsBackToItsStatusAndIsItsOwn) {
  std::set<std::string_view> seen;
  for (auto const status : all_run_statuses) {
    EXPECT_EQ(run_status(name(status)), status);
    EXPECT_TRUE(seen.insert(name(status)).second) << name(status);
  }
}

TEST(StatusNames, AreThoseOfTheDocument) {  // what readers of old documents rely on
  EXPECT_EQ(name(CaseStatus::out_of_memory), "out_of_memory");
  EXPECT_EQ(name(CaseStatus::timed_out), "timed_out");
  EXPECT_EQ(name(RunStatus::complete), "complete");
  EXPECT_EQ(name(RunStatus::aborted), "aborted");
}

TEST(StatusNames, ThatAreUnknownGiveNothing) {
  EXPECT_EQ(case_status("fine"), std::nullopt);
  EXPECT_EQ(case_status(""), std::nullopt);
  EXPECT_EQ(case_status("OK"), std::nullopt);
  EXPECT_EQ(run_status("ok"), std::nullopt);
}

TEST(StatusNames, OfNoStatusAreTheWorst) {
  EXPECT_EQ(name(static_cast<CaseStatus>(99)), "internal");
  EXPECT_TRUE(is_failure(static_cast<CaseStatus>(99)));
  EXPECT_EQ(name(static_cast<RunStatus>(99)), "failed");
}

TEST(IsFailure, HoldsForAllButOkAndUnsupported) {
  for (auto const status : all_case_statuses) {
    EXPECT_EQ(is_failure(status), status != CaseStatus::ok && status != CaseStatus::unsupported)
        << name(status);
  }
}

TEST(ExitCodes, AreFixed) {
  EXPECT_EQ(static_cast<int>(ExitCode::ok), 0);
  EXPECT_EQ(static_cast<int>(ExitCode::gate_failed), 1);
  EXPECT_EQ(static_cast<int>(ExitCode::usage), 2);
  EXPECT_EQ(static_cast<int>(ExitCode::inconclusive), 3);
  EXPECT_EQ(static_cast<int>(ExitCode::partial), 4);
  EXPECT_EQ(static_cast<int>(ExitCode::wrong_numbers), 5);
  EXPECT_EQ(static_cast<int>(ExitCode::infrastructure), 6);
  EXPECT_EQ(static_cast<int>(ExitCode::not_saved), 7);
  EXPECT_EQ(static_cast<int>(ExitCode::interrupted), 130);
  EXPECT_EQ(static_cast<int>(ExitCode::terminated), 143);
}

}  // namespace
}  // namespace muster
