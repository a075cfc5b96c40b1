#include "harness/plan/site_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "harness/core/error.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace muster {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

class SiteFile : public ::testing::Test {
 protected:
  std::filesystem::path write(std::string const& text) {
    auto const file = folder_.path() / "mine.toml";
    std::ofstream(file) << text;
    return file;
  }
  Site read(std::string const& text) {
    auto const file = write(text);
    Faults faults(file);
    auto site = read_site(file, faults);
    report_ = faults.report();
    return site;
  }
  /// The report, with the file's folder left out.
  std::string faults_of(std::string const& text) {
    read(text);
    auto plain = report_;
    auto const folder = folder_.path().string() + "/";
    for (auto at = plain.find(folder); at != std::string::npos; at = plain.find(folder))
      plain.erase(at, folder.size());
    return plain;
  }

  TemporaryFolder folder_;
  std::string report_;
};

TEST_F(SiteFile, AnEmptyOneHasDefaults) {
  auto const site = read("");
  EXPECT_EQ(report_, "");
  EXPECT_EQ(site.name, "mine");
  EXPECT_EQ(site.partition, "");
  EXPECT_EQ(site.gpus, GpuRequest::per_node);
  EXPECT_EQ(site.gpus_per_node, 8);
  EXPECT_TRUE(site.exclusive);
  EXPECT_EQ(site.launcher, "srun");
  EXPECT_EQ(site.mpi, "auto");
  EXPECT_EQ(site.container_runtime, "none");
  EXPECT_EQ(site.seconds, std::nullopt);
}

TEST_F(SiteFile, EveryKeyIsRead) {
  auto const site = read(R"(
summary = "ours"
partition = "gpu,batch"
account = "acc"
qos = "high"
reservation = "res1"
constraint = "a100&ib"
exclude = "n[3-4]"
nodelist = "n[1-2]"
time = "2h"
gpus = "gres"
gpu_type = "a100"
gpus_per_node = 4
exclusive = false
cpus = 64
memory = "200G"
launcher = "mpirun"
mpi = "pmix"
modules = ["cuda/12.4", "openmpi"]
broadcast = "/shared/muster.tar.gz"
local_folder = "/raid"
[container]
runtime = "apptainer"
image = "/images/a.sif"
mounts = ["/data:/data:ro"]
[environment]
NCCL_IB_HCA = "=mlx5_0,mlx5_1"
FREE = "$(text) `of` \"any\" kind\n#SBATCH --x"
)");
  EXPECT_EQ(report_, "");
  EXPECT_EQ(site.summary, "ours");
  EXPECT_EQ(site.partition, "gpu,batch");
  EXPECT_EQ(site.account, "acc");
  EXPECT_EQ(site.qos, "high");
  EXPECT_EQ(site.reservation, "res1");
  EXPECT_EQ(site.constraint, "a100&ib");
  EXPECT_EQ(site.exclude, "n[3-4]");
  EXPECT_EQ(site.nodelist, "n[1-2]");
  EXPECT_EQ(site.seconds, 7200);
  EXPECT_EQ(site.gpus, GpuRequest::gres);
  EXPECT_EQ(site.gpu_type, "a100");
  EXPECT_EQ(site.gpus_per_node, 4);
  EXPECT_FALSE(site.exclusive);
  EXPECT_EQ(site.cpus, 64);
  EXPECT_EQ(site.memory, "200G");
  EXPECT_EQ(site.launcher, "mpirun");
  EXPECT_EQ(site.mpi, "pmix");
  EXPECT_THAT(site.modules, ElementsAre("cuda/12.4", "openmpi"));
  EXPECT_EQ(site.broadcast, "/shared/muster.tar.gz");
  EXPECT_EQ(site.local_folder, "/raid");
  EXPECT_EQ(site.container_runtime, "apptainer");
  EXPECT_EQ(site.container_image, "/images/a.sif");
  EXPECT_THAT(site.container_mounts, ElementsAre("/data:/data:ro"));
  EXPECT_THAT(site.environment, ElementsAre(Pair("FREE", "$(text) `of` \"any\" kind\n#SBATCH --x"),
                                            Pair("NCCL_IB_HCA", "=mlx5_0,mlx5_1")));
}

TEST_F(SiteFile, GpusThatSlurmDoesNotKnowOfAreCountedOnlyWhereTheFileDoes) {
  EXPECT_EQ(read("gpus = \"none\"").gpus_per_node, 0);
  EXPECT_EQ(read("gpus = \"none\"\ngpus_per_node = 8").gpus_per_node, 8);
}

TEST_F(SiteFile, ItsOwnProgramMayLieElsewhere) {
  EXPECT_EQ(read("program = \"/opt/muster/bin/muster\"").program, "/opt/muster/bin/muster");
  EXPECT_EQ(report_, "");
}

TEST_F(SiteFile, EveryFaultIsReportedAtOnceWithItsLine) {
  auto const text = faults_of(R"(partition = "gpu\n#SBATCH --uid=0"
account = "-a"
exclude = "n[1"
time = "90"
gpus = "gpu-per-node"
gpu_type = "$x"
gpus_per_node = 100
memory = "lots"
launcher = "slurm"
mpi = 4
modules = ["ok", "bad;module"]
program = "bin/muster"
partiton = "gpu"
[container]
runtime = "pyxis"
mounts = ["/a"]
[environment]
"BAD NAME" = "x"
NUMBER = 1
ZERO = "a\u0000b"
)");
  EXPECT_THAT(
      text,
      HasSubstr("mine.toml:1: partition = 'gpu?#SBATCH --uid=0' is not possible (it holds a line break)"));
  EXPECT_THAT(text, HasSubstr("mine.toml:2: account = '-a' is not possible (it starts with '-')"));
  EXPECT_THAT(text, HasSubstr("mine.toml:3: exclude = 'n[1' is not possible (its brackets do not match)"));
  EXPECT_THAT(
      text,
      HasSubstr("mine.toml:4: time = '90' is not possible (from a minute to a year) use a time such as"));
  EXPECT_THAT(text,
              HasSubstr("mine.toml:5: gpus = 'gpu-per-node' is not possible (did you mean 'gpus-per-node'?"));
  EXPECT_THAT(text, HasSubstr("mine.toml:6: gpu_type = '$x' is not possible (it holds '$')"));
  EXPECT_THAT(
      text, HasSubstr("mine.toml:7: gpus_per_node = 100 is not possible (use a whole number from 0 to 64)"));
  EXPECT_THAT(text, HasSubstr("mine.toml:8: memory = 'lots' is not possible"));
  EXPECT_THAT(text, HasSubstr("mine.toml:9: launcher = 'slurm' is not possible (there are: srun, mpirun)"));
  EXPECT_THAT(text, HasSubstr("mine.toml:10: mpi = 4 is not possible (use text in quotes)"));
  EXPECT_THAT(text, HasSubstr("mine.toml:11: modules = 'bad;module' is not possible (it holds ';')"));
  EXPECT_THAT(text,
              HasSubstr("mine.toml:12: program = 'bin/muster' is not possible (it does not start at /)"));
  EXPECT_THAT(text, HasSubstr("mine.toml:13: unknown key 'partiton' in the site (did you mean 'partition'?"));
  EXPECT_THAT(text, HasSubstr("mine.toml:14: the container has no image"));
  EXPECT_THAT(text, HasSubstr("mine.toml:16: mounts = '/a' is not possible (it is not two paths"));
  EXPECT_THAT(text, HasSubstr("mine.toml:18: the variable 'BAD NAME' is not possible (it holds a blank)"));
  EXPECT_THAT(text, HasSubstr("mine.toml:19: NUMBER = 1 is not possible (use text in quotes)"));
  EXPECT_THAT(text, HasSubstr("mine.toml:20: the value of 'ZERO' is not possible (it holds a zero byte"));
}

TEST_F(SiteFile, WhatExcludesEachOther) {
  EXPECT_THAT(faults_of("cpus = 4"), HasSubstr("mine.toml:1: cpus means nothing with exclusive nodes"));
  EXPECT_THAT(faults_of("gpus = \"none\"\ngpu_type = \"a100\""),
              HasSubstr("mine.toml:2: gpu_type means nothing"));
  EXPECT_THAT(faults_of("broadcast = \"/a.tar.gz\""),
              HasSubstr("mine.toml:1: broadcast needs to know where to"));
  EXPECT_THAT(faults_of("local_folder = \"/tmp\"\nbroadcast = \"/a.tar.gz\"\nprogram = \"/b\""),
              HasSubstr("mine.toml:3: program and broadcast exclude each other"));
  EXPECT_THAT(faults_of("[container]\nimage = \"a\""),
              HasSubstr("mine.toml:1: the container has no runtime"));
  EXPECT_THAT(faults_of("container = 1"),
              HasSubstr("mine.toml:1: container = 1 is not possible (use a table"));
}

TEST_F(SiteFile, BrokenTomlIsNamedWithItsLine) {
  EXPECT_THAT(faults_of("partition = \"gpu\"\n[[container\n"), HasSubstr("mine.toml:2: not valid TOML"));
}

TEST_F(SiteFile, IsFoundByNameOrPath) {
  auto const file = write("");
  EXPECT_EQ(find_site("mine", folder_.path()), file);
  EXPECT_EQ(find_site(file.string(), "/nowhere"), file);
  try {
    find_site("mien", folder_.path());
    FAIL();
  } catch (Error const& error) {
    EXPECT_EQ(error.exit_code, ExitCode::usage);
    EXPECT_THAT(error.what(), HasSubstr("no site is called 'mien'"));
    EXPECT_THAT(error.what(), HasSubstr("did you mean 'mine'?"));
  }
  EXPECT_THROW(find_site("no/such.toml", folder_.path()), Error);
}

}  // namespace
}  // namespace muster
