// What is said of cuFile's path from its counters, and programs that are run beside this one.
#include <gmock/gmock.h>

#include "kernels/dataload/child.hpp"
#include "kernels/dataload/cufile_path.hpp"

namespace muster::dataload::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Optional;
using testing::StartsWith;

TEST(DataloadCufile, OnlyCountedDirectReadsAreGpudirectStorage) {
  EXPECT_THAT(
      judge_path(1234, CufileReads{1234, 0, 0}, 1234).text,
      "GPUDirect Storage, proven: 1,234 reads by nvidia-fs, 0 by PCIe peer-to-peer, 0 by POSIX; nvidia-fs "
      "counted 1,234 in the kernel");
  EXPECT_THAT(judge_path(5, CufileReads{0, 9, 0}, {}).warning,
              IsEmpty());  // large reads may count as several
  EXPECT_THAT(judge_path(5, CufileReads{4, 0, 0}, {}).text, StartsWith("only partly direct"));
  EXPECT_THAT(judge_path(5, CufileReads{5, 0, 1}, {}).text, StartsWith("only partly direct"));
  EXPECT_THAT(judge_path(5, CufileReads{0, 0, 5}, {}).text, StartsWith("compatibility mode"));
  EXPECT_THAT(judge_path(5, {}, {}).text, StartsWith("path not proven"));
  EXPECT_THAT(judge_path(5, CufileReads{5, 0, 1}, {}).warning, HasSubstr("not read directly"));
}

TEST(DataloadCufile, CountersOfTheKernelAreRead) {
  EXPECT_THAT(
      nvidia_fs_reads("GDS Version: 1.13.0.11\nNVFS statistics(ver: 4.0)\nActive Shadow-Buffer (MiB): 0\n"
                      "Reads\t\t\t\t: n=1703 ok=1702 err=1 readMiB=5 io_state_err=0\n"
                      "Reads\t\t\t\t: Bandwidth(MiB/s)=0 Avg-Latency(usec)=0\nWrites\t: n=9 ok=9\n"),
      Optional(1703u));
  EXPECT_EQ(nvidia_fs_reads(""), std::nullopt);
  EXPECT_EQ(nvidia_fs_reads("Writes : n=4\n"), std::nullopt);
}

TEST(DataloadChild, SaysHowAProgramEnded) {
  using End = ChildOutcome::End;
  auto const shell = [](char const* script) {
    return run_child({"/bin/sh", "-c", script}, std::chrono::milliseconds(300));
  };
  EXPECT_EQ(shell("exit 0").end, End::exited);
  EXPECT_EQ(shell("printf no; exit 3").status, 3);
  EXPECT_EQ(shell("printf no; exit 3").output, "no");
  EXPECT_EQ(shell("kill -9 $$").end, End::killed);
  EXPECT_EQ(shell("kill -9 $$").status, 9);
  EXPECT_EQ(shell("exec sleep 60").end, End::timed_out);
  EXPECT_EQ(shell("while :; do :; done").end, End::timed_out);
  EXPECT_EQ(shell("exec >&-; while :; do :; done").end, End::timed_out);
  EXPECT_EQ(run_child({"/nowhere/program"}, std::chrono::seconds(1)).end, End::not_started);
  EXPECT_THAT(run_child({"/nowhere/program"}, std::chrono::seconds(1)).output, HasSubstr("No such file"));
}

}  // namespace
}  // namespace muster::dataload::test
