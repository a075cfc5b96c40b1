// States and counters of a large run's GPUs, beside the document.
#include "harness/record/device_lines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/core/error.hpp"
#include "tests/unit/record_fixtures.hpp"

namespace muster {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

RankFigures figures_of(int launch, int device) {
  RankFigures figures;
  figures.launch = launch;
  figures.device = device;
  figures.sampling.window_seconds = 2;
  figures.after.pcie_width = figures.after.pcie_max_width = 16;
  figures.after.pcie_generation = 1;
  figures.after.nvlinks_active = figures.after.nvlinks_present = 12;
  figures.telemetry = Telemetry{};
  return figures;
}

RankFigures sick(int launch, int device) {
  auto figures = figures_of(launch, device);
  figures.before.remap_failed = true;
  figures.before.remapped_uncorrected = 600;
  figures.before.other_processes = 1;
  figures.after.remap_pending = true;
  figures.after.pcie_width = 8;
  figures.after.pcie_generation = 3;
  figures.after.nvlinks_active = 11;
  figures.telemetry->corrected_errors = 3;
  figures.telemetry->uncorrected_errors = 1;
  figures.telemetry->pcie_replays = 4;
  figures.telemetry->nvlink_errors = 5;
  figures.telemetry->throttled_seconds = {{"thermal", 0.5}, {"power", 2}};
  return figures;
}

/// Of the same ranks, in a document that has them all.
DeviceHistory in_one_document(std::vector<RankFigures> const& ranks, std::string const& workload) {
  Document document;
  auto& result = document.cases.emplace_back();
  result.backend = "cuda";
  result.workload = workload;
  result.rank_figures = ranks;
  return device_histories(document).begin()->second;
}

TEST(DeviceLines, ReadBackAsADocumentWithAllRanksWouldSay) {
  for (auto const* workload : {"gemm", "memory/transfer"}) {
    std::vector<RankFigures> const ranks{figures_of(0, 3), sick(0, 3), figures_of(1, 3), sick(1, 3)};
    DeviceLines lines;
    for (auto const& rank : ranks) lines.add(rank, workload);
    auto const read = read_device_lines(lines.text());
    ASSERT_THAT(read, SizeIs(1));
    EXPECT_EQ(read.at(3), in_one_document(ranks, workload));
    EXPECT_EQ(read.at(3).uncorrected, 2U);
    EXPECT_EQ(read.at(3).throttled_seconds, (std::map<std::string, double>{{"thermal", 1}}));
  }
}

TEST(DeviceLines, AreOneALaunchHoweverManyCasesThereAre) {
  DeviceLines lines;
  for (int launch = 1; launch >= 0; --launch) {
    for (int index = 0; index < 50; ++index) lines.add(figures_of(launch, index % 2), "gemm");
  }
  auto const text = lines.text();
  EXPECT_EQ(std::ranges::count(text, '\n'), 2);
  EXPECT_LT(text.size(), 500U);
  EXPECT_THAT(text,
              AllOf(testing::StartsWith("{\"launch\":0,\"devices\":[{\"device\":0,\"window_seconds\":50.0"),
                    Not(HasSubstr("remap")), Not(HasSubstr("errors"))));
}

TEST(DeviceLines, NameTheLineThatIsBroken) {
  auto const fault_of = [](std::string const& text) -> std::string {
    try {
      read_device_lines(text);
    } catch (Error const& error) {
      EXPECT_EQ(error.exit_code, ExitCode::usage);
      return error.what();
    }
    return "none";
  };
  std::string const good = R"({"launch":0,"devices":[{"device":0,"window_seconds":1,"tomorrow":[]}]})";
  EXPECT_EQ(fault_of(good + "\n\n" + good), "none");
  EXPECT_THAT(fault_of(good + "\n" + good.substr(0, 40)), HasSubstr("line 2: "));
  EXPECT_THAT(fault_of(R"({"launch":0})"), HasSubstr("devices"));
  EXPECT_THAT(fault_of(R"({"launch":0,"devices":[{"device":0,"window_seconds":1,"pcie_width":"x16"}]})"),
              HasSubstr("pcie_width"));
  EXPECT_THAT(
      fault_of(R"({"launch":0,"devices":[{"device":0,"window_seconds":1,"remapped_uncorrected":-1}]})"),
      HasSubstr("remapped_uncorrected"));
}

}  // namespace
}  // namespace muster
