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

char const* const small_step =
    "name = 'x'\nsamples = 4\nitem = 'sequences'\ntokens = 8\nother_parameters = 100\ntensor_parallel = 2\n"
    "input = 'tokens'\nsample_bytes = 16\n[repeat]\nblock = 3\n"
    "[[layer]]\nname = 'in'\nrows = 32\noutputs = 6\ninputs = 5\n"
    "[[layer]]\nname = 'scores'\nblock = 'block'\nrows = 8\noutputs = 8\ninputs = 3\nbatch = 8\n"
    "weights = false\nscales = 'batch'\n"
    "[[layer]]\nname = 'up'\nblock = 'block'\nrows = 32\noutputs = 7\ninputs = 6\nsum = ['outputs', "
    "'gradients']\n";

TEST_F(ModelFile, SaysWhatATrainingStepRuns) {
  auto const model = read(small_step);
  EXPECT_EQ(report, "");
  train::Network const wanted{.name = "x",
                              .item = "sequences",
                              .samples = 4,
                              .tokens = 8,
                              .other_parameters = 100,
                              .tensor_parallel = 2,
                              .input = train::Network::Input::tokens,
                              .sample_bytes = 16,
                              .blocks = {{"in", 1, {{.name = "in", .rows = 32, .outputs = 6, .inputs = 5}}},
                                         {"block",
                                          3,
                                          {{.name = "scores",
                                            .rows = 8,
                                            .outputs = 8,
                                            .inputs = 3,
                                            .batch = 8,
                                            .weights = false,
                                            .more_products = true},
                                           {.name = "up",
                                            .rows = 32,
                                            .outputs = 7,
                                            .inputs = 6,
                                            .sum_outputs = true,
                                            .sum_gradients = true}}}}};
  ASSERT_TRUE(model.network);
  EXPECT_EQ(*model.network, wanted);
  EXPECT_EQ(train::network_from_text(train::to_text(*model.network)), wanted);
  EXPECT_EQ(model.layers.size(), 3U) << "shapes for products: each layer once";
}

TEST_F(ModelFile, WithoutSamplesIsGoodForItsShapesAlone) {
  EXPECT_FALSE(read("[[layer]]\nname = 'a'\nrows = 1\noutputs = 2\ninputs = 3\n").network);
  EXPECT_EQ(report, "");
}

TEST_F(ModelFile, ACameraSampleHasPicturesOfASize) {
  auto const model = read(
      "samples = 1\ninput = 'camera'\npictures = 8\nsize = 96\n[[layer]]\nname = 'a'\nrows = 1\noutputs = "
      "2\ninputs = 3\n");
  EXPECT_EQ(report, "");
  EXPECT_EQ(model.network->pictures, 8);
  EXPECT_EQ(model.network->size, 96);
  EXPECT_EQ(model.network->input, train::Network::Input::camera);
}

std::string const one_layer = "[[layer]]\nname = 'a'\nrows = 1\noutputs = 2\ninputs = 3\n";

TEST_F(ModelFile, TellsAllFaultsOfTrainingAtOnceWithTheirLines) {
  read(
      "samples = 0\ninput = 'picturs'\nother_parameters = -1\ntensor_parallel = 1.5\n[repeat]\nblok = 2\n"
      "[[layer]]\nname = 'a'\nblock = 'block'\nrows = 1\noutputs = 2\ninputs = 3\nweights = 'no'\n"
      "[[layer]]\nname = 'b'\nrows = 1\noutputs = 2\ninputs = 3\nscales = 'row'\nsum = 'output'\n"
      "[[layer]]\nname = 'c'\nblock = 'block'\nrows = 1\noutputs = 2\ninputs = 3\nsum = 'outputs'\n");
  for (auto const* part :
       {":1: samples = 0 is not possible", ":2: unknown input 'picturs' (did you mean 'pictures'?",
        ":3: other_parameters = -1 is not possible", ":4: tensor_parallel = 1.5",
        ":6: unknown key 'blok' in repeat (did you mean 'block'?", ":13: weights = 'no'",
        ":19: unknown scales 'row'", ":20: unknown sum 'output'",
        ":21: layer 'c' is of block 'block', which other layers have interrupted",
        ":21: layer 'c' has a sum without tensor_parallel"})
    EXPECT_THAT(report, HasSubstr(part));
}

TEST_F(ModelFile, KeysThatItsInputLacksOrNeedsAreFaults) {
  read("samples = 1\ninput = 'tokens'\npictures = 2\nsize = 64\n" + one_layer);
  for (auto const* part : {":2: input = \"tokens\" without sample_bytes",
                           ":3: pictures with input = \"tokens\"", ":4: size with input = \"tokens\""})
    EXPECT_THAT(report, HasSubstr(part));
  read("samples = 1\nsample_bytes = 2\n" + one_layer);
  EXPECT_THAT(report, HasSubstr(":2: sample_bytes with input = \"none\""));
  read("samples = 1\ninput = 'camera'\n" + one_layer);
  EXPECT_THAT(report, HasSubstr(":2: input = \"camera\" without pictures"));
}

TEST_F(ModelFile, ShapesAndParametersThatOverflowAreFaults) {
  std::string const most = "2147483647";
  read("samples = 1\n[[layer]]\nname = 'a'\nrows = " + most + "\noutputs = " + most + "\ninputs = " + most +
       "\n[[layer]]\nname = 'c'\nkind = 'convolution'\nimages = " + most + "\nheight = " + most +
       "\nwidth = " + most + "\nkernel = " + most + "\ninputs = " + most + "\noutputs = 1\n");
  EXPECT_THAT(report, HasSubstr(":2: layer 'a' overflows"));
  EXPECT_THAT(report, HasSubstr(":7: the convolution's output pixels overflow"));
  EXPECT_THAT(report, HasSubstr(":7: the convolution's windows overflow"));
  read("samples = 1\n[repeat]\nb = 10000\n[[layer]]\nname = 'a'\nblock = 'b'\nrows = 1\noutputs = " + most +
       "\ninputs = " + most + "\n");
  EXPECT_THAT(report, HasSubstr("the parameters overflow (with block 'b'"));
}

TEST_F(ModelFile, RepeatIsATableOfWholeNumbers) {
  read("samples = 1\nrepeat = 3\n" + one_layer);
  EXPECT_THAT(report, HasSubstr(":2: repeat is a whole number"));
  read(
      "samples = 1\n[repeat]\nb = 0\n[[layer]]\nname = 'a'\nblock = 'b'\nrows = 1\noutputs = 2\ninputs = "
      "3\n");
  EXPECT_THAT(report, HasSubstr(":3: b = 0 is not possible"));
}

TEST(ModelFiles, ThatCannotBeReadEndInAUsageError) {
  Faults faults("nowhere.toml");
  EXPECT_THROW(read_model("/nonexistent/nowhere.toml", faults), Error);
}

}  // namespace
}  // namespace muster
