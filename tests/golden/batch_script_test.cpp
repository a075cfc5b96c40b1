// Batch scripts as operators read them, and that nothing gets into one but checked values.
#include "harness/launch/batch_script.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "harness/core/error.hpp"
#include "tests/golden/golden.hpp"

namespace muster {
namespace {

/// Whole nodes with GPUs, the usual job.
BatchJob whole_nodes() {
  BatchJob job;
  job.name = "muster-cluster";
  job.partition = "batch";
  job.account = "acceptance";
  job.nodes = 720;
  job.spares = 8;
  job.seconds = 9600;
  job.gpus_per_node = 8;
  job.gpu_type = "a100";
  job.memory = "0";
  job.folder = "/shared/results/first";
  job.program = "/shared/muster/bin/muster";
  return job;
}

/// A share of each of two nodes, with everything that a site may name.
BatchJob shared_nodes() {
  BatchJob job;
  job.name = "try";
  job.partition = "gpu,debug";
  job.account = "acc";
  job.qos = "high";
  job.reservation = "res1";
  job.constraint = "(a100|h100)&ib";
  job.nodelist = "n[1-4]";
  job.exclude = "n3";
  job.nodes = 2;
  job.seconds = 240;
  job.gpus = GpuRequest::gres;
  job.gpus_per_node = 2;
  job.exclusive = false;
  job.cpus = 16;
  job.memory = "64G";
  job.modules = {"cuda/12.4", "openmpi/4.1.4"};
  job.folder = "/shared/results/second";
  job.program = "/opt/muster/bin/muster";
  return job;
}

/// The program is copied to the nodes first. No GPUs.
BatchJob broadcast() {
  BatchJob job;
  job.name = "muster";
  job.nodes = 1;
  job.gpus = GpuRequest::none;
  job.gpus_per_node = 8;
  job.folder = "/shared/results/third";
  job.archive = "/shared/muster.tar.gz";
  job.local_folder = "/local/scratch";
  return job;
}

struct Script {
  std::string name;
  std::function<BatchJob()> job;
};

class GoldenScript : public testing::TestWithParam<Script> {};

TEST_P(GoldenScript, IsTheExpectedOne) {
  auto const text = batch_script(GetParam().job());
  auto const file = test::source("tests/golden/scripts/" + GetParam().name + ".sbatch");
  if (std::getenv("MUSTER_GOLDEN_REGENERATE")) {
    test::write_file(file, text);
    GTEST_SKIP() << "wrote " << file << ": read the difference before committing it";
  }
  EXPECT_EQ(text, test::contents(file)) << "intended? see tests/golden/README.md";
}

INSTANTIATE_TEST_SUITE_P(Jobs, GoldenScript,
                         testing::Values(Script{"whole_nodes", whole_nodes},
                                         Script{"shared_nodes", shared_nodes},
                                         Script{"broadcast", broadcast}),
                         [](auto const& script) { return script.param.name; });

/// The last check stands by itself: also what nobody looked at before does not get past it.
TEST(BatchScript, RefusesEveryTextThatIsNoValue) {
  std::vector<std::function<void(BatchJob&, std::string const&)>> const places{
      [](BatchJob& job, std::string const& text) { job.name = text; },
      [](BatchJob& job, std::string const& text) { job.partition = text; },
      [](BatchJob& job, std::string const& text) { job.account = text; },
      [](BatchJob& job, std::string const& text) { job.qos = text; },
      [](BatchJob& job, std::string const& text) { job.reservation = text; },
      [](BatchJob& job, std::string const& text) { job.constraint = text; },
      [](BatchJob& job, std::string const& text) { job.exclude = text; },
      [](BatchJob& job, std::string const& text) { job.nodelist = text; },
      [](BatchJob& job, std::string const& text) { job.gpu_type = text; },
      [](BatchJob& job, std::string const& text) { job.memory = text; },
      [](BatchJob& job, std::string const& text) { job.modules = {text}; },
      [](BatchJob& job, std::string const& text) { job.folder = text; },
      [](BatchJob& job, std::string const& text) { job.folder = "/a/" + text; },
      [](BatchJob& job, std::string const& text) { job.program = text; },
      [](BatchJob& job, std::string const& text) { job.program = "/a/" + text; }};
  for (std::size_t place = 0; place < places.size(); ++place) {
    for (std::string const text :
         {"a\n#SBATCH --uid=0", "a b", "$(x)", "`x`", "a;b", "'", "\"", "a\\", "-x\n", "\x1b"}) {
      auto job = whole_nodes();
      places[place](job, text);
      EXPECT_THROW(batch_script(job), Error) << place << ": " << text;
    }
  }
  for (auto const* text : {"/a b", "$HOME", "/a;b"}) {
    auto job = broadcast();
    job.archive = text;
    EXPECT_THROW(batch_script(job), Error) << text;
    job = broadcast();
    job.local_folder = text;
    EXPECT_THROW(batch_script(job), Error) << text;
  }
}

TEST(BatchScript, NoticeIsAQuarterOfAShortJob) {
  auto job = whole_nodes();
  job.seconds = 60;
  EXPECT_THAT(batch_script(job), testing::HasSubstr("#SBATCH --signal=B:TERM@15\n"));
  job.seconds = 100'000;
  EXPECT_THAT(batch_script(job), testing::HasSubstr("#SBATCH --signal=B:TERM@120\n"));
}

}  // namespace
}  // namespace muster
