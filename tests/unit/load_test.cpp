// Whatever lies under a name that should be a result's: an answer that says what is wrong and where, in time.
#include "harness/record/load.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/core/error.hpp"
#include "harness/record/bounded_text.hpp"
#include "harness/record/document_json.hpp"
#include "tests/unit/record_fixtures.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

Document small_document() {
  Document document;
  document.run.id = "01J";
  document.run.status = RunStatus::complete;
  auto& result = document.cases.emplace_back();
  result.name = "gemm/fp64";
  result.workload = "gemm";
  result.status = CaseStatus::ok;
  result.metric = {"flop_rate", "FLOP/s", Quantity::flops, Better::higher};
  result.bound = Bound{"peak", 2e9, "FLOP/s"};
  result.launches.resize(1);
  result.launches[0].metric.median = 1e9;
  RankFigures rank;
  rank.node = "n1";
  result.rank_figures = {rank};
  result.matrices = {{"links", "B/s", {"a"}, {"b"}, {1}}};
  return document;
}

class Load : public testing::Test {
 protected:
  fs::path file() const { return folder_.path() / "result.json"; }
  std::string fault(ExitCode expected = ExitCode::usage) const {
    try {
      load_result(file().string());
    } catch (Error const& error) {
      EXPECT_EQ(error.exit_code, expected) << error.what();
      EXPECT_THAT(error.what(), HasSubstr(file().string()));
      return error.what();
    }
    return "none";
  }
  std::string fault_of(std::string const& text) const {
    test::write_file(file(), text);
    return fault();
  }
  /// The document with one place changed.
  std::string fault_with(std::string const& from, std::string const& to) const {
    return fault_of(with(from, to));
  }
  static std::string with(std::string const& from, std::string const& to) {
    auto text = to_json(small_document());
    auto const at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from << " in " << text;
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
  }
  TemporaryFolder folder_;
};

struct BadText {
  char const* name;
  std::string text, words;
};

TEST_F(Load, BrokenTextsAreRefusedWithTheirPosition) {
  auto const good = to_json(small_document());
  std::string const formula = "=cmd|' /C calc'!A0", markup = "<script>alert(1)</script>";
  std::vector<BadText> const table{
      {"empty", "", "empty"},
      {"blank", " \n\t\n", "empty"},
      {"truncated", good.substr(0, good.size() / 2), "line "},
      {"one value only", "42", "line 1"},
      {"prose", "Dear Sir", "line 1"},
      {"markup", "<html></html>", "line 1"},
      {"utf-16", std::string("\xff\xfe{\0", 4), "UTF-16"},
      {"nul bytes", std::string(100, '\0'), "line 1"},
      {"nul in the middle", std::string(good).insert(good.size() / 2, 1, '\0'), "line "},
      {"bytes that are no UTF-8", with("\"01J\"", "\"\xff\xfe\""), "line "},
      {"deep", std::string(1'000'000, '['), "nested too deeply"},
      {"deep objects",
       [] {
         std::string t;
         for (int i = 0; i < 100; ++i) t += R"({"a":)";
         return t;
       }(),
       "nested too deeply"},
      {"duplicate key", with("\"id\": \"01J\"", "\"id\": \"01J\", \"id\": \"02J\""),
       "run: duplicate key 'id'"},
      {"NaN", with("\"median\": 1000000000.0", "\"median\": NaN"), "line "},
      {"too large a number", with("\"median\": 1000000000.0", "\"median\": 1e999"), "line "},
      {"long text", with("\"01J\"", "\"" + std::string(70'000, 'x') + "\""),
       "run.id: a string of more than 64 KiB"},
      {"wrong type", with("\"median\": 1000000000.0", "\"median\": \"fast\""),
       "cases[0].launches[0].median: expected a number"},
      {"list for object", with("\"metric\": {", "\"metric\": [{}], \"x\": {"),
       "cases[0].metric: expected an object"},
      {"missing", with("\"name\": \"flop_rate\", ", ""), "cases[0].metric.name: missing"},
      {"newer major", with("\"major\": 1", "\"major\": 2"), "schema.major: 2"},
      {"another file of ours", with("muster.result", "muster.plan"), "schema.name"},
      {"unknown word", with("\"higher\"", "\"" + markup + "\""), "cases[0].metric.better"},
      {"unit of something else",
       with("\"unit\": \"FLOP/s\", \"better\"", "\"unit\": \"images/s\", \"better\""),
       "cases[0].metric.unit: 'images/s'"},
      {"negative launch", with("\"index\": 0", "\"index\": -1"), "cases[0].launches[0].index: -1"},
      {"absurd launch", with("\"index\": 0", "\"index\": 999999999"),
       "cases[0].launches[0].index: 999999999"},
      {"negative rank", with("\"rank\": 0", "\"rank\": -1"), "cases[0].ranks[0].rank: -1"},
      {"ranks beyond reason", with("\"rank_count\": 1", "\"rank_count\": 2000000000"),
       "cases[0].rank_count: 2000000000"},
      {"negative samples", with("\"samples\": 0", "\"samples\": -3"),
       "cases[0].launches[0].samples: out of range"},
      {"matrix that lacks a row", with("\"rows\": [\"a\"]", "\"rows\": [\"a\", \"b\"]"),
       "values: has 1 entries where 2"},
      {"no kind of result", R"({"name": ")" + markup + R"(", "other": ")" + formula + R"("})",
       "no result of any known kind"},
      {"a list", "[1, 2, 3]", "no result of any known kind"},
  };
  for (auto const& bad : table) {
    EXPECT_THAT(fault_of(bad.text), HasSubstr(bad.words)) << bad.name;
  }
}

TEST_F(Load, AllThatContradictsItselfIsToldAtOnce) {
  auto document = small_document();
  document.cases[0].launches.resize(2);
  document.cases[0].bound->unit = "B/s";
  document.cases[0].ranks = -7;
  test::write_file(file(), to_json(document));
  auto const words = fault();
  EXPECT_THAT(words, HasSubstr("cases[0].rank_count: -7"));
  EXPECT_THAT(words, HasSubstr("cases[0].bound.unit: 'B/s'"));
  EXPECT_THAT(words, HasSubstr("cases[0].launches[1].index: 0 for the second time"));
}

TEST_F(Load, OddButSoundTextsAreRead) {
  auto const good = to_json(small_document());
  auto crlf = good;
  for (std::size_t at = 0; (at = crlf.find('\n', at)) != std::string::npos; at += 2) crlf.insert(at, 1, '\r');
  for (auto const& text : {good, "\xEF\xBB\xBF" + good, crlf, with("gemm/fp64", "<b>=1+1\\u001b[31m")}) {
    test::write_file(file(), text);
    EXPECT_EQ(load_result(file().string()).document.cases.size(), 1U);
  }
}

TEST_F(Load, ANewerMinorVersionIsReadWithANote) {
  test::write_file(file(), with("\"minor\": " + std::to_string(schema_minor), "\"minor\": 99"));
  auto const result = load_result(file().string());
  EXPECT_THAT(result.notes, testing::ElementsAre(HasSubstr("schema 1.99")));
  EXPECT_EQ(result.kind, ResultKind::muster);
}

TEST_F(Load, TwoGigabytesAreRefusedBeforeTheyAreRead) {
  test::write_file(file(), "{");
  fs::resize_file(file(), std::uintmax_t{2} << 30);
  EXPECT_THAT(fault(), HasSubstr("2147483648 bytes"));
}

TEST_F(Load, WhatIsNoFileIsNotRead) {
  EXPECT_THAT(fault(), HasSubstr("No such file"));
  fs::create_directory(file());
  EXPECT_THAT(fault(), HasSubstr("no result.json"));
  EXPECT_THROW(load_result("/dev/zero"), Error);
  EXPECT_THROW(load_result("/dev/null/x"), Error);
}

TEST_F(Load, APipeThatNobodyWritesToEndsAtOnce) {
  ASSERT_EQ(mkfifo(file().c_str(), 0600), 0);
  EXPECT_THAT(fault(), HasSubstr("empty"));
}

TEST_F(Load, APipeIsReadToItsEndButNotForEver) {
  ASSERT_EQ(mkfifo(file().c_str(), 0600), 0);
  int const writer = open(file().c_str(), O_RDWR);
  ASSERT_GE(writer, 0);
  EXPECT_THROW(bounded_text(file(), 100, 1), Error);  // which says nothing
  std::string const text(5000, 'x');                  // fits into the pipe
  ASSERT_EQ(write(writer, text.data(), text.size()), 5000);
  EXPECT_THROW(bounded_text(file(), 100, 1), Error);
  close(writer);
}

TEST_F(Load, WhatOneMayNotReadIsNoUsageError) {
  if (geteuid() == 0) GTEST_SKIP() << "root may read everything";
  test::write_file(file(), "{}");
  fs::permissions(file(), fs::perms::none);
  EXPECT_THAT(fault(ExitCode::infrastructure), HasSubstr("Permission denied"));
}

}  // namespace
}  // namespace muster
