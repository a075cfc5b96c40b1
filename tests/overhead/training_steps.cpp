// The step times of a case of dataload/training and what muster makes of them, as JSON: what compare_dlio.py
// hands to DLIO's own statistics. Usage: muster_training_steps DATA BATCH SECONDS STEPS [none|jpeg]
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>
#include <exception>

#include "harness/device/host/host_device.hpp"
#include "harness/group/group.hpp"
#include "kernels/contract/backend.hpp"
#include "kernels/dataload/training_instance.hpp"

namespace muster::overhead {
namespace {

using namespace dataload;

Params params_for(std::int64_t batch, double seconds, std::string const& decode) {
  Params params = defaults(Registry::instance().find("dataload/training")->params);
  params.set("batch", batch);
  params.set("seconds", seconds);
  params.set("decode", decode);
  params.set("images", std::int64_t{0});
  return params;
}

void print(StepBlock const& block) {
  std::vector<double> load, compute;
  for (auto const& step : block.steps) {
    load.push_back(step.load);
    compute.push_back(step.compute);
  }
  fmt::print(R"({{"batch": {}, "seconds": {}, "load": [{}], "compute": [{}], "au": {}, "v1": {}, "v2": {}}})"
             "\n",
             block.batch, block.seconds, fmt::join(load, ", "), fmt::join(compute, ", "),
             accelerator_utilisation(block), samples_per_second_v1(block), samples_per_second_v2(block));
}

void run(char** arguments, std::string const& decode) {
  HostDevice device{OpenOptions{}};
  auto const group = solo_group();
  Context context{.device = device, .group = *group, .seed = 1, .data = arguments[1]};
  auto const params = params_for(std::atoll(arguments[2]), std::atof(arguments[3]), decode);
  auto const instance = MakerTable::instance().find("dataload/training")(params, context);
  auto& training = dynamic_cast<TrainingInstance&>(*instance);
  for (int step = 0; step < std::atoi(arguments[4]); ++step) {
    training.reset();
    training.launch();
  }
  print(training.block());
  if (auto const verdict = training.verify(); !verdict.ok()) throw DeviceError(verdict.detail);
}

}  // namespace
}  // namespace muster::overhead

int main(int count, char** arguments) {
  if (count < 5) {
    fmt::print(stderr, "usage: muster_training_steps DATA BATCH SECONDS STEPS [none|jpeg]\n");
    return 2;
  }
  try {
    muster::overhead::run(arguments, count > 5 ? arguments[5] : "none");
  } catch (std::exception const& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 6;
  }
}
