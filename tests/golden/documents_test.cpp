#include <gtest/gtest.h>

#include "tests/golden/golden.hpp"

namespace muster {
namespace {

class Golden : public testing::TestWithParam<std::string> {};

TEST_P(Golden, TheDocumentIsTheExpectedOne) {
  std::string const text = to_json(test::assembled(GetParam()));
  if (std::getenv("MUSTER_GOLDEN_REGENERATE")) {
    test::write_file(test::expected_file(GetParam()), text);
    GTEST_SKIP() << "wrote " << test::expected_file(GetParam())
                 << ": read the difference before committing it";
  }
  EXPECT_EQ(text, test::contents(test::expected_file(GetParam()))) << "intended? see tests/golden/README.md";
}

TEST_P(Golden, TheExpectedDocumentReadsBackUnchanged) {
  std::string const text = test::contents(test::expected_file(GetParam()));
  EXPECT_EQ(to_json(document_from_json(text)), text);
}

INSTANTIATE_TEST_SUITE_P(Fixtures, Golden, testing::ValuesIn(test::fixtures()),
                         [](auto const& fixture) { return fixture.param; });

TEST(GoldenJournals, OnlyTheTornLineIsBad) {
  EXPECT_EQ(read_journals(RunFolder{test::source("tests/golden/two_nodes")}).bad_lines, 0U);
  EXPECT_EQ(read_journals(RunFolder{test::source("tests/golden/dead_supervisor")}).bad_lines, 1U);
}

TEST(GoldenJournals, TheDeadSupervisorsRunEndsAsTheDesignSays) {
  Document const document = test::assembled("dead_supervisor");
  std::vector<CaseStatus> statuses;
  for (auto const& result : document.cases) statuses.push_back(result.status);
  using enum CaseStatus;
  EXPECT_EQ(statuses, (std::vector<CaseStatus>{ok, unsupported, not_run, wrong, crashed, not_run}));
  EXPECT_EQ(document.run.status, RunStatus::aborted);
  EXPECT_EQ(document.run.exit_code, 5);
}

}  // namespace
}  // namespace muster
