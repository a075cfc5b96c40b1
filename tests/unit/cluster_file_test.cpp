#include "harness/plan/cluster_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <tuple>

#include "harness/core/error.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace muster {
namespace {

using ::testing::HasSubstr;

class ClusterFile : public ::testing::Test {
 protected:
  ClusterDescription read(std::string const& text) {
    auto const file = folder_.path() / "mine.toml";
    std::ofstream(file) << text;
    Faults faults(file);
    auto cluster = read_cluster(file, faults);
    report_ = faults.report();
    return cluster;
  }

  TemporaryFolder folder_;
  std::string report_;
};

TEST_F(ClusterFile, EveryKeyIsRead) {
  auto const right =
      read("summary = 's'\n[nodes]\ncount = 12\ngpus = 4\ngpu = 'A100'\nsource = 'an offer'\n");
  EXPECT_EQ(report_, "");
  EXPECT_EQ(right.name, "mine");
  EXPECT_EQ(right.summary, "s");
  EXPECT_EQ(right.nodes, 12);
  EXPECT_EQ(right.gpus, 4);
  EXPECT_EQ(right.gpu, "A100");
  EXPECT_EQ(right.source, "an offer");
}

TEST_F(ClusterFile, EveryFaultIsSaidAtOnce) {
  read("[nodes]\ngpus = 400\nfabric = 'none'\n");
  EXPECT_THAT(report_, HasSubstr("no count"));
  EXPECT_THAT(report_, HasSubstr("no source"));
  EXPECT_THAT(report_, HasSubstr("gpus = 400"));
  EXPECT_THAT(report_, HasSubstr("unknown key 'fabric'"));
}

TEST_F(ClusterFile, OneWithoutNodesIsRefused) {
  read("name = 'empty'\n");
  EXPECT_THAT(report_, HasSubstr("no nodes"));
}

constexpr char const* nodes = "[nodes]\ncount = 1\nsource = 'x'\n";

TEST_F(ClusterFile, AnExpectationIsReadWhole) {
  auto const cluster =
      read(std::string(nodes) +
           "[[expect]]\nworkload = 'gemm'\nof = 'gpu'\nparams = {type = 'bf16', m = {from = 4096, to = "
           "8192}}\nvalue = 2.5e14\nsource = 'a'\nmargin = 0.1\nmargin_source = 'b'\ngate = "
           "2e14\ngate_source = 'c'\nranks = 8\nnote = 'd'\n"
           "[[expect]]\nworkload = 'memory'\nof = 'gpu'\nparams = {bytes = '1GiB'}\nvalue = 1e12\n"
           "source = 'e'\n[[fact]]\nname = 'pcie_max_width'\nleast = 16\nsource = 'f'\n");
  EXPECT_EQ(report_, "");
  ASSERT_EQ(cluster.expectations.size(), 2U);
  auto const& first = cluster.expectations[0];
  EXPECT_EQ(std::tuple(first.workload, first.part, first.value, first.margin, first.gate, first.ranks),
            std::tuple("gemm", ExpectedPart::gpu, 2.5e14, std::optional(0.1), std::optional(2e14), 8));
  EXPECT_EQ(std::tuple(first.source, first.margin_source, first.gate_source, first.note),
            std::tuple("a", "b", "c", "d"));
  EXPECT_EQ(first.params[0].low, Value(std::int64_t{4096}));
  EXPECT_EQ(first.params[0].high, Value(std::int64_t{8192}));
  EXPECT_EQ(cluster.expectations[1].params[0].low, Value(std::int64_t{1} << 30));
  EXPECT_FALSE(cluster.expectations[1].margin);
  ASSERT_EQ(cluster.facts.size(), 1U);
  EXPECT_EQ(cluster.facts[0].least, 16);
}

TEST_F(ClusterFile, ANumberWithoutASourceIsRefused) {
  read(std::string(nodes) +
       "[[expect]]\nworkload = 'gemm'\nof = 'gpu'\nvalue = 1e12\nmargin = 0.1\ngate = 1e11\n[[fact]]\nname = "
       "'x'\nleast = 1\n");
  EXPECT_THAT(report_, HasSubstr("mine.toml:4: an expectation has no source"));
  EXPECT_THAT(report_, HasSubstr("the margin has no source"));
  EXPECT_THAT(report_, HasSubstr("the gate has no source"));
  EXPECT_THAT(report_, HasSubstr("a fact has no source"));
}

TEST_F(ClusterFile, ExpectationsOfWhatDoesNotExistAreRefusedAllAtOnce) {
  read(std::string(nodes) +
       "[[expect]]\nworkload = 'gemn'\nof = 'gpus'\nvalue = -1\nsource = 'x'\nmargin = 10\nmargin_source = "
       "'x'\n"
       "[[expect]]\nworkload = 'gemm'\nof = 'gpu'\nvalue = 1\nsource = 'x'\nparams = {typ = 'bf16', type = "
       "'bf61', "
       "m = {from = 1}}\n");
  for (auto const* part : {"did you mean 'gemm'", "of = 'gpus'", "value = -1", "margin = 10",
                           "no parameter 'typ'", "= bf61 is not known", "no 'to'"})
    EXPECT_THAT(report_, HasSubstr(part));
}

TEST_F(ClusterFile, FiguresOfAnotherAreTakenOver) {
  std::ofstream(folder_.path() / "part.toml") << nodes << "[[fact]]\nname = 'x'\nleast = 2\nsource = 'y'\n";
  EXPECT_EQ(read("like = 'part'\n" + std::string(nodes)).facts.size(), 1U);
  EXPECT_EQ(report_, "");
  read("like = '../part'\n" + std::string(nodes));
  EXPECT_THAT(report_, HasSubstr("cannot be followed"));
  read("like = 'mine'\n" + std::string(nodes));
  EXPECT_THAT(report_, HasSubstr("name each other"));
}

TEST_F(ClusterFile, OneThatIsNotThereIsNamedWithThoseThatAre) {
  read("[nodes]\ncount = 1\nsource = 'x'\n");
  try {
    find_cluster("mime", folder_.path());
    FAIL() << "found";
  } catch (Error const& error) {
    EXPECT_THAT(error.what(), HasSubstr("mine"));
  }
}

}  // namespace
}  // namespace muster
