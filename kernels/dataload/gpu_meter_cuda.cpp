#include "kernels/dataload/gpu_meter.hpp"

namespace muster::cuda {

using namespace dataload;

namespace {

Resource decodes(DecoderPlan const& plan) {
  return plan.call == DecoderPlan::Call::none ? Resource::cpus : Resource::gpu;
}

}  // namespace

std::vector<StageRate> stages_alone(GpuStageRates const& alone, DecoderPlan const& plan) {
  return {{"read", Resource::storage, alone.read, 0},
          {"copy", Resource::link, alone.copy, 0},
          {"decode", decodes(plan), alone.decode, 0},
          {"preprocess", Resource::gpu, alone.preprocess, 0}};
}

PipelineSummary summary_of(GpuReading const& metered, GpuStageRates const& alone, DecoderPlan const& plan,
                           int prefetch) {
  PipelineSummary summary;
  double const mean_record = ratio(alone.read_bytes, alone.read);
  bool const by_cpus = decodes(plan) == Resource::cpus;
  summary.pictures_per_second = ratio(metered.pictures, metered.seconds);
  summary.stages = stages_alone(alone, plan);
  summary.stages[0].inside = ratio(ratio(metered.read.bytes, mean_record), metered.read.busy_seconds());
  summary.stages[2].inside =
      by_cpus ? ratio(metered.pictures, metered.decode_host) : ratio(metered.measured, metered.decode_span);
  summary.stages[3].inside = ratio(metered.measured, metered.preprocess);
  add_reading(summary, metered.read, alone.read_bytes, prefetch);
  summary.stall_share = ratio(metered.waited, metered.seconds);
  summary.batch_seconds = metered.batch_seconds.values();
  summary.cores.all = ratio(metered.cpu, metered.seconds);
  summary.pixels_per_second = ratio(metered.pixels, metered.seconds);
  return summary;
}

}  // namespace muster::cuda
