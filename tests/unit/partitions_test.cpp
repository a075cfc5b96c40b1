#include "harness/launch/partitions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "harness/core/error.hpp"
#include "harness/launch/sbatch.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace muster {
namespace {

TEST(Partitions, AreReadFromSinfo) {
  auto const all = partitions_from(
      "gpu*|up|1-00:00:00|700|idle|gpu:a100:8(S:0-1)\n"
      "gpu*|up|1-00:00:00|20|down*|gpu:a100:8(S:0-1)\n"
      "debug|up|30:00|2|mixed|(null)\n"
      "old|inact|infinite|4|allocated|gpu:4\n");
  ASSERT_EQ(all.size(), 3);
  EXPECT_EQ(all[0].name, "gpu");
  EXPECT_TRUE(all[0].is_default);
  EXPECT_TRUE(all[0].up);
  EXPECT_EQ(all[0].limit_seconds, 86400);
  ASSERT_EQ(all[0].groups.size(), 2);
  EXPECT_EQ(all[0].groups[0].nodes, 700);
  EXPECT_TRUE(all[0].groups[0].usable());
  EXPECT_FALSE(all[0].groups[1].usable());
  EXPECT_EQ(all[1].name, "debug");
  EXPECT_FALSE(all[1].is_default);
  EXPECT_EQ(all[1].limit_seconds, 1800);
  EXPECT_FALSE(all[2].up);
  EXPECT_EQ(all[2].limit_seconds, std::nullopt);
}

TEST(Partitions, LinesThatAreNoneArePassedOver) {
  EXPECT_TRUE(partitions_from("").empty());
  EXPECT_TRUE(partitions_from("slurm_load_partitions: Unable to contact slurm controller\n").empty());
  EXPECT_TRUE(
      partitions_from("gpu|up|1:00:00|many|idle|(null)\ngpu|up|1:00:00|-3|idle|(null)\n|||||\n").empty());
}

TEST(Partitions, NodesThatCannotServe) {
  for (auto const* state : {"down", "down*", "idle*", "drained", "draining", "fail", "failing", "future",
                            "unknown", "inval", "error"})
    EXPECT_FALSE((NodeGroup{1, state, ""}.usable())) << state;
  for (auto const* state : {"idle", "idle~", "idle#", "allocated", "allocated+", "mixed", "completing",
                            "planned", "reserved", "powering_up", "maint"})
    EXPECT_TRUE((NodeGroup{1, state, ""}.usable())) << state;
}

TEST(GpusIn, AreCountedByKind) {
  EXPECT_EQ(gpus_in("gpu:8", ""), 8);
  EXPECT_EQ(gpus_in("gpu:a100:8(S:0-1)", ""), 8);
  EXPECT_EQ(gpus_in("gpu:a100:8(S:0-1)", "a100"), 8);
  EXPECT_EQ(gpus_in("gpu:a100:8(S:0-1)", "h100"), 0);
  EXPECT_EQ(gpus_in("gpu:a100:4(S:0,1),gpu:v100:2,shard:64", ""), 6);
  EXPECT_EQ(gpus_in("gpu:a100:4(S:0,1),gpu:v100:2,shard:64", "v100"), 2);
  EXPECT_EQ(gpus_in("gpu:8", "a100"), 0);
  for (auto const* text :
       {"", "(null)", "gpu", "gpu:", "gpu:x", "gpu:-1", "gpu:99999999999", "nic:4", ",,,", "gpu:a:b:c"})
    EXPECT_EQ(gpus_in(text, ""), 0) << text;
}

TEST(JobId, IsTheNumberThatSbatchPrints) {
  EXPECT_EQ(job_id_in("1234\n"), "1234");
  EXPECT_EQ(job_id_in("1234;cluster\n"), "1234");
  EXPECT_EQ(job_id_in("77"), "77");
  for (auto const* text :
       {"", "\n", ";c", "Submitted batch job 12", "12a\n", "-12", "12 13", "123456789012345678901"})
    EXPECT_EQ(job_id_in(text), std::nullopt) << text;
}

/// Slurm's commands that do not end, first on the PATH.
class SlowSlurm : public ::testing::Test {
 protected:
  SlowSlurm() : path_(std::getenv("PATH")) {
    for (auto const* name : {"sinfo", "sbatch"}) {
      auto const file = folder_.path() / name;
      std::ofstream(file) << "#!/bin/sh\nexec sleep 600\n";
      std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    }
    setenv("PATH", (folder_.path().string() + ":" + path_).c_str(), 1);
  }
  ~SlowSlurm() override { setenv("PATH", path_.c_str(), 1); }

  TemporaryFolder folder_;
  std::string path_;
};

TEST_F(SlowSlurm, IsNotWaitedForWithoutEnd) {
  EXPECT_THAT(
      [] { ask_partitions(0.1); },
      ::testing::ThrowsMessage<Error>(::testing::HasSubstr("sinfo does not answer (it was given 0.1 s)")));
  EXPECT_THAT([] { test_script("/x", 0.1); },
              ::testing::ThrowsMessage<Error>(::testing::HasSubstr("does not answer")));
}

TEST_F(SlowSlurm, MayHaveTheJobAllTheSame) {
  auto const submission = submit_script("/x", 0.1);
  EXPECT_TRUE(submission.undecided);
  EXPECT_EQ(submission.job_id, "");
  EXPECT_THAT(submission.problem, ::testing::HasSubstr("the job may be in the queue all the same"));
}

}  // namespace
}  // namespace muster
