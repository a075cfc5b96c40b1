#include "harness/record/request.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/core/error.hpp"

namespace muster {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

/// The message, "" for none.
template <class F>
std::string refusal(F make) {
  try {
    make();
    return {};
  } catch (Error const& error) {
    EXPECT_EQ(error.exit_code, ExitCode::usage);
    return error.what();
  }
}

std::string refusal_of(std::string const& text) {
  return refusal([&] { request_from_json(text); });
}

TEST(RunRequest, ComesBackAsItWasWritten) {
  RunRequest const given{
      {"quick", "--filter=$(touch x) `y` \"z\"\n#SBATCH --a", "", "Gr\xc3\xbc\xc3\x9f\x65 \xe2\x80\xa8"},
      {{"A", "x\ny=$(z)"}, {"B_1", ""}}};
  auto const back = request_from_json(to_json(given));
  EXPECT_EQ(back.arguments, given.arguments);
  EXPECT_EQ(back.environment, given.environment);
}

TEST(RunRequest, TextsThatAFileCannotKeepAreNotWritten) {
  EXPECT_THAT(refusal([] {
                to_json(RunRequest{{"a", "\xff"}, {}});
              }),
              HasSubstr("arguments[1]: not possible (it is not UTF-8"));
  EXPECT_THAT(refusal([] { to_json(RunRequest{{std::string("a\0b", 3)}, {}}); }), HasSubstr("zero byte"));
  EXPECT_THAT(refusal([] { to_json(RunRequest{{std::string(20'000, 'a')}, {}}); }), HasSubstr("20000 bytes"));
  EXPECT_THAT(refusal([] {
                to_json(RunRequest{{}, {{"A=B", "x"}}});
              }),
              HasSubstr("environment.A=B: no name"));
}

TEST(RunRequest, ReadsWhatItShould) {
  auto const request = request_from_json(R"({"arguments": ["a"], "environment": {"N": "v"}})");
  EXPECT_THAT(request.arguments, ElementsAre("a"));
  EXPECT_THAT(request.environment, ElementsAre(Pair("N", "v")));
}

TEST(RunRequest, RefusesAllElse) {
  EXPECT_THAT(refusal_of(""), HasSubstr("parse error"));
  EXPECT_THAT(refusal_of("[]"), HasSubstr("expected an object"));
  EXPECT_THAT(refusal_of("{}"), HasSubstr("arguments: missing"));
  EXPECT_THAT(refusal_of(R"({"arguments": []})"), HasSubstr("environment: missing"));
  EXPECT_THAT(refusal_of(R"({"arguments": [], "environment": {}, "shell": "x"})"),
              HasSubstr("shell: not a key"));
  EXPECT_THAT(refusal_of(R"({"arguments": [], "arguments": [], "environment": {}})"),
              HasSubstr("duplicate key"));
  EXPECT_THAT(refusal_of(R"({"arguments": "run", "environment": {}})"),
              HasSubstr("arguments: expected an array"));
  EXPECT_THAT(refusal_of(R"({"arguments": [1], "environment": {}})"),
              HasSubstr("arguments[0]: expected text"));
  EXPECT_THAT(refusal_of(R"({"arguments": ["a\u0000b"], "environment": {}})"),
              HasSubstr("arguments[0]: not possible"));
  EXPECT_THAT(refusal_of(R"({"arguments": [], "environment": []})"),
              HasSubstr("environment: expected an object"));
  EXPECT_THAT(refusal_of(R"({"arguments": [], "environment": {"A": 1}})"),
              HasSubstr("environment.A: expected text"));
  EXPECT_THAT(refusal_of(R"({"arguments": [], "environment": {"SLURM_JOB_ID": "1"}})"),
              HasSubstr("Slurm sets its own"));
  EXPECT_THAT(refusal_of(R"({"arguments": [], "environment": {"A": "\u0000"}})"), HasSubstr("zero byte"));
  EXPECT_THAT(refusal_of(R"({"arguments": [], "environment": {}} x)"), HasSubstr("parse error"));
  EXPECT_THAT(refusal_of(std::string(2 << 20, ' ')), HasSubstr("larger than 1 MiB"));
}

}  // namespace
}  // namespace muster
