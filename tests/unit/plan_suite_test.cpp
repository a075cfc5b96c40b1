// What a sound suite becomes.
#include <gmock/gmock.h>

#include <ctime>

#include "plan_fixture.hpp"

namespace muster {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using PlanSuite = PlanFixture;

TEST_F(PlanSuite, FillsInDefaultsInTheOrderOfTheDeclaration) {
  auto const made = plan("[[case]]\nworkload = 'product'\nparams.n = 5\n");
  ASSERT_EQ(made.cases.size(), 1U);
  auto const& only = made.cases[0];
  EXPECT_EQ(only.name, "product/single/m:16/n:5");
  EXPECT_EQ(only.workload, "product");
  EXPECT_EQ(only.backend, "host");
  EXPECT_EQ(only.params.all(), (std::vector<std::pair<std::string, Value>>{
                                   {"type", "single"}, {"m", std::int64_t{16}}, {"n", std::int64_t{5}}}));
}

TEST_F(PlanSuite, TakesItsHeadFromTheFileAndTheRestFromDefaults) {
  auto const path = write("name = 'mine'\nsummary = 's'\nlaunches = 5\n[[case]]\nworkload = 'product'\n");
  auto const made = make_plan(path, registry_, machine_, options_);
  EXPECT_EQ(made.suite, "mine");
  EXPECT_EQ(made.config_path, path.string());
  EXPECT_EQ(made.launches, 5);
  EXPECT_EQ(made.seed, default_seed);
  EXPECT_EQ(made.config_sha256, "");
  EXPECT_FALSE(made.oversubscribe);
  EXPECT_EQ(plan("[[case]]\nworkload = 'product'\n").suite, "suite")
      << "the file's own name, where it gives none";
  EXPECT_EQ(plan("[[case]]\nworkload = 'product'\n").launches, 3);
}

TEST_F(PlanSuite, MultipliesSweepsOutWithTheLastDeclaredParameterFastest) {
  auto const made =
      plan("[[case]]\nworkload = 'product'\n[case.params]\nn = [8, 4]\nm = 2\ntype = ['single', 'double']\n");
  EXPECT_THAT(names(made), ElementsAre("product/single/m:2/n:8", "product/single/m:2/n:4",
                                       "product/double/m:2/n:8", "product/double/m:2/n:4"));
}

TEST_F(PlanSuite, ExpandsEachOfSeveralParameterTablesOnItsOwn) {
  auto const made = plan(
      "[[case]]\nworkload = 'product'\nparams = [\n  {m = 2, n = 2},\n  {m = 4, n = [4, 5]},\n]\n"
      "[[case]]\nworkload = 'product'\n[[case.params]]\nm = 6\n[[case.params]]\nm = 7\n");
  EXPECT_THAT(names(made),
              ElementsAre("product/single/m:2/n:2", "product/single/m:4/n:4", "product/single/m:4/n:5",
                          "product/single/m:6/n:16", "product/single/m:7/n:16"));
}

TEST_F(PlanSuite, ReadsSizesAndTurnsWholeNumbersIntoReals) {
  auto const made = plan(
      "[[case]]\nworkload = 'together/sum'\nparams.bytes = ['1MiB', 8]\nparams.scale = 2\nparams.path = "
      "'/x'\n");
  ASSERT_EQ(made.cases.size(), 2U);
  EXPECT_EQ(made.cases[0].name, "together/sum/bytes:1048576");
  EXPECT_EQ(made.cases[0].params.at("bytes"), Value{std::int64_t{1'048'576}});
  EXPECT_EQ(made.cases[1].params.at("bytes"), Value{std::int64_t{8}});
  EXPECT_EQ(made.cases[0].params.at("scale"), Value{2.0});
  EXPECT_EQ(made.cases[0].params.text("path"), "/x");
}

TEST_F(PlanSuite, GivesTheCaseThenTheSuiteThenTheDefaultItsSay) {
  auto const made = plan(
      "sampling = '2s'\n[[case]]\nworkload = 'product'\n"
      "[[case]]\nworkload = 'product'\nparams.m = 2\nsampling = '500ms'\ndeadline = '1m'\n"
      "[[case]]\nworkload = 'product'\nparams.m = 3\nsampling = 30\n");
  EXPECT_EQ(made.cases[0].sampling_seconds, 2);
  EXPECT_EQ(made.cases[0].deadline_seconds, 60);
  EXPECT_EQ(made.cases[1].sampling_seconds, 0.5);
  EXPECT_EQ(made.cases[1].deadline_seconds, 60);
  EXPECT_EQ(made.cases[2].sampling_seconds, 30);
  EXPECT_EQ(made.cases[2].deadline_seconds, 300) << "ten times the sampling";
  auto const bare = plan("deadline = '90s'\n[[case]]\nworkload = 'product'\n");
  EXPECT_EQ(bare.cases[0].sampling_seconds, 1);
  EXPECT_EQ(bare.cases[0].deadline_seconds, 90);
}

TEST_F(PlanSuite, GivesOneStepLessTimeThanItsCase) {
  auto const made = plan(
      "[[case]]\nworkload = 'together/sum'\n"
      "[[case]]\nworkload = 'together/sum'\nparams.bytes = 16\ndeadline = '10m'\n"
      "[[case]]\nworkload = 'together/sum'\nparams.bytes = 32\nsampling = '2m'\n"
      "[[case]]\nworkload = 'together/sum'\nparams.bytes = 64\noperation_deadline = '7s'\n");
  EXPECT_EQ(made.cases[0].operation_seconds, 48) << "0.8 of the deadline";
  EXPECT_EQ(made.cases[1].operation_seconds, 100);
  EXPECT_EQ(made.cases[2].operation_seconds, 240) << "twice the sampling: others may wait for a rank alone";
  EXPECT_EQ(made.cases[3].operation_seconds, 7);
  auto const suite = plan("operation_deadline = '9s'\n[[case]]\nworkload = 'product'\n");
  EXPECT_EQ(suite.cases[0].operation_seconds, 9);
  auto const alone =
      plan("alone = true\nsampling = '6s'\noperation_deadline = '9s'\n[[case]]\nworkload = 'product'\n");
  EXPECT_EQ(alone.cases[0].operation_seconds, 12) << "the others wait while one rank measures alone";
}

TEST_F(PlanSuite, LeavesOutCasesOfTheOtherBackend) {
  std::string const text =
      "[[case]]\nworkload = 'product'\nbackend = 'cuda'\nparams.m = 1\n[[case]]\nworkload = "
      "'product'\nbackend = 'host'\n"
      "params.m = 2\n[[case]]\nworkload = 'product'\nparams.m = 3\n";
  EXPECT_THAT(names(plan(text)), ElementsAre("product/single/m:2/n:16", "product/single/m:3/n:16"));
  machine_ = {"cuda", 8, 128};
  EXPECT_THAT(names(plan(text)), ElementsAre("product/single/m:1/n:16", "product/single/m:3/n:16"));
  EXPECT_EQ(plan(text).cases[1].backend, "cuda");
}

TEST_F(PlanSuite, AllowsTheSameCaseOncePerBackend) {
  auto const made = plan(
      "[[case]]\nworkload = 'product'\nbackend = 'cuda'\n[[case]]\nworkload = 'product'\nbackend = 'host'\n");
  EXPECT_EQ(made.cases.size(), 1U);
}

TEST_F(PlanSuite, EstimatesAtLeastTheSamplingAndMoreForMoreWork) {
  auto const one = plan("launches = 1\nsampling = '10s'\n[[case]]\nworkload = 'product'\n");
  auto const again = plan("launches = 2\nsampling = '10s'\n[[case]]\nworkload = 'product'\n");
  auto const ranks = plan("launches = 1\nsampling = '10s'\n[[case]]\nworkload = 'product'\nranks = 2\n");
  EXPECT_GT(estimated_seconds(one), 10);
  EXPECT_LT(estimated_seconds(one), 20);
  EXPECT_DOUBLE_EQ(estimated_seconds(again), 2 * estimated_seconds(one));
  EXPECT_GT(estimated_seconds(ranks), estimated_seconds(one));
  EXPECT_EQ(estimated_seconds(Plan{}), 0);
}

double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// The least of several runs, on the processor's clock, so that a neighbour's load does not count.
double seconds_to_plan(std::filesystem::path const& file, Registry const& registry) {
  double least = 1e9;
  for (int i = 0; i < 5; ++i) {
    double const start = processor_seconds();
    make_plan(file, registry, {"host", 1, 2}, {});
    least = std::min(least, processor_seconds() - start);
  }
  return least;
}

TEST_F(PlanSuite, TakesTimeInProportionToTheNumberOfCases) {
  auto const entries = [](int count) {
    std::string text;
    for (int i = 1; i <= count; ++i)
      text += "[[case]]\nworkload = 'product'\nparams.m = " + std::to_string(i) + "\n";
    return text;
  };
  double const few = seconds_to_plan(write(entries(1'000), "few.toml"), registry_);
  double const many = seconds_to_plan(write(entries(10'000), "many.toml"), registry_);
  RecordProperty("milliseconds_for_10000_cases", static_cast<int>(1e3 * many));
  EXPECT_LT(many / few, 40)
      << "ten times the cases; a search of all cases for each would take a hundred times as long";
}

TEST_F(PlanSuite, FindsSuitesByNameAndByPath) {
  auto const path = write("summary = 'first'\n[[case]]\nworkload = 'product'\n", "first.toml");
  write("[[case]]\nworkload = 'product'\n", "another.toml");
  write("no suite", "notes.txt");
  EXPECT_THAT(suite_names(folder_), ElementsAre("another", "first"));
  EXPECT_EQ(find_suite("first", folder_), path);
  EXPECT_EQ(find_suite(path.string(), "/nowhere"), path);
  EXPECT_EQ(suite_summary(path), "first");
  EXPECT_EQ(suite_summary(folder_ / "another.toml"), "");
}

TEST_F(PlanSuite, SaysWhichSuitesThereAre) {
  write("", "quick.toml");
  write("", "node.toml");
  auto const message = [&](std::string const& name, std::filesystem::path const& folder) {
    try {
      return "found " + find_suite(name, folder).string();
    } catch (Error const& error) {
      EXPECT_EQ(error.exit_code, ExitCode::usage);
      return without_folder(error.what());
    }
  };
  EXPECT_THAT(message("qiuck", folder_), HasSubstr("did you mean 'quick'? there are: node, quick"));
  EXPECT_THAT(message("zzz", folder_), HasSubstr("(there are: node, quick)"));
  EXPECT_THAT(message("zzz", folder_ / "absent"), HasSubstr("there are none"));
  EXPECT_THAT(message("absent.toml", folder_), HasSubstr("no suite file 'absent.toml'"));
  EXPECT_THAT(message(folder_.string() + "/", folder_), HasSubstr("no suite file"));
}

TEST_F(PlanSuite, SummarisesAnUnusableSuiteByItsFirstFault) {
  EXPECT_THAT(without_folder(suite_summary(write("launches = 0\nnonsense = 1\n[[case]]\nworkload = 'x'\n"))),
              ::testing::StartsWith("not usable: suite.toml:1: launches = 0"));
}

}  // namespace
}  // namespace muster
