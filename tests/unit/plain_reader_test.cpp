// The quick reader of journal lines against the strict one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "harness/record/journal.hpp"
#include "tests/unit/record_fixtures.hpp"

namespace muster {
namespace {

std::vector<std::string> lines() {
  auto record = test::good_rank(3, {0.1, 0.30000000000000004, 1e-7, 12345678.5, 2}, 12);
  record.device_uuid = "GPU-1234";
  record.bound = Bound{"spec", 3.12e14, "FLOP/s", 1.41e9};
  record.figures = {{"skipped files", 2, ""}};
  record.before.throttle_reasons = {"sw_power_cap", "hw_slowdown"};
  record.before.throttled_seconds = {{"power", 1.5}};
  record.before.remap_pending = false;
  record.after.remap_pending = true;
  record.fingerprint = Fingerprint{0xffffffffffffffffULL, "library 1"};
  record.facts = {{"algorithm", "7"}};
  record.conditions.stopped_by = "precision";
  record.conditions.readings = {{0.5, {}}};
  record.conditions.readings[0].state.clock_hz = 1.41e9;
  Document::Run run;
  run.id = "01J";
  run.argv = {"muster", "run"};
  run.seed = 17;
  Node node;
  node.name = "node17";
  node.cpu.caches = {{"L3", 268435456}};
  node.software = {{"NCCL", "2.28"}};
  return {to_line(test::record_of(7, 2, {record, test::good_rank(4, {})})),
          to_line(RunStarted{run, 3}),
          to_line(WorkerStarted{1, node, {}, {0, 1}, {100, 101}, 2}),
          to_line(CaseFailed{2, {"c", 1, "n", 3, "sample", CaseStatus::crashed, "gone", "t"}, "w", 9}),
          to_line(CaseStarted{0, 1, "2026-11-22T21:40:05Z", "", 1}),
          to_line(PhaseStarted{1, 2, "set up", 0.5, "generating", "node17"}),
          to_line(NodeExcluded{"n", "inventory", "no answer", "t"}),
          to_line(RunEnded{RunStatus::partial, 143, "t"})};
}

TEST(PlainLine, WhatIsWrittenIsReadWithoutATree) {
  for (auto const& line : lines()) {
    auto const event = from_plain_line(line);
    ASSERT_TRUE(event) << line;
    EXPECT_EQ(to_line(*event), line);
  }
}

TEST(PlainLine, NotesListsAsTheyStand) {
  std::vector<RawList> lists;
  auto const text = lines().at(0);
  ASSERT_TRUE(from_plain_line(text, &lists));
  auto const found = std::ranges::find(lists, "sample_seconds", &RawList::key);
  ASSERT_NE(found, lists.end());
  EXPECT_EQ(found->text, "[0.1,0.30000000000000004,1e-07,12345678.5,2.0]");
}

TEST(PlainLine, BrieflyLeavesOutAllButTheFirstOfLongLists) {
  auto const line = lines().at(0);
  auto const whole = from_plain_line(line), brief = from_plain_line_briefly(line);
  ASSERT_TRUE(whole && brief);
  auto expected = std::get<CaseRecord>(*whole);
  auto& rank = expected.ranks[0];
  ASSERT_EQ(rank.sample_seconds.size(), 5U);
  rank.sample_seconds.resize(1);
  for (auto* list : {&rank.group_seconds, &rank.alone_seconds, &rank.conditions.sample_ends})
    if (!list->empty()) list->resize(1);
  EXPECT_EQ(to_line(*brief), to_line(expected));
  EXPECT_TRUE(std::get<CaseRecord>(*brief).ranks[1].sample_seconds.empty()) << "none stays none";
}

TEST(PlainLine, BrieflyReadsAllElseAsItStands) {
  auto const all = lines();
  for (auto const& line : std::vector(all.begin() + 1, all.end())) {
    auto const event = from_plain_line_briefly(line);
    ASSERT_TRUE(event) << line;
    EXPECT_EQ(to_line(*event), line);
  }
}

TEST(PlainLine, BrieflyRefusesATornLineWhereverItIsTorn) {
  auto const line = lines().at(0);
  for (std::size_t length = 0; length < line.size(); ++length)
    EXPECT_FALSE(from_plain_line_briefly(std::string_view(line).substr(0, length))) << length;
}

TEST(PlainLine, LeavesWhatItDoesNotKnowToTheStrictReader) {
  for (std::string const text :
       {R"({"event":"worker_ended","launch":1,"new_field":2})", R"({"launch":1,"event":"worker_ended"})",
        R"({ "event": "worker_ended", "launch": 1 })",
        R"({"event":"node_excluded","node":"n","phase":"p","reason":"\u00e9","time":"t"})"}) {
    EXPECT_FALSE(from_plain_line(text)) << text;
    EXPECT_TRUE(from_line(text)) << text;
  }
}

/// Whatever a line has become, the quick reader takes nothing that the strict one refuses, and reads the
/// same.
TEST(PlainLine, DamagedLinesAreReadAsTheStrictReaderDoes) {
  std::mt19937 random(7);
  std::string const bytes = "\"\\{}[]:,0123456789.-+eEtrufalsn \x01\xc3\x7f";
  int read = 0;
  for (auto const& line : lines()) {
    for (int i = 0; i < 3000; ++i) {
      auto damaged = line;
      auto const at = random() % damaged.size();
      switch (random() % 3) {
        case 0:
          damaged[at] = bytes[random() % bytes.size()];
          break;
        case 1:
          damaged.erase(at, 1 + random() % 3);
          break;
        default:
          damaged.resize(at);
      }
      auto const plain = from_plain_line(damaged);
      if (!plain) continue;
      ++read;
      auto const strict = from_any_line(damaged);
      ASSERT_TRUE(strict) << damaged;
      ASSERT_EQ(to_line(*plain), to_line(*strict)) << damaged;
    }
  }
  EXPECT_GT(read, 100) << "changed digits and letters, at least";
}

}  // namespace
}  // namespace muster
