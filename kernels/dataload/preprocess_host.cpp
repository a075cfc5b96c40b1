// dataload/preprocess on the host.
#include "kernels/dataload/preprocess_host.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <memory>

#include "kernels/contract/backend.hpp"
#include "kernels/dataload/checks.hpp"

namespace muster::dataload {
namespace {

constexpr std::size_t decoded_memory = std::size_t{512} << 20;

}  // namespace

PreprocessInstance::PreprocessInstance(Params const& params, Context& context)
    : options_(options_from(params)),
      set_(open_records(options_, context)),
      stage_(set_, options_, context.device.team(), context.seed, decoded_memory) {}

void PreprocessInstance::launch() {
  stage_.run();
  launched_ = true;
}

Work PreprocessInstance::work() const { return {.items = static_cast<std::uint64_t>(options_.batch)}; }

Verdict PreprocessInstance::verify() {
  if (!launched_) launch();
  double worst = 0;
  std::size_t where = 0;
  auto const pictures = static_cast<std::size_t>(options_.batch);
  auto const spec = options_.output_spec();
  for (std::size_t i = 0; i < pictures; ++i) {
    double error =
        preprocess_error(stage_.out().data() + i * spec.bytes(), spec, stage_.image(i), stage_.crop(i));
    if (std::isnan(error)) error = std::numeric_limits<double>::infinity();
    if (error > worst) where = i;
    worst = std::max(worst, error);
  }
  return Verdict::judge("whole batch against the per-value formula", worst, preprocess_tolerance,
                        fmt::format("picture {} of the batch", where));
}

namespace {

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  return std::make_unique<PreprocessInstance>(params, context);
}
MakerRegistration const registration{"dataload/preprocess", &make};

}  // namespace
}  // namespace muster::dataload
