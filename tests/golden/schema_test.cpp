#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "tests/golden/golden.hpp"

namespace muster {
namespace {

using Json = nlohmann::json;

Json parsed(std::filesystem::path const& file) { return Json::parse(test::contents(file)); }

class ResultSchema {
 public:
  ResultSchema() {
    Json const text = parsed(test::source("results/schema/muster.result.schema.json"));
    valijson::SchemaParser(valijson::SchemaParser::kDraft7)
        .populateSchema(valijson::adapters::NlohmannJsonAdapter(text), schema_);
  }
  /// What is wrong with the document, one fault a line; "" when it passes.
  std::string faults(Json const& document) const {
    valijson::ValidationResults results;
    valijson::Validator validator;
    if (validator.validate(schema_, valijson::adapters::NlohmannJsonAdapter(document), &results)) return {};
    std::string text;
    for (valijson::ValidationResults::Error error; results.popError(error);) {
      for (auto const& part : error.context) text += part;
      text += ": " + error.description + "\n";
    }
    return text.empty() ? "refused" : text;
  }

 private:
  valijson::Schema schema_;
};

TEST(Schema, TakesEveryGoldenDocument) {
  ResultSchema const schema;
  for (auto const& fixture : test::fixtures())
    EXPECT_EQ(schema.faults(parsed(test::expected_file(fixture))), "") << fixture;
}

TEST(Schema, TakesADocumentOfARunThatStoppedAtOnce) {
  RunStarted started;
  started.run.id = "01J";
  Document const document = assemble(Plan{}, {started}, test::fixture_registry());
  EXPECT_EQ(ResultSchema().faults(Json::parse(to_json(document))), "");
}

struct Fault {
  char const* name;
  std::function<void(Json&)> plant;
};

std::vector<Fault> const& faults() {
  static std::vector<Fault> const list{
      {"MissingSection", [](Json& d) { d.erase("failures"); }},
      {"UnknownSection", [](Json& d) { d["extra"] = 1; }},
      {"OtherMajorVersion", [](Json& d) { d["schema"]["major"] = 2; }},
      {"OtherBenchmarkSchema", [](Json& d) { d["context"]["json_schema_version"] = 2; }},
      {"MisspeltField", [](Json& d) { d["cases"][0]["verfication"] = d["cases"][0]["verification"]; }},
      {"MissingUnit", [](Json& d) { d["cases"][0]["metric"].erase("unit"); }},
      {"EmptyUnit", [](Json& d) { d["cases"][0]["metric"]["unit"] = ""; }},
      {"UnknownDirection", [](Json& d) { d["cases"][0]["metric"]["better"] = "faster"; }},
      {"UnknownStatus", [](Json& d) { d["cases"][0]["status"] = "fine"; }},
      {"NullMedian", [](Json& d) { d["cases"][0]["launches"][0]["median"] = nullptr; }},
      {"MedianAsText", [](Json& d) { d["cases"][0]["launches"][0]["median"] = "1.5"; }},
      {"WrongAnswerWithNumbers", [](Json& d) { d["cases"][0]["status"] = "wrong"; }},
      {"OkWithoutLaunches", [](Json& d) { d["cases"][0]["launches"] = Json::array(); }},
      {"OkThoughVerificationFailed", [](Json& d) { d["cases"][0]["verification"]["status"] = "fail"; }},
      {"BenchmarkRowOfZeroTime", [](Json& d) { d["benchmarks"][0]["real_time"] = 0; }},
      {"BenchmarkRowWithoutTime", [](Json& d) { d["benchmarks"][0].erase("cpu_time"); }},
      {"BenchmarkRowWithoutMetric", [](Json& d) { d["benchmarks"][0].erase("flop_rate"); }},
      {"MatrixEntryAsText", [](Json& d) { d["cases"][2]["matrices"][0]["values"][0][1] = "fast"; }},
      {"MatrixWithoutNames", [](Json& d) { d["cases"][2]["matrices"][0].erase("rows"); }},
      {"FlatMatrix",
       [](Json& d) {
         d["cases"][2]["matrices"][0]["values"] = {1, 2, 3, 4};
       }},
      {"NegativeRank", [](Json& d) { d["cases"][0]["ranks"][0]["rank"] = -1; }},
      {"ParameterThatIsAList",
       [](Json& d) {
         d["cases"][0]["params"]["m"] = {1, 2};
       }},
      {"NameThatIsAFormula", [](Json& d) { d["cases"][0]["name"] = "=1+1"; }},
      {"ShortHash", [](Json& d) { d["comparability"]["workload"] = "abc"; }},
      {"SidecarElsewhere",
       [](Json& d) {
         d["integrity"]["sidecars"] = {{{"path", "../x"}, {"sha256", std::string(64, '0')}, {"bytes", 1}}};
       }},
      {"ExitCodeThatCounts", [](Json& d) { d["run"]["exit_code"] = 12; }},
      {"VariableThatIsANumber", [](Json& d) { d["environment"]["nodes"][0]["env"]["NCCL_X"] = 1; }},
  };
  return list;
}

class PlantedFault : public testing::TestWithParam<std::size_t> {};

TEST_P(PlantedFault, IsRefused) {
  Json document = parsed(test::expected_file("two_nodes"));
  faults()[GetParam()].plant(document);
  EXPECT_NE(ResultSchema().faults(document), "");
}

INSTANTIATE_TEST_SUITE_P(Schema, PlantedFault, testing::Range(std::size_t{0}, faults().size()),
                         [](auto const& index) { return std::string(faults()[index.param].name); });

}  // namespace
}  // namespace muster
