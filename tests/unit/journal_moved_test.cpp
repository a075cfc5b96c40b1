// A journal whose folder is full or cannot be written goes on elsewhere, and says so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "harness/core/error.hpp"
#include "harness/record/assemble.hpp"
#include "harness/record/digest_journals.hpp"
#include "harness/record/local_folder.hpp"
#include "tests/unit/record_fixtures.hpp"

namespace muster {
namespace {

using test::good_rank;
using test::record_of;

namespace fs = std::filesystem;

class MovedJournal : public ::testing::Test {
 protected:
  RunFolder run() const { return {folder_.path() / "run"}; }
  fs::path fallback() const { return folder_.path() / "local"; }
  TemporaryFolder folder_;
};

TEST_F(MovedJournal, FromTheStartWhereItsFolderCannotBeMade) {
  test::write_file(run().root / "journal", "a file, no folder");
  JournalWriter journal(run().node_journal("a"), fallback());
  EXPECT_TRUE(journal.moved());
  journal.append(record_of(0, 0, {good_rank(0, {1})}, "a"));
  auto const text = test::contents(fallback() / "a.node.ndjson");
  EXPECT_THAT(text, testing::HasSubstr("\"event\":\"journal_moved\""));
  EXPECT_THAT(text, testing::HasSubstr("case_record"));
}

TEST_F(MovedJournal, WithoutAFallbackItIsAFault) {
  test::write_file(run().root / "journal", "a file, no folder");
  EXPECT_THROW(JournalWriter(run().node_journal("a")), Error);
}

TEST_F(MovedJournal, NotIntoAFolderThatIsNone) {
  test::write_file(run().root / "journal", "a file, no folder");
  test::write_file(fallback(), "somebody was here first");
  EXPECT_THROW(JournalWriter(run().node_journal("a"), fallback()), Error);
}

/// In a process of its own whose files may not grow beyond `limit`.
int append_beyond(fs::path const& file, fs::path const& fallback, rlim_t limit, int records) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit const most{limit, limit};
  ::setrlimit(RLIMIT_FSIZE, &most);
  try {
    JournalWriter journal(file, fallback);
    for (int i = 0; i < records; ++i) journal.append(record_of(0, i, {good_rank(0, {1})}, "a"));
    return journal.moved() ? 0 : 1;
  } catch (Error const&) {
    return 2;
  }
}

TEST_F(MovedJournal, InTheMiddleAndCollectingFindsBothParts) {
  auto const line = to_line(record_of(0, 0, {good_rank(0, {1})}, "a")).size() + 1;
  pid_t const child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(append_beyond(run().node_journal("a"), fallback(), line * 7 / 2, 4));
  int status = -1;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  auto const plan = test::plan_of({test::planned("gemm", 1)}, 4);
  Assembler assembler(plan, test::fixture_registry());
  auto const digested = digest_journals(assembler, {{run().journals(), fallback()}, {}, 1});
  EXPECT_EQ(digested.bad_lines, 0U);
  auto const document = assembler.document();
  EXPECT_EQ(document.cases[0].launches.size(), 4U);
  ASSERT_EQ(document.run.elsewhere.size(), 1U);
  EXPECT_EQ(document.run.elsewhere[0].folder, fallback().string());
  EXPECT_THAT(document.run.elsewhere[0].reason, testing::HasSubstr("ulimit -f"));
}

TEST_F(MovedJournal, TheLocalFolderIsTheSameForAllProcessesAndAnotherForEveryRun) {
  RunFolder const other{folder_.path() / "other"};
  fs::create_directories(run().root);
  auto const first = local_folder(run());
  EXPECT_EQ(first, local_folder({run().root / "." / ".." / "run"}));
  EXPECT_NE(first, local_folder(other));
  test::write_file(run().plan(), "{}");
  EXPECT_NE(first, local_folder(run())) << "a folder of the same name may hold another run";
}

}  // namespace
}  // namespace muster
