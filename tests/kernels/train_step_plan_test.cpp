// From a network to one rank's step: its text form, shapes, where parameters lie, buckets, memory, what is
// refused; and the decomposition of a step's marks.
#include "kernels/train_step/step_plan.hpp"

#include <gmock/gmock.h>

#include <limits>

#include "kernels/contract/error.hpp"
#include "kernels/contract/random.hpp"
#include "kernels/train_step/decomposition.hpp"
#include "kernels/train_step/left_out_of_model.hpp"
#include "kernels/train_step/step_input.hpp"
#include "tests/kernels/support.hpp"
#include "tests/kernels/train_step_networks.hpp"

namespace muster::train::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// ---- the text form ----

TEST(NetworkText, ComesBackAsItWas) {
  auto network = shared_layers();
  network.item = "clips";
  network.tokens = 7;
  network.input = Network::Input::camera;
  network.sample_bytes = 5, network.pictures = 48, network.size = 96;
  network.blocks.push_back(
      {"more", 12, {{.name = "x.1-b", .rows = 1, .outputs = 1, .inputs = 1, .more_products = true}}});
  EXPECT_EQ(network_from_text(to_text(network)), network);
}

TEST(NetworkText, IsOneLineOfAsciiWhateverTheNames) {
  auto network = every_kind();
  network.name = "a b\nblock \xC3\xA4";
  network.blocks[0].layers[0].name = "";
  auto const text = to_text(network);
  for (char const c : text) EXPECT_TRUE(c >= ' ' && c < 127);
  EXPECT_EQ(network_from_text(text).name, "a_b_block___");
  EXPECT_EQ(network_from_text(text).blocks[0].layers[0].name, "_");
}

TEST(NetworkText, RefusesWhatIsNone) {
  std::string const good = "network1 n samples 2 0 0 1 0 1 224 none 1 block b 1 1 l 3 4 5 1 -w";
  EXPECT_EQ(network_from_text(good).blocks[0].layers[0].inputs, 5);
  for (std::string const bad :
       {"", "network2 n", "network1", "network1 n samples 0 0 0 1 0 1 224 none 1 block b 1 1 l 3 4 5 1 -w",
        "network1 n samples 2 0 0 1 0 1 224 film 1 block b 1 1 l 3 4 5 1 -w",
        "network1 n samples 2 0 0 1 0 1 224 none 0",
        "network1 n samples 2 0 0 1 0 1 224 none 1 block b 0 1 l 3 4 5 1 -w",
        "network1 n samples 2 0 0 1 0 1 224 none 1 block b 1 2 l 3 4 5 1 -w",
        "network1 n samples 2 0 0 1 0 1 224 none 1 block b 1 1 l -3 4 5 1 -w",
        "network1 n samples 2 0 0 1 0 1 224 none 1 block b 1 1 l 3x 4 5 1 -w",
        "network1 n samples 2 0 0 1 0 1 224 none 1 block b 1 1 l 3 4 5 1 -q",
        "network1 n samples 2 0 0 1 0 1 224 none 1 block b 1 1 l 3 4 5 1 w",
        "network1 n samples 2 0 0 1 0 1 224 none 1 block b 1 1 l 99999999999999999999 4 5 1 -w",
        "network1 n samples 2 0 0 1 0 1 224 none 1 block b 1 1 l 3000000000 3000000000 5 1 -w",
        "network1 n samples 2 0 0 9999999999 0 1 224 none 1 block b 1 1 l 3 4 5 1 -w",
        "network1 n samples 2 0 0 1 0 1 224 none 1 block b 4611686018427387904 1 l 3 4 5 1 -w",
        "network1 n samples 2 0 0 1 0 1 224 none 1 block b 1000001 1 l 1 1 1 1 -w"})
    EXPECT_THROW(network_from_text(bad), std::invalid_argument) << bad;
  EXPECT_THROW(network_from_text(good + " more"), std::invalid_argument);
}

// Cut short, or a character changed: refused, or a network that comes back as it is; never anything else.
TEST(NetworkText, HostileTextEndsInARefusal) {
  auto const good = to_text(shared_layers());
  int refused = 0;
  for (std::uint64_t i = 0; i < 4000; ++i) {
    auto text = good;
    auto const word = random_word(11, i);
    if (i % 4 == 0)
      text.resize(word % good.size());
    else
      text[word % good.size()] = static_cast<char>(word >> 32 & 0xFF);
    try {
      auto const network = network_from_text(to_text(network_from_text(text)));  // with plain names
      EXPECT_EQ(network_from_text(to_text(network)), network);
    } catch (std::invalid_argument const&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 1000);
}

// ---- shapes ----

TEST(StepPlan, RowsFollowTheSamplesAndProductsWhereTheyDo) {
  auto const network = network_of_layers({{.name = "rows", .rows = 12, .outputs = 10, .inputs = 7},
                                          {.name = "products",
                                           .rows = 6,
                                           .outputs = 6,
                                           .inputs = 4,
                                           .batch = 8,
                                           .weights = false,
                                           .more_products = true}});
  auto const plan = plan_step(network, {.samples = 4});
  EXPECT_EQ(plan.layers[0].rows, 24);
  EXPECT_EQ(plan.layers[1].rows, 6);
  EXPECT_EQ(plan.layers[1].batch, 16);
  EXPECT_EQ(plan.forward_flops(), 2u * 24 * 10 * 7 + 2u * 16 * 6 * 6 * 4);
  EXPECT_EQ(plan.backward_flops(), 2u * 24 * 10 * 7 + 2 * 2u * 16 * 6 * 6 * 4) << "the first layer has no dx";
}

TEST(StepPlan, NoGradientIsMadeOfPicturesOrTheirNormalisations) {
  auto network = every_kind();
  auto const of_words = plan_step(network, small_buckets());
  network.input = Network::Input::pictures;
  auto const of_pictures = plan_step(network, small_buckets());
  EXPECT_TRUE(of_words.first_data_gradient());
  EXPECT_FALSE(of_pictures.first_data_gradient());
  EXPECT_EQ(of_words.backward_flops() - of_pictures.backward_flops(), of_words.layers[0].flops());
  EXPECT_EQ(of_pictures.parameters, of_words.parameters) << "they are stepped and summed all the same";
  EXPECT_EQ(of_words.buckets.back().after, -1);
  EXPECT_EQ(of_pictures.buckets.back().after, 0);
  EXPECT_EQ(of_pictures.buckets.back().end, of_pictures.parameters);
}

TEST(StepPlan, ShrinkDividesRoundedUpAndBlocksAreCut) {
  auto network = every_kind();
  network.blocks[0].repeat = 3;
  auto const plan = plan_step(network, {.shrink = 4, .blocks = 2});
  EXPECT_EQ(plan.layers.size(), 12u);
  EXPECT_EQ(plan.layers[0].rows, 3);
  EXPECT_EQ(plan.layers[0].outputs, 3) << "10 / 4";
  EXPECT_EQ(plan.layers[0].inputs, 2) << "7 / 4";
  EXPECT_EQ(plan.embedding_count, 4u) << "50 / 16";
}

TEST(StepPlan, RefusesABatchThatDoesNotDivideAndAFirstLayerWithoutWeights) {
  auto network = network_of_layers({{.name = "odd", .rows = 3, .outputs = 2, .inputs = 2}});
  auto const faults = faults_of_step(network, {.samples = 3});
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_THAT(faults[0], HasSubstr("batch = 3 does not divide: layer odd has 3 rows of 2 samples"));
  EXPECT_THROW(plan_step(network, {.samples = 3}), BadInput);
  EXPECT_NO_THROW(plan_step(network, {.samples = 4}));
  network.blocks[0].layers[0].weights = false;
  EXPECT_THAT(faults_of_step(network, {})[0], HasSubstr("the first layer, odd, has no weights"));
  EXPECT_THAT(faults_of_step(every_kind(), {.graph = true, .checkpoint = 3}),
              ElementsAre(HasSubstr("checkpoint together with graph")));
}

TEST(StepPlan, RefusesWhatCannotBeCounted) {
  auto const huge =
      network_of_layers({{.name = "a", .rows = std::int64_t{1} << 40, .outputs = 1 << 10, .inputs = 1 << 8}});
  EXPECT_THAT(faults_of_step(huge, {.samples = 1 << 20}), ElementsAre(HasSubstr("is too large")));
  EXPECT_THAT(faults_of_step(huge, {.accumulate = 1024}), ElementsAre(HasSubstr("is too large")));
  EXPECT_THAT(faults_of_step(huge, {}), IsEmpty());
}

// ---- buckets ----

TEST(Buckets, CoverAllParametersOnceInTheOrderInWhichTheyAreReady) {
  for (std::uint64_t const bytes :
       {std::uint64_t{4}, std::uint64_t{400}, std::uint64_t{1600}, std::uint64_t{1} << 30}) {
    for (bool const embedding : {true, false}) {
      auto network = every_kind();
      if (!embedding) network.other_parameters = 0;
      auto const plan = plan_step(network, {.type = Type::fp32, .bucket_bytes = bytes});
      std::uint64_t at = 0;
      int after = static_cast<int>(plan.layers.size());
      for (auto const& bucket : plan.buckets) {
        EXPECT_EQ(bucket.begin, at);
        EXPECT_GT(bucket.end, bucket.begin);
        EXPECT_LT(bucket.after, after);
        at = bucket.end, after = bucket.after;
      }
      EXPECT_EQ(at, plan.parameters);
      EXPECT_EQ(plan.buckets.back().after, embedding ? -1 : 0);
    }
  }
}

TEST(Buckets, ContainEveryLayerWholeAndNoneThatIsReadyLater) {
  auto const plan = plan_step(every_kind(), small_buckets());
  for (std::size_t i = 0; i < plan.layers.size(); ++i) {
    auto const& layer = plan.layers[i];
    if (!layer.weights) continue;
    EXPECT_EQ(layer.first % parameter_alignment, 0u);
    int holding = 0;
    for (auto const& bucket : plan.buckets) {
      if (layer.first < bucket.begin || layer.first + layer.parameter_count() > bucket.end) continue;
      ++holding;
      EXPECT_LE(bucket.after, static_cast<int>(i));
    }
    EXPECT_EQ(holding, 1) << layer.name;
  }
}

TEST(Buckets, AreAsLargeAsAllowedAndALargerLayerHasOneToItself) {
  std::vector<NetworkLayer> layers;
  for (auto const outputs : {64, 64, 6400, 64, 64})
    layers.push_back({.name = "l", .rows = 2, .outputs = outputs, .inputs = 1});
  auto const plan = plan_step(network_of_layers(layers), {.type = Type::fp32, .bucket_bytes = 128 * 4});
  std::vector<std::uint64_t> counts;
  for (auto const& bucket : plan.buckets) counts.push_back(bucket.count());
  EXPECT_THAT(counts, ElementsAre(128, 6400, 128));
}

TEST(Buckets, OfHalfTheTypeHoldTwiceAsManyParameters) {
  auto const count = [](Type type) {
    std::vector<NetworkLayer> layers(8, {.name = "l", .rows = 2, .outputs = 64, .inputs = 1});
    return plan_step(network_of_layers(layers), {.type = type, .bucket_bytes = 512}).buckets.size();
  };
  EXPECT_EQ(count(Type::fp32), 4u);
  EXPECT_EQ(count(Type::bf16), 2u);
}

// ---- the input's pictures ----

TEST(InputPictures, OfACameraHaveAsManyPixelsAsItsNetworkTakes) {
  muster::test::Solo solo;
  auto network = every_kind();
  network.input = Network::Input::camera;
  auto const sides = [&](StepOptions const& options, Params const& given) {
    auto const pictures = input_pictures(plan_step(network, options), given, solo.context);
    return std::vector<std::int64_t>{pictures.images, pictures.width, pictures.height};
  };
  Params left, said;
  for (auto const& [name, value] : {std::pair{"images", -1}, {"width", 0}, {"height", 0}})
    left.set(name, std::int64_t{value});
  for (auto const& [name, value] : {std::pair{"images", 7}, {"width", 500}, {"height", 375}})
    said.set(name, std::int64_t{value});
  EXPECT_THAT(sides({}, left), ElementsAre(64, 1280, 960));
  EXPECT_THAT(sides({}, Params{}), ElementsAre(64, 1280, 960));
  EXPECT_THAT(sides({}, said), ElementsAre(7, 500, 375));
  EXPECT_THAT(sides({.shrink = 4}, left), ElementsAre(2000, 500, 375));
  EXPECT_EQ(picture_facts({64, 1280, 960}, solo.context).at(0).second,
            "1280 x 960 pixels (median), 64 different ones");
  network.input = Network::Input::pictures;
  EXPECT_THAT(sides({}, left), ElementsAre(2000, 500, 375));
}

TEST(LeftOutOfModel, SpeaksOfTheKindsOfLayersThatAreThere) {
  auto network = network_of_layers({{.name = "a", .rows = 8, .outputs = 16, .inputs = 4}});
  auto const said = [&] { return left_out_of_model(plan_step(network, {.type = Type::fp32})); };
  EXPECT_THAT(said(), AllOf(HasSubstr("residual"), Not(HasSubstr("convolutions")),
                            Not(HasSubstr("attention")), Not(HasSubstr("embeddings"))));
  network.input = Network::Input::pictures;
  EXPECT_THAT(said(),
              AllOf(HasSubstr("convolutions: sums in place of pooling"), Not(HasSubstr("attention"))));
  network.input = Network::Input::tokens, network.other_parameters = 10;
  network.blocks[0].layers.push_back(
      {.name = "b", .rows = 4, .outputs = 6, .inputs = 8, .batch = 2, .weights = false});
  EXPECT_THAT(said(), AllOf(HasSubstr("attention: no softmax"), HasSubstr("embeddings"),
                            Not(HasSubstr("convolutions")), Not(HasSubstr("\n"))));
}

// ---- memory ----

TEST(StepMemory, CountsParametersActivationsAndScratch) {
  auto const network =
      network_of_layers({{.name = "a", .rows = 8, .outputs = 16, .inputs = 4},
                         {.name = "b", .rows = 4, .outputs = 6, .inputs = 8, .batch = 2, .weights = false}});
  auto const memory = memory_of(plan_step(network, {.type = Type::fp32}));
  EXPECT_EQ(memory.parameters, 16u * 64);
  EXPECT_EQ(memory.activations, 4u * (8 * 16 + 2 * 4 * 6));
  EXPECT_EQ(memory.scratch, 4u * (2 * (2 * 4 * 8) + 2 * (2 * 6 * 8) + 2 * (8 * 16)));
  EXPECT_EQ(memory.sum(), memory.parameters + memory.activations + memory.scratch);
}

TEST(StepMemory, TooMuchIsRefusedWithWhatWouldFit) {
  auto network = network_of_layers({{.name = "a", .rows = 2000, .outputs = 100, .inputs = 100}});
  network.blocks[0].repeat = 10;
  StepOptions const options{.type = Type::fp32, .samples = 8};
  auto const plan = plan_step(network, options);
  auto const need = memory_of(plan).sum();
  EXPECT_NO_THROW(require_step_memory(network, plan, need));
  try {
    require_step_memory(network, plan, need - 1);
    FAIL() << "not refused";
  } catch (OutOfMemory const& error) {
    EXPECT_THAT(error.what(), HasSubstr("use batch = 7, or blocks = 9"));
    EXPECT_THAT(error.what(), HasSubstr("a step of small needs"));
  }
  for (auto const& [samples, blocks] : {std::pair{7, 0}, std::pair{8, 9}}) {
    auto less = options;
    less.samples = samples, less.blocks = blocks;
    EXPECT_LT(memory_of(plan_step(network, less)).sum(), need) << "what it names does fit";
  }
  EXPECT_THROW(
      {
        try {
          require_step_memory(network, plan, 1);
        } catch (OutOfMemory const& error) {
          EXPECT_THAT(error.what(), HasSubstr("use a smaller model, or more of shrink"));
          throw;
        }
      },
      OutOfMemory);
}

TEST(StepMemory, OnTheHostRanksShareWhatIsFreeAndKeepBatchesAndCheckpointsInIt) {
  auto network = network_of_layers({{.name = "a", .rows = 64, .outputs = 100, .inputs = 100}});
  network.input = Network::Input::tokens, network.sample_bytes = 5000;
  StepOptions options{.type = Type::fp32, .samples = 8};
  auto const step = memory_of(plan_step(network, options)).sum();
  auto const fits = [&](HostRoom room, std::uint64_t free) {
    try {
      require_step_memory(network, plan_step(network, options), free, &room);
      return true;
    } catch (OutOfMemory const&) {
      return false;
    }
  };
  // Read ahead, one more, and the batch; and the batch that a step is verified with.
  std::uint64_t const input = (3 + 2) * 8 * 5000 + 4 * 4 * 64 * 100;
  EXPECT_TRUE(fits({.prefetch = 3}, step + input));
  EXPECT_FALSE(fits({.prefetch = 3}, step + input - 1));
  EXPECT_TRUE(fits({.node_ranks = 4, .prefetch = 3}, 4 * (step + input)));
  EXPECT_FALSE(fits({.node_ranks = 4, .prefetch = 3}, 4 * (step + input) - 4));
  options.checkpoint = 10;
  auto const state = state_bytes(plan_step(network, options));
  EXPECT_TRUE(fits({.writers = 2, .prefetch = 3}, step + input + state / 2));
  EXPECT_FALSE(fits({.writers = 2, .prefetch = 3}, step + input + state / 2 - 1));
}

TEST(StepMemory, WhatFitsIsFoundAtOnceOfAMillionSamplesAndAMillionBlocks) {
  auto network = network_of_layers({{.name = "a", .rows = 6, .outputs = 8, .inputs = 8}});
  network.samples = 4;  // 6 x batch must be a multiple of 4: even batches
  network.blocks[0].repeat = 100'000;
  StepOptions options{.type = Type::fp32, .samples = std::int64_t{1} << 20, .blocks = 2};
  auto const taken = [&](std::int64_t samples, std::int64_t blocks) {
    auto less = options;
    less.samples = samples, less.blocks = blocks;
    return memory_of(plan_step(network, less)).sum();
  };
  auto const said = [&](std::uint64_t free) -> std::string {
    try {
      require_step_memory(network, plan_step(network, options), free);
      return "";
    } catch (OutOfMemory const& error) {
      return error.what();
    }
  };
  EXPECT_THAT(said(taken(700'002, 2)), HasSubstr("use batch = 700002"));
  EXPECT_THAT(said(taken(700'002, 2) - 1), HasSubstr("use batch = 700000"));
  options.samples = 2, options.blocks = 100'000;
  EXPECT_THAT(said(taken(2, 3)), HasSubstr("use blocks = 3"));
}

// ---- the decomposition ----

class Marked {
 public:
  explicit Marked(StepMarks const& marks) : times_(static_cast<std::size_t>(marks.count()), -1.0) {}
  Marked& set(int mark, double at) {
    times_[static_cast<std::size_t>(mark)] = at;
    return *this;
  }
  std::vector<double> const& times() const { return times_; }

 private:
  std::vector<double> times_;
};

double parts(StepTime const& t) {
  return t.input + t.forward + t.backward + t.tensor + t.communication + t.optimiser + t.checkpoint + t.rest;
}

/// Two micro-batches of a network with one sum in each pass, and two buckets.
class Decomposition : public testing::Test {
 protected:
  static StepPlan make_plan() {
    auto network =
        network_of_layers({{.name = "a", .rows = 2, .outputs = 64, .inputs = 1, .sum_outputs = true},
                           {.name = "b", .rows = 2, .outputs = 64, .inputs = 1, .sum_gradients = true}});
    return plan_step(network, {.type = Type::fp32, .accumulate = 2, .bucket_bytes = 256});
  }
  StepPlan plan = make_plan();
  StepMarks marks{plan};
};

TEST_F(Decomposition, GivesEveryStretchToItsPart) {
  ASSERT_EQ(marks.bucket_count(), 2);
  ASSERT_EQ(marks.sum_count(), 4);
  Marked m(marks);
  m.set(marks.begin(0), 10)
      .set(marks.batch_taken(0), 11)
      .set(marks.forward_end(0), 14)
      .set(marks.backward_end(0), 20);
  m.set(marks.sum_begin(0), 12)
      .set(marks.sum_end(0), 12.5)
      .set(marks.sum_begin(1), 15)
      .set(marks.sum_end(1), 16);
  m.set(marks.begin(1), 20.25)
      .set(marks.batch_taken(1), 22)
      .set(marks.forward_end(1), 24)
      .set(marks.backward_end(1), 30);
  m.set(marks.sum_begin(2), 23)
      .set(marks.sum_end(2), 23.25)
      .set(marks.sum_begin(3), 25)
      .set(marks.sum_end(3), 25.5);
  m.set(marks.ready(0), 27).set(marks.reduce_begin(0), 27).set(marks.reduce_end(0), 31);
  m.set(marks.ready(1), 30).set(marks.reduce_begin(1), 31).set(marks.reduce_end(1), 34);
  m.set(marks.resumed(0), 31).set(marks.updated(0), 32).set(marks.resumed(1), 34).set(marks.updated(1), 35);
  m.set(marks.checkpoint_begin(), 35.5).set(marks.checkpoint_end(), 37).set(marks.end(), 37.125);
  auto const t = decompose(marks, m.times());
  EXPECT_DOUBLE_EQ(t.step, 27.125);
  EXPECT_DOUBLE_EQ(t.input, 1 + 1.75);
  EXPECT_DOUBLE_EQ(t.forward, 2.5 + 1.75);
  EXPECT_DOUBLE_EQ(t.backward, 5 + 5.5);
  EXPECT_DOUBLE_EQ(t.tensor, 0.5 + 1 + 0.25 + 0.5);
  EXPECT_DOUBLE_EQ(t.communication, 1 + 2);
  EXPECT_DOUBLE_EQ(t.optimiser, 2);
  EXPECT_DOUBLE_EQ(t.checkpoint, 1.5);
  EXPECT_DOUBLE_EQ(t.rest, 0.25 + 0.5 + 0.125);
  EXPECT_DOUBLE_EQ(t.reducing, 4 + 3);
  EXPECT_DOUBLE_EQ(parts(t), t.step);
}

TEST_F(Decomposition, WithoutSumsNothingIsWaitedFor) {
  Marked m(marks);
  m.set(marks.begin(0), 0)
      .set(marks.batch_taken(0), 0)
      .set(marks.forward_end(0), 1)
      .set(marks.backward_end(0), 2);
  m.set(marks.begin(1), 2)
      .set(marks.batch_taken(1), 2)
      .set(marks.forward_end(1), 3)
      .set(marks.backward_end(1), 4);
  m.set(marks.resumed(0), 4.5)
      .set(marks.updated(0), 5)
      .set(marks.resumed(1), 5)
      .set(marks.updated(1), 6)
      .set(marks.end(), 6);
  auto const t = decompose(marks, m.times());
  EXPECT_EQ(t.communication, 0);
  EXPECT_EQ(t.reducing, 0);
  EXPECT_DOUBLE_EQ(t.optimiser, 2) << "what comes before the first update is its beginning";
  EXPECT_DOUBLE_EQ(parts(t), 6);
}

TEST_F(Decomposition, WhatLiesBeforeAMarkThatWasNotSetBelongsToTheNextPart) {
  Marked m(marks);
  m.set(marks.begin(0), 0).set(marks.backward_end(1), 4).set(marks.end(), 5);
  auto const t = decompose(marks, m.times());
  EXPECT_DOUBLE_EQ(t.backward, 4);
  EXPECT_DOUBLE_EQ(t.rest, 1);
  EXPECT_DOUBLE_EQ(parts(t), t.step);
}

TEST_F(Decomposition, PartsAddUpWhateverTheTimes) {
  for (std::uint64_t run = 0; run < 200; ++run) {
    Marked m(marks);
    double at = 1000;
    for (int mark = 0; mark < marks.count(); ++mark) {
      at += static_cast<double>(random_word(run, static_cast<std::uint64_t>(mark)) % 1000) * 1e-6;
      bool const needed = mark == marks.begin(0) || mark == marks.end();
      if (needed || random_word(run + 999, static_cast<std::uint64_t>(mark)) % 4 > 0) m.set(mark, at);
    }
    auto const t = decompose(marks, m.times());
    EXPECT_NEAR(parts(t), t.step, 1e-9);
  }
}

TEST_F(Decomposition, TheShortestStepHidesWhatTheOrderOfWorkLetsItHide) {
  StepPieces compute(marks), communication(marks);
  compute.step = 11, compute.backward_end = 9, compute.ready = {6, 9}, compute.update = {1, 1};
  EXPECT_DOUBLE_EQ(shortest_step(compute, communication), 11) << "nothing to sum";
  communication.reduce = {2, 0.5};
  EXPECT_DOUBLE_EQ(shortest_step(compute, communication), 11)
      << "all hidden: the second behind the first's update";
  communication.reduce = {2, 3};
  EXPECT_DOUBLE_EQ(shortest_step(compute, communication), 9 + 3 + 1);
  communication.reduce = {5, 3};
  EXPECT_DOUBLE_EQ(shortest_step(compute, communication), 6 + 5 + 3 + 1);
  communication.ready = {0.5, 1}, communication.backward_end = 1;  // sums over ranks that share layers
  EXPECT_DOUBLE_EQ(shortest_step(compute, communication), 6.5 + 5 + 3 + 1);
}

TEST_F(Decomposition, MediansOfPiecesAreTakenNumberByNumber) {
  std::vector<StepPieces> all(3, StepPieces(marks));
  for (std::size_t i = 0; i < 3; ++i) {
    all[i].step = static_cast<double>(i);
    all[i].reduce = {static_cast<double>(2 - i), 7};
  }
  auto const middle = median_of(all);
  EXPECT_EQ(middle.step, 1);
  EXPECT_THAT(middle.reduce, ElementsAre(1, 7));
}

}  // namespace
}  // namespace muster::train::test
