// Suites that take their shapes from models, soak, and measure ranks alone.
#include <gmock/gmock.h>

#include "kernels/contract/network.hpp"
#include "tests/unit/plan_fixture.hpp"

namespace muster {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PlanModel : public PlanFixture {
 protected:
  PlanModel() {
    auto const whole = [](char const* name) {
      return ParamSpec{.name = name, .fallback = std::int64_t{1}, .help = "", .low = 1, .high = 1e9};
    };
    Workload matmul{.name = "matmul", .summary = "has a model's parameters", .params = {}, .metric = {}};
    matmul.params = {whole("m"),
                     whole("n"),
                     whole("k"),
                     {.name = "layout",
                      .kind = ParamSpec::Kind::choice,
                      .fallback = "nt",
                      .help = "",
                      .choices = {"nn", "nt", "tn"},
                      .naming = ParamSpec::Naming::unless_default},
                     whole("batch"),
                     {.name = "type",
                      .kind = ParamSpec::Kind::choice,
                      .fallback = "single",
                      .help = "",
                      .choices = {"single", "double"},
                      .naming = ParamSpec::Naming::unless_default},
                     regime_param()};
    registry_.add(matmul);
    registry_.add(trainer());
    options_.models = folder_;
    write(
        "[[layer]]\nname = \"up\"\nrows = 10\noutputs = 20\ninputs = 30\n"
        "[[layer]]\nname = \"down\"\nrows = 10\noutputs = 30\ninputs = 20\n",
        "tiny.toml");
    write(
        "name = \"net\"\nsamples = 2\n[repeat]\nmiddle = 3\n"
        "[[layer]]\nname = \"up\"\nblock = \"middle\"\nrows = 10\noutputs = 20\ninputs = 30\n",
        "net.toml");
  }

  /// Runs whole networks, in any batch but 13.
  static Workload trainer() {
    auto const text = [](char const* name, ParamSpec::Naming naming, bool bare) {
      return ParamSpec{.name = name,
                       .kind = ParamSpec::Kind::text,
                       .fallback = "",
                       .help = "",
                       .naming = naming,
                       .bare = bare};
    };
    Workload workload{.name = "trainer", .summary = "has the parameter network", .params = {}, .metric = {}};
    workload.params = {text("model", ParamSpec::Naming::always, true),
                       {.name = "batch", .fallback = std::int64_t{0}, .help = "", .low = 0, .high = 100},
                       text("network", ParamSpec::Naming::never, false)};
    workload.check = [](Params const& params) {
      bool const fine = params.integer("batch") != 13;
      return fine ? std::vector<std::string>{} : std::vector<std::string>{"13 does not divide"};
    };
    return workload;
  }
};

TEST_F(PlanModel, IsOneCaseWhereTheWorkloadRunsNetworks) {
  auto const made = plan("[[case]]\nworkload = 'trainer'\nmodel = 'net'\nparams.batch = [0, 4]\n");
  EXPECT_THAT(names(made), ElementsAre("trainer/net/batch:0", "trainer/net/batch:4"));
  auto const network = train::network_from_text(made.cases[1].params.text("network"));
  EXPECT_EQ(network.samples, 2);
  EXPECT_EQ(network.blocks.at(0).repeat, 3);
  EXPECT_TRUE(made.cases[1].labels.empty());
}

TEST_F(PlanModel, FaultsOfNetworksAreToldWithTheirLines) {
  auto const message = fault_of(
      "[[case]]\nworkload = 'trainer'\n"
      "[[case]]\nworkload = 'trainer'\nmodel = 'tiny'\n"
      "[[case]]\nworkload = 'trainer'\nmodel = 'net'\npass = 'forward'\nparams.network = 'x'\nparams.model = "
      "'y'\n"
      "[[case]]\nworkload = 'trainer'\nmodel = 'net'\nparams.batch = 13\n");
  EXPECT_THAT(message,
              AllOf(HasSubstr("suite.toml:1: trainer without a model"), HasSubstr("there are: net, "),
                    HasSubstr("suite.toml:5: model 'tiny' has no samples"),
                    HasSubstr("suite.toml:9: pass of an entry of trainer"),
                    HasSubstr("suite.toml:10: parameter 'network' of an entry with a model"),
                    HasSubstr("suite.toml:11: parameter 'model' of an entry with a model"),
                    HasSubstr("suite.toml:15: trainer/net/batch:13: 13 does not divide")));
}

TEST_F(PlanModel, MakesACaseOfEveryLayerAndPass) {
  auto const made = plan("[[case]]\nworkload = 'matmul'\nmodel = 'tiny'\n");
  EXPECT_THAT(names(made),
              ElementsAre("matmul/m:10/n:20/k:30/batch:1", "matmul/m:10/n:30/k:20/nn/batch:1",
                          "matmul/m:20/n:30/k:10/tn/batch:1", "matmul/m:10/n:30/k:20/batch:1",
                          "matmul/m:10/n:20/k:30/nn/batch:1", "matmul/m:30/n:20/k:10/tn/batch:1"));
  EXPECT_THAT(made.cases[0].labels, ElementsAre("tiny/up/forward"));
  EXPECT_THAT(made.cases[4].labels, ElementsAre("tiny/down/data_gradient"));
}

TEST_F(PlanModel, TakesThePassesThatAreWanted) {
  auto const made =
      plan("[[case]]\nworkload = 'matmul'\nmodel = ['tiny']\npass = ['forward']\nparams.type = 'double'\n");
  EXPECT_THAT(names(made),
              ElementsAre("matmul/m:10/n:20/k:30/batch:1/double", "matmul/m:10/n:30/k:20/batch:1/double"));
}

TEST_F(PlanModel, LayersOfOneShapeAreOneCaseThatStandsForAll) {
  write(
      "name = \"twins\"\n[[layer]]\nname = \"a\"\nrows = 1\noutputs = 2\ninputs = 3\n"
      "[[layer]]\nname = \"b\"\nrows = 1\noutputs = 2\ninputs = 3\n",
      "twins.toml");
  auto const made = plan("[[case]]\nworkload = 'matmul'\nmodel = 'twins.toml'\npass = 'forward'\n");
  ASSERT_EQ(made.cases.size(), 1U);
  EXPECT_THAT(made.cases[0].labels, ElementsAre("twins/a/forward", "twins/b/forward"));
}

TEST_F(PlanModel, FaultsAreToldWithTheirLines) {
  write("[[layer]]\nname = \"a\"\nrows = -1\n", "broken.toml");
  auto const message = fault_of(
      "[[case]]\nworkload = 'matmul'\nmodel = 'tinny'\n"
      "[[case]]\nworkload = 'matmul'\nmodel = 'tiny'\npass = 'backward'\nparams.m = 5\n"
      "[[case]]\nworkload = 'matmul'\nmodel = 'broken'\n"
      "[[case]]\nworkload = 'product'\nmodel = 'tiny'\n");
  EXPECT_THAT(message,
              AllOf(HasSubstr("suite.toml:3: no model 'tinny'"), HasSubstr("did you mean 'tiny'?"),
                    HasSubstr("suite.toml:7: unknown pass 'backward'"),
                    HasSubstr("suite.toml:8: parameter 'm' of an entry with a model"),
                    HasSubstr("suite.toml:11: model 'broken' cannot be used"),
                    HasSubstr("broken.toml:3: rows = -1"), HasSubstr("product has no parameter 'k'")));
}

TEST_F(PlanModel, SoakIsTheSamplingsTimeUnlessTheSuiteSaysOtherwise) {
  auto const made = plan(
      "sampling = '2s'\n[[case]]\nworkload = 'matmul'\n"
      "[[case]]\nworkload = 'matmul'\nsoak = '30s'\nparams.m = 2\n"
      "[[case]]\nworkload = 'product'\n[[case]]\nworkload = 'product'\nparams.m = 7\n");
  EXPECT_EQ(made.cases[0].soak_seconds, 2);
  EXPECT_EQ(made.cases[0].deadline_seconds, 62);
  EXPECT_EQ(made.cases[1].soak_seconds, 30);
  EXPECT_EQ(made.cases[1].deadline_seconds, 90);
  EXPECT_EQ(made.cases[2].soak_seconds, 0) << "it has no regime";
  EXPECT_EQ(made.cases[3].soak_seconds, 2) << "it has none either, but is sustained";
  EXPECT_EQ(made.cases[3].deadline_seconds, made.cases[2].deadline_seconds + 2);
  EXPECT_EQ(plan("soak = '5s'\n[[case]]\nworkload = 'matmul'\n").cases[0].soak_seconds, 5);
}

TEST_F(PlanModel, RanksThatWorkAloneCanBeMeasuredOneAtATime) {
  auto const made = plan(
      "alone = true\n[[case]]\nworkload = 'matmul'\n"
      "[[case]]\nworkload = 'matmul'\nalone = false\nparams.m = 2\n"
      "[[case]]\nworkload = 'together/sum'\n");
  EXPECT_TRUE(made.cases[0].alone);
  EXPECT_FALSE(made.cases[1].alone);
  EXPECT_FALSE(made.cases[2].alone) << "its ranks work together";
  EXPECT_THAT(fault_of("alone = 'yes'\n[[case]]\nworkload = 'matmul'\n"), HasSubstr("use true or false"));
}

}  // namespace
}  // namespace muster
