#include "harness/report/progress.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>

namespace muster {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(TimeLeft, GoesByThePlanAtFirstAndByThePaceLater) {
  TimeLeft left(100);
  EXPECT_DOUBLE_EQ(left.seconds(3), 100);
  left.finished(50);
  EXPECT_DOUBLE_EQ(left.seconds(80), 80);  // half took 80 s, so the other half will
  left.finished(50);
  EXPECT_DOUBLE_EQ(left.seconds(160), 0);
}

class ProgressTest : public testing::Test {
 protected:
  ProgressTest() {
    plan_.launches = 1;
    plan_.cases.resize(2);
    plan_.cases[0].name = "gemm/fp32";
    plan_.cases[1].name = "memory/copy";
  }
  ~ProgressTest() override { std::fclose(file_); }

  void play(bool terminal) {
    Progress progress(plan_, file_, terminal, false);
    progress.on(CaseStarted{0, 0, ""});
    progress.on(PhaseStarted{0, 0, "set up", 0.5, "generating 10 pictures"});
    RankRecord good;
    good.status = CaseStatus::ok;
    progress.on(CaseRecord{0, 0, "n", {good}});
    progress.on(CaseStarted{1, 0, ""});
    progress.on(CaseFailed{1, {"memory/copy", 0, "", -1, "sample", CaseStatus::crashed, "", ""}});
  }

  std::string text() {
    std::fflush(file_);
    std::rewind(file_);
    std::string content(4096, '\0');
    content.resize(std::fread(content.data(), 1, content.size(), file_));
    return content;
  }

  Plan plan_;
  std::FILE* file_ = std::tmpfile();
};

TEST_F(ProgressTest, PlainLinesWhereThereIsNoTerminal) {
  play(false);
  EXPECT_EQ(text(),
            "    generating 10 pictures 50 %\n"
            "[1/2] gemm/fp32 (launch 1): verified\n"
            "[2/2] memory/copy (launch 1): worker died\n");
}

TEST_F(ProgressTest, OfManyNodesOnlyFailuresAreToldOneByOne) {
  plan_.phases = {{"nodes", Spread::each_node}, {"whole", Spread::together}};
  plan_.cases[1].phase = 1;
  {
    Progress progress(plan_, file_, false, false);
    progress.on(RunPhaseStarted{0, {"a", "b", "c"}, ""});
    RankRecord good;
    good.status = CaseStatus::ok;
    for (auto const* node : {"a", "b"}) {
      progress.on(CaseStarted{0, 0, "", node});
      progress.on(PhaseStarted{0, 0, "set up", 0.5, "generating 10 pictures", node});
      progress.on(CaseRecord{0, 0, node, {good}, node, 1});
    }
    progress.on(CaseFailed{0, {"gemm/fp32", 0, "c", -1, "sample", CaseStatus::crashed, "", ""}, "c"});
    progress.on(CaseFailed{0, {"gemm/fp32", 0, "c", -1, "sample", CaseStatus::crashed, "", ""}, "c"});
    progress.on(RunPhaseStarted{1, {"a", "b"}, ""});
    progress.on(CaseRecord{1, 0, "a", {good}, "", 2});  // two ranks, not three as planned
    progress.on(CaseRecord{1, 0, "b", {good}, "", 2});
  }
  EXPECT_EQ(text(),
            "    gemm/fp32 (launch 1) on c: worker died\n"
            "[1/2] gemm/fp32 (launch 1): 2 nodes verified, 1 node worker died\n"
            "[2/2] memory/copy (launch 1): verified\n");
}

TEST_F(ProgressTest, ABarWithTimeLeftOnATerminal) {
  play(true);
  EXPECT_THAT(text(), AllOf(HasSubstr("\r"), HasSubstr("[===="), HasSubstr("ETA"), HasSubstr("1/2"),
                            HasSubstr("[2/2] memory/copy (launch 1): worker died")));
}

}  // namespace
}  // namespace muster
