// The host's pipeline against its slowest stage alone: pictures per second of both, in turn, and the ratio of
// the medians. Usage: muster_pipeline_overhead FOLDER [ROUNDS [scaled]]: a folder of JPEG files.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <string_view>
#include <vector>

#include "harness/core/statistics.hpp"
#include "kernels/contract/backend.hpp"
#include "kernels/dataload/folder.hpp"
#include "kernels/dataload/pipeline_host.hpp"
#include "kernels/dataload/threads_host.hpp"
#include "tests/kernels/support.hpp"

namespace muster::overhead {
namespace {

using Clock = std::chrono::steady_clock;
using dataload::HostPipeline;

constexpr double round_seconds = 2;

/// Pictures per second of the running pipeline. The batches made before the clock starts are thrown away.
double whole(HostPipeline& pipeline, int batch) {
  auto const step = [&] { pipeline.give_back(pipeline.next()); };
  for (int i = 0; i < 8; ++i) step();
  auto const start = Clock::now();
  for (int pictures = batch;; pictures += batch) {
    step();
    double const seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (seconds >= round_seconds) return pictures / seconds;
  }
}

void compare(std::filesystem::path const& folder, int rounds, bool scaled) {
  test::Solo solo;
  auto& team = solo.device.team();
  auto const set = dataload::records_from_folder(folder, 0, team, [](auto&&...) {});
  dataload::Options options;
  options.io = dataload::Io::buffered;
  options.scaled = scaled;
  std::vector<double> pipeline, stage, ratios, preprocess_share;
  for (int round = 0; round < rounds; ++round) {
    auto const alone = dataload::measure_stages(set, options, team, round_seconds);
    stage.push_back(std::min(alone.read, alone.picture));
    preprocess_share.push_back(alone.picture / alone.preprocess);
    HostPipeline made(set, options, {}, dataload::places_of(team));
    pipeline.push_back(whole(made, options.batch));
    ratios.push_back(pipeline.back() / stage.back());
  }
  fmt::print(
      "{} threads, {}: pipeline {:.1f} images/s, slowest stage alone {:.1f} ({:.0f} % of it preprocessing); "
      "ratio of medians {:.3f}, median of ratios {:.3f} (target 0.92)\n",
      team.size(), folder.string(), median(pipeline), median(stage), 100 * median(preprocess_share),
      median(pipeline) / median(stage), median(ratios));
}

}  // namespace
}  // namespace muster::overhead

int main(int argc, char** argv) try {
  if (argc < 2) {
    fmt::print(stderr, "usage: muster_pipeline_overhead FOLDER [ROUNDS [scaled]]\n");
    return 2;
  }
  int const rounds = argc > 2 ? std::atoi(argv[2]) : 9;
  muster::overhead::compare(argv[1], rounds, argc > 3 && std::string_view(argv[3]) == "scaled");
  return 0;
} catch (std::exception const& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 2;
}
