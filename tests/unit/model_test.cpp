// Layers to GEMM shapes, and the files that describe them.
#include "harness/plan/model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "harness/core/error.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace muster {
namespace {

using ::testing::HasSubstr;

// Llama-3-8B's gate and up projections, 8,192 tokens.
TEST(Shapes, OfALinearLayersThreePasses) {
  Layer const layer{"gate_up", 8192, 28672, 4096, 1};
  EXPECT_EQ(shape_of(layer, Pass::forward), (Shape{8192, 28672, 4096, 1, "nt"}));
  EXPECT_EQ(shape_of(layer, Pass::data_gradient), (Shape{8192, 4096, 28672, 1, "nn"}));
  EXPECT_EQ(shape_of(layer, Pass::weight_gradient), (Shape{28672, 4096, 8192, 1, "tn"}));
}

TEST(Shapes, AllPassesCostTheSame) {
  Layer const layer{"scores", 512, 384, 64, 16};
  for (auto const pass : all_passes()) {
    auto const shape = shape_of(layer, pass);
    EXPECT_EQ(shape.m * shape.n * shape.k * shape.batch, 512L * 384 * 64 * 16);
  }
}

TEST(Shapes, PassesHaveNamesThatReadBack) {
  for (auto const pass : all_passes()) EXPECT_EQ(pass_named(name(pass)), pass);
  EXPECT_FALSE(pass_named("backward"));
}

TEST(Convolution, HasTheUsualOutputSize) {
  EXPECT_EQ(convolved(224, 7, 2, 3), 112);
  EXPECT_EQ(convolved(56, 3, 1, 1), 56);
  EXPECT_EQ(convolved(56, 1, 2, 0), 28);
  EXPECT_EQ(convolved(1, 3, 2, 1), 1);
}

class ModelFile : public ::testing::Test {
 protected:
  Model read(std::string const& text) {
    auto const file = folder_.path() / "m.toml";
    std::ofstream(file) << text;
    Faults faults(file);
    auto model = read_model(file, faults);
    report = faults.report();
    return model;
  }
  std::string report;

 private:
  TemporaryFolder folder_;
};

TEST_F(ModelFile, GivesLinearLayersAsWritten) {
  auto const model =
      read("name = \"x\"\n[[layer]]\nname = \"a\"\nrows = 10\noutputs = 20\ninputs = 30\nbatch = 4\n");
  EXPECT_EQ(report, "");
  ASSERT_EQ(model.layers.size(), 1u);
  EXPECT_EQ(shape_of(model.layers[0], Pass::forward), (Shape{10, 20, 30, 4, "nt"}));
}

// ResNet-50's first convolution with 256 pictures: 3211264 x 64 x 147.
TEST_F(ModelFile, TurnsConvolutionsIntoImplicitProducts) {
  auto const model = read(
      "[[layer]]\nname = \"conv1\"\nkind = \"convolution\"\nimages = 256\nheight = 224\nwidth = 224\n"
      "inputs = 3\noutputs = 64\nkernel = 7\nstride = 2\n");
  EXPECT_EQ(report, "");
  EXPECT_EQ(model.name, "m");
  EXPECT_EQ(shape_of(model.layers.at(0), Pass::forward), (Shape{3211264, 64, 147, 1, "nt"}));
}

TEST_F(ModelFile, MakesABatchOfAConvolutionsGroups) {
  auto const model = read(
      "[[layer]]\nname = \"g\"\nkind = \"convolution\"\nheight = 8\nwidth = 8\ninputs = 112\noutputs = 224\n"
      "kernel = 3\ngroups = 2\n");
  EXPECT_EQ(shape_of(model.layers.at(0), Pass::forward), (Shape{64, 112, 504, 2, "nt"}));
}

TEST_F(ModelFile, TellsAllFaultsAtOnceWithTheirLines) {
  read(
      "colour = 1\n[[layer]]\nname = \"a\"\nrows = 0\noutputs = 20\n[[layer]]\nkind = \"convolutoin\"\nrows "
      "= 1\noutputs = 1\n"
      "inputs = 1\n[[layer]]\nname = \"c\"\nkind = \"convolution\"\nheight = 4\nwidth = 4\ninputs = "
      "3\noutputs = 4\nkernel = 1\ngroups = 2\n");
  EXPECT_THAT(report, HasSubstr(":1: unknown key 'colour'"));
  EXPECT_THAT(report, HasSubstr(":4: rows = 0"));
  EXPECT_THAT(report, HasSubstr(":2: a layer has no inputs"));
  EXPECT_THAT(report, HasSubstr("unknown kind 'convolutoin' (did you mean 'convolution'?"));
  EXPECT_THAT(report, HasSubstr(":6: a layer has no name"));
  EXPECT_THAT(report, HasSubstr("groups = 2 does not divide 3 inputs"));
}

TEST_F(ModelFile, AModelWithoutLayersIsAFault) {
  read("name = \"x\"\n");
  EXPECT_THAT(report, HasSubstr("no layers"));
}

TEST(ModelFiles, ThatCannotBeReadEndInAUsageError) {
  Faults faults("nowhere.toml");
  EXPECT_THROW(read_model("/nonexistent/nowhere.toml", faults), Error);
}

}  // namespace
}  // namespace muster
