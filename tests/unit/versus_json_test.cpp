// versus.json, and the plans of its arms.
#include "harness/record/versus_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "harness/core/error.hpp"
#include "harness/record/document_json.hpp"
#include "tests/unit/record_fixtures.hpp"

namespace muster {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Versus example() {
  Versus versus;
  versus.base = {"/opt/muster", "muster 0.1.0", {"/suite.toml", "--backend=host"}, {"--launcher=direct"}, {}};
  versus.candidate = versus.base;
  versus.candidate.environment = {{"NCCL_ALGO", "Ring"}};
  versus.seed = 42;
  versus.only_base = {"gemm/x"};
  versus.first = {{"memory/a", "memory/b"},
                  {Arm::base, Arm::candidate},
                  {{Arm::base, 0, "2026-11-26T11:00:00Z", 1.5, 4}}};
  return versus;
}

TEST(VersusJson, WhatWasWrittenIsRead) {
  auto versus = example();
  EXPECT_EQ(to_json(versus_from_json(to_json(versus))), to_json(versus));
  versus.detect = 0.02;
  versus.most_launches = 50;
  versus.budget_seconds = 60;
  versus.confirm = true;
  versus.fresh = VersusStage{{"memory/a"}, {Arm::candidate}, {}};
  auto const read = versus_from_json(to_json(versus));
  EXPECT_EQ(to_json(read), to_json(versus));
  EXPECT_EQ(read.fresh->order, versus.fresh->order);
  EXPECT_EQ(read.first.done.at(0).exit_code, 4);
  EXPECT_EQ(read.candidate.environment, versus.candidate.environment);
}

TEST(VersusJson, AnotherFileIsRefusedWithTheReason) {
  auto const message = [](std::string const& text) -> std::string {
    try {
      versus_from_json(text);
    } catch (Error const& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(message(to_json(Plan{})), HasSubstr("muster.plan"));
  auto text = to_json(example());
  text.replace(text.find("\"base\", \"new\"]"), 6, "\"basf\"");
  EXPECT_THAT(message(text), HasSubstr("first.order[0]: 'basf'"));
}

TEST(PlanPart, KeepsThoseCasesOneLaunchEachAndWhatItDoesNotKnow) {
  auto const plan = test::plan_of({test::planned("gemm", 1), test::planned("memory", 2)}, 5);
  auto text = to_json(plan);
  text.insert(text.find("\"suite\""), "\"of_a_newer_version\": {\"x\": 1}, ");
  auto const part = plan_part(text, {plan.cases[1].name});
  EXPECT_THAT(part, HasSubstr("\"of_a_newer_version\": {\"x\": 1}"));
  EXPECT_THAT(part, Not(HasSubstr(plan.cases[0].name)));
  auto const read = plan_from_json(part);
  ASSERT_EQ(read.cases.size(), 1U);
  EXPECT_EQ(read.cases[0].name, plan.cases[1].name);
  EXPECT_EQ(read.cases[0].launches, 1);
  EXPECT_EQ(read.launches, 1);
  EXPECT_EQ(read.seed, plan.seed);
}

}  // namespace
}  // namespace muster
