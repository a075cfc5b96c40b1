// A registry of small workloads of its own, suites written to a temporary folder, and what planning them
// gives.
#pragma once
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "harness/core/error.hpp"
#include "harness/plan/planner.hpp"

namespace muster {

class PlanFixture : public ::testing::Test {
 protected:
  PlanFixture() : folder_(make_folder()), registry_(small_registry()) {}
  ~PlanFixture() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path write(std::string const& text, std::string const& name = "suite.toml") const {
    auto const file = folder_ / name;
    std::ofstream(file, std::ios::binary) << text;
    return file;
  }

  Plan plan(std::string const& text) const { return make_plan(write(text), registry_, machine_, options_); }

  /// The message that planning `text` ends with, the folder left out; a test failure when it ends with none.
  std::string fault_of(std::string const& text) const {
    try {
      plan(text);
    } catch (Error const& error) {
      EXPECT_EQ(error.exit_code, ExitCode::usage);
      return without_folder(error.what());
    }
    ADD_FAILURE() << "planned without complaint: " << text;
    return {};
  }

  std::string without_folder(std::string message) const {
    std::string const prefix = folder_.string() + "/";
    for (auto at = message.find(prefix); at != std::string::npos; at = message.find(prefix))
      message.erase(at, prefix.size());
    return message;
  }

  static std::vector<std::string> names(Plan const& plan) {
    std::vector<std::string> list;
    for (auto const& planned : plan.cases) list.push_back(planned.name);
    return list;
  }

  std::filesystem::path folder_;
  Registry registry_;
  Machine machine_{"host", 1, 2};
  PlanOptions options_;

 private:
  static std::filesystem::path make_folder() {
    auto pattern = (std::filesystem::temp_directory_path() / "muster-plan-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make " + pattern);
    return pattern;
  }

  static Registry small_registry() {
    using Kind = ParamSpec::Kind;
    Registry registry;
    Workload product{.name = "product", .summary = "alone on each rank", .params = {}, .metric = {}};
    product.params = {{.name = "type",
                       .kind = Kind::choice,
                       .unit = "",
                       .fallback = "single",
                       .help = "",
                       .choices = {"single", "double"}},
                      {.name = "m",
                       .kind = Kind::integer,
                       .unit = "",
                       .fallback = std::int64_t{16},
                       .help = "",
                       .low = 1,
                       .high = 1e6},
                      {.name = "n",
                       .kind = Kind::integer,
                       .unit = "",
                       .fallback = std::int64_t{16},
                       .help = "",
                       .low = 1,
                       .high = 1e6}};
    product.check = [](Params const& params) {
      bool const fine = params.integer("m") != 13 || params.integer("n") != 13;
      return fine ? std::vector<std::string>{} : std::vector<std::string>{"13 x 13 brings bad luck"};
    };
    product.sustained = [](Params const& params) { return params.integer("m") == 7; };
    registry.add(product);
    Workload sum{.name = "together/sum",
                 .summary = "of all ranks",
                 .params = {},
                 .metric = {},
                 .scope = Scope::group,
                 .needs = {.min_ranks = 2}};
    sum.params = {{.name = "bytes",
                   .kind = Kind::bytes,
                   .unit = "B",
                   .fallback = std::int64_t{1024},
                   .help = "",
                   .low = 8,
                   .high = 1e12},
                  {.name = "scale",
                   .kind = Kind::real,
                   .unit = "",
                   .fallback = 1.0,
                   .help = "",
                   .low = 0,
                   .naming = ParamSpec::Naming::never},
                  {.name = "path",
                   .kind = Kind::text,
                   .unit = "",
                   .fallback = "here",
                   .help = "",
                   .naming = ParamSpec::Naming::never}};
    registry.add(sum);
    return registry;
  }
};

}  // namespace muster
