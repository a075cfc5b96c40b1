// Raw samples and the entries of ranks, beside the document.
#include "harness/record/side_lines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/record_fixtures.hpp"

namespace muster {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

RankRecord telemetered(int rank) {
  auto record = test::good_rank(rank, {0.25, 0.5});
  record.group_seconds = {0.5, 0.5};
  record.alone_seconds = {0.125};
  record.conditions.stopped_by = "time";
  record.conditions.sample_ends = {0.25, 0.75};
  record.conditions.readings = {{0.1, {}}};
  record.conditions.readings[0].state.clock_hz = 1.41e9;
  record.conditions.readings[0].state.throttle_reasons = {"hw_thermal_slowdown"};
  return record;
}

TEST(SampleLine, HasTheSamplesOfEveryRankThatIsOk) {
  auto failed = test::good_rank(0, {1});
  failed.status = CaseStatus::device_error;
  auto wrong = test::good_rank(1, {1});
  wrong.verification.status = Verdict::Status::fail;
  EXPECT_EQ(sample_line(test::record_of(3, 2, {failed, wrong, test::good_rank(2, {0.25, 0.5})}), {}),
            "{\"case_index\":3,\"launch\":2,\"ranks\":[{\"rank\":2,\"ops_per_sample\":1,"
            "\"sample_seconds\":[0.25,0.5]}]}\n");
  EXPECT_EQ(sample_line(test::record_of(0, 1, {failed, wrong}), {}), "");
}

TEST(SampleLine, TakesTheJournalsOwnTextWhereItCan) {
  auto failed = test::good_rank(1, {1});
  failed.status = CaseStatus::device_error;
  auto const record = test::record_of(0, 1, {telemetered(0), failed, telemetered(2)});
  auto const text = to_line(record);
  std::vector<RawList> lists;
  ASSERT_TRUE(from_plain_line(text, &lists));
  auto const line = sample_line(record, lists);
  EXPECT_EQ(line, sample_line(record, {}));
  EXPECT_THAT(line, AllOf(HasSubstr("\"rank\":0"), Not(HasSubstr("\"rank\":1,")), HasSubstr("\"rank\":2"),
                          HasSubstr("\"group_seconds\":[0.5,0.5],\"alone_seconds\":[0.125]"),
                          HasSubstr("hw_thermal_slowdown")));
}

TEST(RankLine, IsColumnsOverRanks) {
  RecordPool pool;
  auto slow = test::good_rank(1, {2, 2});
  slow.device_uuid = "GPU-1";
  slow.after.other_processes = 1;
  auto failed = test::bad_rank(2, CaseStatus::device_error, "sample", "gone");
  auto const digest = Digester(pool, true)
                          .digest(test::record_of(4, 1, {test::good_rank(0, {1, 1}), slow, failed}),
                                  test::fixture_registry().find("gemm"));
  auto const line = rank_line(digest);
  EXPECT_THAT(line, AllOf(HasSubstr("{\"case_index\":4,\"launch\":1,\"rank\":[0,1]"),
                          HasSubstr("\"median\":[100,50]"), HasSubstr("\"device_uuid\":[null,\"GPU-1\"]"),
                          HasSubstr("\"tainted\":[null,\"other processes used the device\"]"),
                          Not(HasSubstr("clock_hz"))));
}

TEST(SideFileName, CannotLeadOutOfTheFolder) {
  EXPECT_EQ(side_file_name("../../x"), "node.._.._x.ndjson");
  EXPECT_EQ(side_file_name("gpu-17.rack3"), "gpu-17.rack3.ndjson");
  EXPECT_EQ(side_file_name(""), "node.ndjson");
}

}  // namespace
}  // namespace muster
