#include "harness/record/journal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cmath>
#include <csignal>
#include <cstdlib>
#include <limits>

#include "harness/core/error.hpp"
#include "tests/unit/record_fixtures.hpp"

namespace muster {
namespace {

using test::contents;
using test::good_rank;
using test::record_of;
using test::write_file;
using testing::HasSubstr;

DeviceState busy_device() {
  DeviceState state;
  state.clock_hz = 1.41e9;
  state.power_watts = 398.7;
  state.temperature_c = 61;
  state.throttle_reasons = {"sw_power_cap"};
  state.uncorrected_errors = 0;
  state.other_processes = 1;
  return state;
}

CaseRecord full_record() {
  RankRecord rank = good_rank(3, {0.1, 0.30000000000000004, 1e-7}, 12);
  rank.device_uuid = "GPU-1234";
  rank.group_seconds = {0.2, 0.4, 2e-7};
  rank.bound = Bound{"spec", 3.12e14, "FLOP/s"};
  rank.figures = {{"skipped files", 2, ""}};
  rank.warnings = {"the \"first\"\nand a second line"};
  rank.before = busy_device();
  rank.matrices = {{"links", "B/s", {"a", "b"}, {"c"}, {0.1 + 0.2, std::nan("")}}};
  return {7, 2, "node17", {rank}, "node17", 8};
}

std::vector<Event> one_of_each() {
  Document::Run run;
  run.id = "01J";
  run.status = RunStatus::running;
  run.argv = {"muster", "run"};
  run.seed = std::numeric_limits<std::uint64_t>::max();
  Node node;
  node.name = "node17";
  node.cpu.caches = {{"L1d", 49152}, {"L3", 268435456}};
  node.gpus = {{"cuda", 0, "A100", "GPU-1", "0000:07:00.0", 85899345920, 108, {{"driver", "550"}}}};
  node.nics = {{"mlx5_0", "mlx5_core", "active", "infiniband", 2e11, 3, "20.31.1014"}};
  node.storage = {{"data", "/data", "ext4", "/dev/sda", "model", 1, 2}};
  node.env = {{"NCCL_DEBUG", "INFO"}};
  Failure failure{"gemm/fp64",           1, "node17", 3, "sample", CaseStatus::timed_out, "no sign of life",
                  "2026-11-22T21:40:05Z"};
  return {RunStarted{run},
          LaunchStarted{1, 8, "mpirun", "2026-11-22T21:40:05Z"},
          CaseFailed{4, failure, "node17"},
          RunPhaseStarted{2, {"node17", "node18"}, "2026-11-22T21:40:05Z"},
          NodeExcluded{"node3", "inventory", "it has 7 GPUs of 8", "2026-11-22T21:40:05Z"},
          RunEnded{RunStatus::partial, 4, "2026-11-22T21:41:05Z"},
          NodeSeen{"3", "2026-11-22T21:40:04Z", node, {"one fault", "another"}},
          AgentEnded{"4", "node17", 15, "no space"},
          WorkerStarted{1, node, BenchmarkContext{"d", "h", "e", "1.7", "release", 2, 2596, true, {0.5, 1}}},
          CaseStarted{4, 1, "2026-11-22T21:40:06Z", "node17"},
          PhaseStarted{4, 1, "set up", 0.25, "generating 2,000 pictures", "node17"},
          full_record(),
          WorkerEnded{1},
          JournalMoved{"node17", "/tmp/muster", "no space left on device"},
          Heartbeat{"node17", "2026-11-22T21:40:06Z"}};
}

TEST(Journal, EveryKindOfEventComesBackAsItWasWritten) {
  auto const events = one_of_each();
  ASSERT_EQ(events.size(), std::variant_size_v<Event>);
  for (std::size_t i = 0; i < events.size(); ++i) {
    std::string const line = to_line(events[i]);
    auto const back = from_line(line);
    ASSERT_TRUE(back) << line;
    EXPECT_EQ(back->index(), events[i].index());
    EXPECT_EQ(to_line(*back), line);
  }
}

TEST(Journal, AnEventIsOneLine) {
  for (auto const& event : one_of_each()) EXPECT_EQ(to_line(event).find('\n'), std::string::npos);
}

TEST(Journal, SampleTimesComeBackToTheLastBit) {
  auto const event = from_line(to_line(full_record()));
  ASSERT_TRUE(event);
  auto const& rank = std::get<CaseRecord>(*event).ranks.at(0);
  EXPECT_EQ(rank.sample_seconds, (std::vector<double>{0.1, 0.30000000000000004, 1e-7}));
  EXPECT_EQ(rank.group_seconds, (std::vector<double>{0.2, 0.4, 2e-7}));
  EXPECT_EQ(rank.before.throttle_reasons, std::vector<std::string>{"sw_power_cap"});
  EXPECT_EQ(rank.warnings.at(0), "the \"first\"\nand a second line");
}

TEST(Journal, MatricesComeBackToTheLastBitAndWithWhatWasNotMeasured) {
  std::string const line = to_line(full_record());
  EXPECT_THAT(line, HasSubstr(R"("values":[[0.30000000000000004],[null]])"));
  auto const matrices = std::get<CaseRecord>(from_line(line).value()).ranks.at(0).matrices;
  ASSERT_EQ(matrices.size(), 1U);
  EXPECT_EQ(matrices[0].name, "links");
  EXPECT_EQ(matrices[0].unit, "B/s");
  EXPECT_EQ(matrices[0].rows, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(matrices[0].columns, std::vector<std::string>{"c"});
  ASSERT_EQ(matrices[0].values.size(), 2U);
  EXPECT_EQ(matrices[0].values[0], 0.1 + 0.2);
  EXPECT_TRUE(std::isnan(matrices[0].values[1]));
}

TEST(Journal, AMatrixWithoutAValueForEachPairIsLeftOutWithAWarning) {
  CaseRecord record = full_record();
  record.ranks[0].matrices[0].values.pop_back();
  auto const back = std::get<CaseRecord>(from_line(to_line(record)).value()).ranks.at(0);
  EXPECT_TRUE(back.matrices.empty());
  EXPECT_THAT(back.warnings, testing::Contains(HasSubstr("matrix 'links'")));
}

TEST(Journal, AnInfiniteEntryOfAMatrixCountsAsNotMeasured) {
  CaseRecord record = full_record();
  record.ranks[0].matrices[0].values[0] = HUGE_VAL;
  auto const back = std::get<CaseRecord>(from_line(to_line(record)).value()).ranks.at(0);
  EXPECT_TRUE(std::isnan(back.matrices.at(0).values.at(0)));
}

TEST(Journal, EveryCutOfALineIsPassedOver) {
  std::string const line = to_line(full_record());
  for (std::size_t length = 0; length < line.size(); ++length) {
    EXPECT_FALSE(from_line(std::string_view(line).substr(0, length))) << length;
  }
}

TEST(Journal, EventsOfNewerVersionsAndNonsenseArePassedOver) {
  EXPECT_FALSE(from_line(R"({"event":"case_teleported","case_index":1})"));
  EXPECT_FALSE(from_line(R"({"event":"worker_ended"})"));                 // a field is missing
  EXPECT_FALSE(from_line(R"({"event":"worker_ended","launch":"one"})"));  // of the wrong kind
  EXPECT_FALSE(from_line(R"({"event":"worker_ended","launch":99999999999})"));
  EXPECT_FALSE(from_line("[1,2"));
  EXPECT_FALSE(from_line(std::string(100, '\0')));
  EXPECT_TRUE(from_line(R"({"event":"worker_ended","launch":1,"added_later":true})"));
}

TEST(Journal, NumbersThatAreNotFiniteAreLeftOutWithAWarning) {
  CaseRecord record = full_record();
  record.ranks[0].figures = {{"rate", std::nan(""), "B/s"}, {"count", 3, ""}};
  record.ranks[0].bound->value = HUGE_VAL;
  record.ranks[0].before.power_watts = std::nan("");
  auto const back = std::get<CaseRecord>(from_line(to_line(record)).value()).ranks.at(0);
  EXPECT_EQ(back.status, CaseStatus::ok);
  ASSERT_EQ(back.figures.size(), 1U);
  EXPECT_EQ(back.figures[0].name, "count");
  EXPECT_FALSE(back.bound);
  EXPECT_FALSE(back.before.power_watts);
  EXPECT_THAT(back.warnings, testing::Contains(HasSubstr("figure 'rate' was not a finite number")));
  EXPECT_THAT(back.warnings, testing::Contains(HasSubstr("bound 'spec'")));
}

TEST(Journal, ASampleThatIsNoTimeMakesTheRankInternal) {
  for (double const odd : {std::nan(""), HUGE_VAL, 0.0, -1.0, 1e-320}) {
    CaseRecord record = full_record();
    record.ranks[0].sample_seconds[1] = odd;
    auto const back = std::get<CaseRecord>(from_line(to_line(record)).value()).ranks.at(0);
    EXPECT_EQ(back.status, CaseStatus::internal) << odd;
    EXPECT_TRUE(back.sample_seconds.empty());
  }
}

TEST(Journal, WriterAppendsAcrossSessions) {
  TemporaryFolder const folder;
  auto const file = folder.path() / "journal" / "node.ndjson";
  JournalWriter(file).append(WorkerEnded{1});
  JournalWriter(file).append(WorkerEnded{2});
  EXPECT_EQ(contents(file), to_line(WorkerEnded{1}) + "\n" + to_line(WorkerEnded{2}) + "\n");
}

TEST(Journal, HalfALineLeftByAKilledWriterDoesNotSwallowTheNext) {
  TemporaryFolder const folder;
  RunFolder const run{folder.path()};
  write_file(run.node_journal("a"), to_line(WorkerEnded{1}) + "\n" + to_line(full_record()).substr(0, 200));
  JournalWriter(run.node_journal("a")).append(WorkerEnded{3});
  auto const journals = read_journals(run);
  ASSERT_EQ(journals.events.size(), 2U);
  EXPECT_EQ(std::get<WorkerEnded>(journals.events[1]).launch, 3);
  EXPECT_EQ(journals.bad_lines, 1U);
}

TEST(Journal, AFullDiskIsReportedWithReasonAndRemedy) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  JournalWriter writer("/dev/full");
  try {
    writer.append(full_record());
    FAIL() << "a full disk went unnoticed";
  } catch (Error const& error) {
    EXPECT_EQ(error.exit_code, ExitCode::not_saved);
    EXPECT_THAT(error.what(), HasSubstr("/dev/full (no space left on device) free some space"));
  }
}

/// In a process of its own: file sizes limited to `limit`, appends records until one fails.
int append_until_full(std::filesystem::path const& file, rlim_t limit) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit const most{limit, limit};
  ::setrlimit(RLIMIT_FSIZE, &most);
  JournalWriter writer(file);
  try {
    for (int i = 0; i < 100; ++i) writer.append(full_record());
  } catch (Error const& error) {
    bool const told = std::string(error.what()).find("ulimit -f") != std::string::npos;
    return error.exit_code == ExitCode::not_saved && told ? 0 : 1;
  }
  return 2;
}

TEST(Journal, AFailedWriteLeavesWholeLines) {
  TemporaryFolder const folder;
  RunFolder const run{folder.path()};
  std::size_t const line = to_line(full_record()).size() + 1;
  pid_t const child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(append_until_full(run.node_journal("a"), line * 2 + 100));
  int status = -1;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  auto const journals = read_journals(run);
  EXPECT_EQ(journals.events.size(), 2U);
  EXPECT_EQ(journals.bad_lines, 0U);
}

TEST(Journal, AFolderThatCannotBeMadeIsReported) {
  TemporaryFolder const folder;
  write_file(folder.path() / "file", "");
  try {
    JournalWriter const writer(folder.path() / "file" / "journal.ndjson");
    FAIL() << "a file served as folder";
  } catch (Error const& error) {
    EXPECT_EQ(error.exit_code, ExitCode::not_saved);
    EXPECT_THAT(error.what(), HasSubstr("-o"));
  }
}

TEST(JournalTail, GivesWholeLinesOnceAndNeverHalves) {
  TemporaryFolder const folder;
  auto const file = folder.path() / "j.ndjson";
  JournalTail tail(file);
  EXPECT_TRUE(tail.poll().empty());  // no file yet
  std::string const text =
      to_line(WorkerEnded{1}) + "\n" + to_line(full_record()) + "\n" + to_line(WorkerEnded{2}) + "\n";
  std::ofstream stream(file);
  std::vector<std::size_t> kinds;
  for (char const c : text) {
    stream << c << std::flush;
    for (auto const& event : tail.poll()) kinds.push_back(event.index());
  }
  std::size_t const ended = Event(WorkerEnded{}).index(), record = Event(CaseRecord{}).index();
  EXPECT_EQ(kinds, (std::vector<std::size_t>{ended, record, ended}));
}

TEST(JournalTail, PassesOverALineItCannotRead) {
  TemporaryFolder const folder;
  auto const file = folder.path() / "j.ndjson";
  write_file(file, "{\"event\":\n" + to_line(WorkerEnded{5}) + "\n");
  auto const events = JournalTail(file).poll();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(std::get<WorkerEnded>(events[0]).launch, 5);
}

TEST(ReadJournals, SupervisorFirstThenNodesByName) {
  TemporaryFolder const folder;
  RunFolder const run{folder.path()};
  JournalWriter(run.node_journal("b")).append(WorkerEnded{3});
  JournalWriter(run.node_journal("a")).append(WorkerEnded{2});
  JournalWriter(run.supervisor_journal()).append(WorkerEnded{1});
  write_file(run.journals() / "notes.txt", "not a journal\n");
  std::vector<int> order;
  auto const journals = read_journals(run);
  for (auto const& event : journals.events) order.push_back(std::get<WorkerEnded>(event).launch);
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(journals.bad_lines, 0U);
}

TEST(ReadJournals, AnEmptyFolderHasNoEvents) {
  TemporaryFolder const folder;
  EXPECT_TRUE(read_journals(RunFolder{folder.path()}).events.empty());
}

}  // namespace
}  // namespace muster
