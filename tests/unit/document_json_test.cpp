#include "harness/record/document_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>

#include "harness/core/error.hpp"
#include "tests/unit/record_fixtures.hpp"

namespace muster {
namespace {

using testing::HasSubstr;
using testing::Not;

CaseResult ok_case(std::string name) {
  CaseResult result;
  result.name = std::move(name);
  result.workload = "gemm";
  result.backend = "host";
  result.params.set("type", Value{std::string("fp64")});
  result.params.set("m", Value{std::int64_t{8192}});
  result.params.set("scale", Value{1.0});
  result.status = CaseStatus::ok;
  result.metric = {"flop_rate", "FLOP/s", Quantity::flops, Better::higher};
  result.bound = Bound{"measured peak", 1e11, "FLOP/s"};
  result.percent_of_bound = 81.25;
  result.verification = Verdict::judge("Freivalds", 0.5, 8);
  LaunchFigures launch;
  launch.index = 1;
  launch.metric = {8.125e10, 8e10, 8.2e10, 7.9e10, 8.3e10, 8.12e10, 50, 0.0125};
  launch.seconds_per_op = 0.0132;
  launch.ops_per_sample = 3;
  launch.iterations = 50;
  result.launches = {launch, launch};
  result.launches[1].index = 2;
  RankFigures rank;
  rank.launch = 1;
  rank.node = "node1";
  rank.metric = launch.metric;
  rank.before.clock_hz = 1.41e9;
  result.rank_figures = {rank};
  result.figures = {{"pack", 0.1, "s"}};
  result.matrices = {{"links", "B/s", {"n1", "n2"}, {"n1", "n2"}, {NAN, 1.5, 1.25, NAN}}};
  result.warnings = {"as \"told\""};
  return result;
}

Document full_document() {
  Document document;
  document.run.id = "01J";
  document.run.status = RunStatus::partial;
  document.run.exit_code = 4;
  document.run.seed = std::numeric_limits<std::uint64_t>::max();
  document.run.argv = {"muster", "run"};
  document.run.launches = 2;
  document.context.host_name = "node1";
  document.context.load_avg = {0.1, 0.2, 0.3};
  document.nodes.emplace_back().name = "node1";
  document.nodes[0].software = {{"kernel", "Linux"}, {"os", "Debian"}};
  document.cases = {ok_case("gemm/fp64/m:8192")};
  document.failures = {{"memory", 1, "", -1, "set up", CaseStatus::out_of_memory, "too large", ""}};
  document.sidecars = {{"samples/node1.ndjson", std::string(64, '0'), 10}};
  return document;
}

std::string fault_of(std::string const& text) {
  try {
    document_from_json(text);
  } catch (Error const& error) {
    EXPECT_EQ(error.exit_code, ExitCode::usage);
    return error.what();
  }
  return "none";
}

std::string replaced(std::string text, std::string const& from, std::string const& to) {
  auto const at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

std::string this_minor() { return "\"minor\": " + std::to_string(schema_minor); }

TEST(DocumentJson, ComesBackAsItWasWritten) {
  std::string const text = to_json(full_document());
  EXPECT_EQ(to_json(document_from_json(text)), text);
}

TEST(DocumentJson, KeepsTheKindsOfParameters) {
  auto const params = document_from_json(to_json(full_document())).cases.at(0).params;
  EXPECT_TRUE(std::holds_alternative<std::string>(params.at("type")));
  EXPECT_TRUE(std::holds_alternative<std::int64_t>(params.at("m")));
  EXPECT_TRUE(std::holds_alternative<double>(params.at("scale")));
  EXPECT_EQ(params, full_document().cases[0].params);
}

TEST(DocumentJson, NumbersComeBackToTheLastBit) {
  for (double const value : {0.1 + 0.2, 1e300, 5e-324, 1.0 / 3, 123456789012345678.0, 1e22}) {
    Document document = full_document();
    document.cases[0].launches[0].metric.median = value;
    EXPECT_EQ(document_from_json(to_json(document)).cases[0].launches[0].metric.median, value);
  }
  EXPECT_EQ(document_from_json(to_json(full_document())).run.seed, std::numeric_limits<std::uint64_t>::max());
}

TEST(DocumentJson, MatricesAreRowsOfNumbersAndNullIsNotMeasured) {
  std::string const text = to_json(full_document());
  EXPECT_THAT(text, HasSubstr("\"values\": [[null, 1.5], [1.25, null]]"));
  auto const values = document_from_json(text).cases.at(0).matrices.at(0).values;
  ASSERT_EQ(values.size(), 4U);
  EXPECT_TRUE(std::isnan(values[0]) && std::isnan(values[3]));
  EXPECT_EQ(values[1], 1.5);
  EXPECT_EQ(values[2], 1.25);
}

TEST(DocumentJson, AMatrixThatLacksARowOrACellIsRefused) {
  std::string const text = to_json(full_document()), values = "[[null, 1.5], [1.25, null]]";
  EXPECT_THAT(fault_of(replaced(text, values, "[[null, 1.5]]")),
              HasSubstr("cases[0].matrices[0].values: has 1 entries where 2 have a name"));
  EXPECT_THAT(fault_of(replaced(text, values, "[[null, 1.5], [1.25]]")),
              HasSubstr("values[1]: has 1 entries"));
  EXPECT_THAT(fault_of(replaced(text, values, "[[null, 1.5], [1.25, \"x\"]]")),
              HasSubstr("values[1][1]: expected a number"));
}

TEST(DocumentJson, ADocumentOfAnOlderMinorVersionWithoutMatricesIsRead) {
  Document document = full_document();
  document.cases[0].matrices.clear();
  auto const older = replaced(to_json(document), this_minor(), "\"minor\": 1");
  EXPECT_TRUE(document_from_json(older).cases.at(0).matrices.empty());
}

TEST(DocumentJson, SectionsStandInTheOrderOfTheDesign) {
  std::string const text = to_json(full_document());
  std::size_t last = 0;
  for (auto const* key : {"schema", "context", "run", "comparability", "environment", "cases", "failures",
                          "integrity", "benchmarks"}) {
    auto const at = text.find("\n  \"" + std::string(key) + "\":");
    ASSERT_NE(at, std::string::npos) << key;
    EXPECT_GT(at, last) << key;
    last = at;
  }
}

TEST(DocumentJson, BenchmarkRowsAreOnePerLaunchInMicroseconds) {
  std::string const text = to_json(full_document());
  auto const rows = text.substr(text.find("\"benchmarks\""));
  EXPECT_THAT(rows, HasSubstr("\"repetition_index\": 1"));
  EXPECT_THAT(rows, HasSubstr("\"real_time\": 13200.0"));
  EXPECT_THAT(rows, HasSubstr("\"cpu_time\": 13200.0"));
  EXPECT_THAT(rows, HasSubstr("\"flop_rate\": 81250000000.0"));
  EXPECT_THAT(text, HasSubstr("\"json_schema_version\": 1"));
}

TEST(DocumentJson, FailedOrUnverifiedCasesHaveNoBenchmarkRow) {
  Document document = full_document();
  document.cases[0].status = CaseStatus::crashed;
  EXPECT_THAT(to_json(document), HasSubstr("\"benchmarks\": []"));
  document = full_document();
  document.cases[0].verification.status = Verdict::Status::skipped;
  EXPECT_THAT(to_json(document), HasSubstr("\"benchmarks\": []"));
  document.cases[0].verification.status = Verdict::Status::not_applicable;
  EXPECT_THAT(to_json(document), Not(HasSubstr("\"benchmarks\": []")));
}

TEST(DocumentJson, WhatIsNotKnownIsLeftOut) {
  Document document = full_document();
  document.cases[0].matrices[0].values = {1, 2, 3, 4};  // the one place where null may stand
  std::string const text = to_json(document);
  EXPECT_THAT(text, Not(HasSubstr("\"after\"")));  // the device said nothing of its state
  EXPECT_THAT(text, Not(HasSubstr("\"rank\": -1")));
  EXPECT_THAT(text, Not(HasSubstr("null")));
  EXPECT_EQ(document_from_json(text).failures[0].rank, -1);
}

TEST(DocumentJson, AnOptionalNumberThatIsNotFiniteIsLeftOut) {
  Document document = full_document();
  document.cases[0].launches[0].metric.half_width = std::nan("");
  document.cases[0].percent_of_bound = HUGE_VAL;
  auto const back = document_from_json(to_json(document));
  EXPECT_FALSE(back.cases[0].launches[0].metric.half_width);
  EXPECT_FALSE(back.cases[0].percent_of_bound);
}

TEST(DocumentJson, ARequiredNumberThatIsNotFiniteIsAnErrorNamingIt) {
  Document document = full_document();
  document.cases[0].launches[1].metric.p95 = std::nan("");
  try {
    to_json(document);
    FAIL() << "NaN was written";
  } catch (Error const& error) {
    EXPECT_THAT(error.what(), HasSubstr("cases[0].launches[1].p95 is not a finite number"));
  }
}

TEST(DocumentJson, OddTextIsWrittenAsStrictJson) {
  Document document = full_document();
  document.cases[0].message = std::string("\x1b[31m \x01 \xff ") + std::string(100000, 'x');
  std::string const message = document_from_json(to_json(document)).cases[0].message;
  EXPECT_THAT(message, HasSubstr("\x1b[31m \x01 \xEF\xBF\xBD xxx"));
  EXPECT_THAT(message, HasSubstr("bytes cut)"));
}

TEST(DocumentJson, FaultsAreNamedByTheirPath) {
  std::string const text = to_json(full_document());
  EXPECT_EQ(fault_of(replaced(text, "\"unit\": \"FLOP/s\", \"better\"", "\"better\"")),
            "cases[0].metric.unit: missing");
  EXPECT_THAT(fault_of(replaced(text, "\"higher\"", "\"faster\"")),
              HasSubstr("cases[0].metric.better: 'faster'"));
  EXPECT_EQ(fault_of(replaced(text, "\"samples\": 50", "\"samples\": -50")),
            "cases[0].launches[0].samples: out of range");
  EXPECT_EQ(fault_of(replaced(text, "\"samples\": 50", "\"samples\": 5.5")),
            "cases[0].launches[0].samples: expected a whole number, got number");
  EXPECT_EQ(fault_of(replaced(text, "\"dirty\": false", "\"dirty\": \"no\"")),
            "run.dirty: expected true or false, got string");
  EXPECT_EQ(fault_of("[]"), "the top level: expected an object, got array");
}

TEST(DocumentJson, TextThatIsNotStrictJsonIsRefusedWithItsPlace) {
  std::string const text = to_json(full_document());
  EXPECT_THAT(fault_of(replaced(text, "\"samples\": 50", "\"samples\": NaN")), HasSubstr("line "));
  EXPECT_THAT(fault_of(replaced(text, "\"samples\": 50", "\"samples\": 1e999")), HasSubstr("1e999"));
  EXPECT_THAT(fault_of(text.substr(0, text.size() / 2)), HasSubstr("line "));
  EXPECT_THAT(fault_of(text + "{}"), HasSubstr("line "));
  EXPECT_THAT(fault_of(replaced(text, "\"id\": \"01J\"", "\"id\": \"01J\", \"id\": \"02J\"")),
              HasSubstr("duplicate key 'id'"));
  EXPECT_THAT(fault_of(""), HasSubstr("line 1"));
}

TEST(DocumentJson, HostileNestingAndSizesAreRefused) {
  EXPECT_THAT(fault_of(std::string(1000000, '[')), HasSubstr("nested too deeply"));
  EXPECT_THAT(fault_of("{\"a\": \"" + std::string(70000, 'x') + "\"}"), HasSubstr("64 KiB"));
  std::string many = "{\"k\": 1";
  for (int i = 0; i < 5000; ++i) many += ", \"k" + std::to_string(i) + "\": 1";
  EXPECT_THAT(fault_of(many + "}"), HasSubstr("too many members"));
}

TEST(DocumentJson, NewerMinorVersionsAreReadAndNewerMajorOnesRefused) {
  std::string const text = to_json(full_document());
  std::string const newer =
      replaced(replaced(text, this_minor(), "\"minor\": 9"), "\"run\": {", "\"run\": {\"new\": [{}],");
  EXPECT_EQ(to_json(document_from_json(newer)), text);
  EXPECT_THAT(fault_of(replaced(text, "\"major\": 1", "\"major\": 2")), HasSubstr("schema.major: 2"));
  EXPECT_THAT(fault_of(replaced(text, "muster.result", "muster.plan")), HasSubstr("schema.name"));
}

TEST(PlanJson, ComesBackAsItWasWritten) {
  Plan plan = test::plan_of({test::planned("gemm", 8), test::planned("memory", 1)}, 5);
  plan.config_path = "configs/suites/quick.toml";
  plan.oversubscribe = true;
  plan.data = "/data/with space";
  plan.cases[0].deadline_seconds = 61.5;
  plan.cases[0].operation_seconds = 9.5;
  std::string const text = to_json(plan);
  Plan const back = plan_from_json(text);
  EXPECT_EQ(to_json(back), text);
  EXPECT_EQ(back.cases[0].params, plan.cases[0].params);
  EXPECT_EQ(back.data, plan.data);
  EXPECT_THROW(document_from_json(text), Error);
}

TEST(ProbeJson, ComesBackAsItWasWritten) {
  Probe const probe{
      "cuda", {{"cuda", 0, "A100", "GPU-1", "0000:07:00.0", 1, 2, {{"ECC", "on"}}}}, {{"NCCL", "2.28"}}, ""};
  Probe const back = probe_from_json(to_json(probe));
  EXPECT_EQ(to_json(back), to_json(probe));
  EXPECT_EQ(back.devices.at(0).facts.at(0).second, "on");
  Probe const none{"cuda", {}, {}, "no driver (code 35) install one"};
  EXPECT_EQ(probe_from_json(to_json(none)).fault, none.fault);
}

}  // namespace
}  // namespace muster
