#include "harness/plan/validation_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "harness/core/error.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace muster {
namespace {

using ::testing::HasSubstr;

class ValidationFile : public ::testing::Test {
 protected:
  ValidationData read(std::string const& text) {
    auto const file = folder_.path() / "mine.toml";
    std::ofstream(file) << text;
    Faults faults(file);
    ValidationData data;
    read_validation(file, std::filesystem::path(MUSTER_SOURCE_FOLDER) / "configs/clusters", faults, data);
    report_ = faults.report();
    return data;
  }
  /// The one point of a series of training.
  PublishedPoint point(std::string const& text) {
    auto const data = read(head_ + series_ + "points = [{" + text + "}]\n");
    return data.series.empty() || data.series[0].points.empty() ? PublishedPoint{} : data.series[0].points[0];
  }

  TemporaryFolder folder_;
  std::string report_;
  std::string const head_ =
      "source = 'a paper'\n[system.dgx]\nlike = 'a100-80gb'\ngpus = 8\nnics = 8\nnic_bandwidth = "
      "'200Gb/s'\nsource = 'b'\n";
  std::string const series_ =
      "[[series]]\nname = 'n'\nfamily = 'f'\nsystem = 'dgx'\ngradient_bytes = '672MB'\ngradient_source = "
      "'s'\n";
};

TEST_F(ValidationFile, ASeriesIsReadWhole) {
  auto const data = read(
      head_ +
      "[[series]]\nname = 'n'\nfamily = 'f'\nsource = 'its own'\nsystem = 'dgx'\nsums = 'after backward'\n"
      "sharding = 'full'\ntensor = 2\ngradient_bytes = '672MB'\ngradient_source = 's'\npoints = [\n"
      "  {nodes = 2, local = 4, accumulation = 3, step = '40ms', spread = 0.01, software = 'x'},\n"
      "  {gpus = 32, local = 4, rate = 1024, differs = 'why'},\n]\n");
  EXPECT_EQ(report_, "");
  ASSERT_EQ(data.series.size(), 1U);
  auto const& series = data.series[0];
  EXPECT_EQ(series.source, "its own");
  EXPECT_EQ(series.sums, Sums::after_backward);
  EXPECT_EQ(series.sharding, Sharding::full);
  EXPECT_EQ(series.tensor, 2);
  EXPECT_EQ(series.gradient_bytes, 672e6);
  EXPECT_EQ(series.system.gpu.compute_capability.value().value, 8.0);
  EXPECT_EQ(series.system.node.nic_bandwidth.value, 25e9);
  ASSERT_EQ(series.points.size(), 2U);
  EXPECT_EQ(series.points[0].gpus, 16);
  EXPECT_EQ(series.points[0].accumulation, 3);
  EXPECT_DOUBLE_EQ(series.points[0].seconds, 0.04);
  EXPECT_EQ(series.points[0].software, "x");
  EXPECT_EQ(series.points[1].nodes, 4);
  EXPECT_DOUBLE_EQ(series.points[1].seconds, 4 * 32 / 1024.0);
  EXPECT_EQ(series.points[1].differs, "why");
}

TEST_F(ValidationFile, RatesBecomeSteps) {
  EXPECT_DOUBLE_EQ(point("nodes = 2, local = 4, accumulation = 2, rate_per_gpu = 80").seconds, 0.1);
  EXPECT_DOUBLE_EQ(point("nodes = 2, local = 4, accumulation = 2, rate = 1280").seconds, 0.1);
  EXPECT_EQ(point("gpus = 2, local = 4, step = 0.1").nodes, 1);
  EXPECT_EQ(report_, "");
}

TEST_F(ValidationFile, SumsAreReadAsTimesOrBusBandwidth) {
  auto const data = read(head_ +
                         "[[series]]\nname = 'n'\nfamily = 'f'\nkind = 'sum'\nsystem = 'dgx'\npoints = [\n"
                         "{nodes = 2, bytes = '1GiB', bus_bandwidth = '100GB/s', algorithm = 'ring'},\n"
                         "{nodes = 2, bytes = 8, seconds = '45us'},\n]\n");
  EXPECT_EQ(report_, "");
  auto const& points = data.series.at(0).points;
  EXPECT_NEAR(points[0].seconds, 2 * 15 / 16.0 * (1 << 30) / 100e9, 1e-9);
  EXPECT_EQ(points[0].algorithm, "ring");
  EXPECT_DOUBLE_EQ(points[1].seconds, 45e-6);
}

TEST_F(ValidationFile, EveryFaultIsSaidWithItsLine) {
  read(
      "[system.dgx]\ngpus = 8\nnics = 8\nsource = 'b'\n[[series]]\nsystem = 'dgy'\nsums = 'never'\npoints = "
      "[\n"
      "{nodes = 1},\n{local = 4, step = 1, rate = 2},\n{nodes = 0, step = 'soon'},\n]\n[extra]\n");
  EXPECT_THAT(report_, HasSubstr("the figures have no source"));
  EXPECT_THAT(report_, HasSubstr("mine.toml:1: [system.dgx] has NICs without a rate"));
  EXPECT_THAT(report_, HasSubstr("mine.toml:5: a series has no name"));
  EXPECT_THAT(report_, HasSubstr("mine.toml:5: a series has no family"));
  EXPECT_THAT(report_, HasSubstr("mine.toml:5: a series has no gradients"));
  EXPECT_THAT(report_, HasSubstr("mine.toml:6: system = 'dgy' is not described (did you mean 'dgx'?"));
  EXPECT_THAT(report_, HasSubstr("mine.toml:7: sums = 'never' is not possible"));
  EXPECT_THAT(report_, HasSubstr("mine.toml:9: a point has no figure"));
  EXPECT_THAT(report_, HasSubstr("mine.toml:10: a point has no size"));
  EXPECT_THAT(report_, HasSubstr("mine.toml:10: a point has no figure, or several"));
  EXPECT_THAT(report_, HasSubstr("mine.toml:11: nodes = 0"));
  EXPECT_THAT(report_, HasSubstr("mine.toml:11: step = 'soon'"));
  EXPECT_THAT(report_, HasSubstr("unknown key 'extra'"));
}

TEST_F(ValidationFile, SizesThatCannotBeAreRefused) {
  point("gpus = 12, step = 1");
  EXPECT_THAT(report_, HasSubstr("12 GPUs are no whole number of nodes"));
  read(
      "source = 'a'\n[system.alone]\ngpus = 8\nsource = 'b'\n[[series]]\nname = 'n'\nfamily = 'f'\nsystem = "
      "'alone'\n"
      "gradient_bytes = 8\ngradient_source = 's'\npoints = [{nodes = 2, step = 1}]\n");
  EXPECT_THAT(report_, HasSubstr("2 nodes without a network"));
}

TEST_F(ValidationFile, ADescriptionThatIsNotThereIsNamed) {
  read("source = 'a'\n[system.dgx]\nlike = 'a100-80bg'\ngpus = 8\nsource = 'b'\n");
  EXPECT_THAT(report_, HasSubstr("mine.toml:3: like = 'a100-80bg' cannot be followed"));
  EXPECT_THAT(report_, HasSubstr("no series"));
}

TEST_F(ValidationFile, WhatIsNoTomlAndWhatIsNotThereIsSaid) {
  read("[[series]\n");
  EXPECT_THAT(report_, HasSubstr("not valid TOML"));
  EXPECT_THROW(read_validations({folder_.path() / "none.toml"}, folder_.path()), Error);
}

TEST_F(ValidationFile, FaultsOfAllFilesAreSaidAtOnce) {
  for (auto const* name : {"a.toml", "b.toml"}) std::ofstream(folder_.path() / name) << "name = 'x'\n";
  try {
    read_validations(validation_files(folder_.path()), folder_.path());
    FAIL();
  } catch (Error const& error) {
    EXPECT_THAT(error.what(), HasSubstr("a.toml"));
    EXPECT_THAT(error.what(), HasSubstr("b.toml"));
    EXPECT_EQ(error.exit_code, ExitCode::usage);
  }
}

}  // namespace
}  // namespace muster
