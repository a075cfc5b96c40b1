#include "kernels/dataload/pipeline_meter_host.hpp"

#include <algorithm>

namespace muster::dataload {
namespace {

/// The process's clock may lag behind those of its threads by a tick of each that runs.
CoreUse cores_of(CpuTimes const& cpu, double seconds) {
  if (seconds <= 0) return {};
  double const named = cpu.workers + cpu.consumer, all = std::max(cpu.all, named);
  return {all / seconds, cpu.workers / seconds, (all - named) / seconds};
}

}  // namespace

void WorkerMeter::add(PictureSeconds const& before, PictureWorker const& worker) {
  auto const nanoseconds = [](double seconds) { return static_cast<std::uint64_t>(seconds * 1e9); };
  decode.add(nanoseconds(worker.seconds().decode - before.decode));
  preprocess.add(nanoseconds(worker.seconds().preprocess - before.preprocess));
  pictures.add(1);
  pixels.add(static_cast<std::uint64_t>(worker.region().width) *
             static_cast<std::uint64_t>(worker.region().height));
}

void PipelineReading::add(WorkerMeter const& meter) {
  decode += 1e-9 * static_cast<double>(meter.decode.get());
  preprocess += 1e-9 * static_cast<double>(meter.preprocess.get());
  pictures += static_cast<double>(meter.pictures.get());
  pixels += static_cast<double>(meter.pixels.get());
}

PipelineReading& PipelineReading::operator+=(PipelineReading const& other) {
  seconds += other.seconds;
  decode += other.decode;
  preprocess += other.preprocess;
  pictures += other.pictures;
  pixels += other.pixels;
  read += other.read;
  prepared += other.prepared;
  cpu += other.cpu;
  return *this;
}

PipelineReading PipelineReading::operator-(PipelineReading const& other) const {
  return {seconds - other.seconds,   decode - other.decode, preprocess - other.preprocess,
          pictures - other.pictures, pixels - other.pixels, read - other.read,
          prepared - other.prepared, cpu - other.cpu};
}

PipelineSummary summary_of(PipelineReading const& metered, StageRates const& alone,
                           PipelineShape const& shape) {
  PipelineSummary summary;
  double const mean_record = ratio(alone.read_bytes, alone.read);
  summary.pictures_per_second = ratio(metered.pictures, metered.seconds);
  summary.stages = {
      {"read", Resource::storage, alone.read,
       ratio(ratio(metered.read.bytes, mean_record), metered.read.busy_seconds())},
      {"decode", Resource::cpus, alone.decode, ratio(metered.pictures * shape.workers, metered.decode)},
      {"preprocess", Resource::cpus, alone.preprocess,
       ratio(metered.pictures * shape.workers, metered.preprocess)}};
  add_reading(summary, metered.read, alone.read_bytes, shape.prefetch);
  summary.queues.push_back(
      summary_of("prepared", metered.prepared, static_cast<std::size_t>(shape.prepared)));
  summary.pixels_per_second = ratio(metered.pixels, metered.seconds);
  summary.cores = cores_of(metered.cpu, metered.seconds);
  return summary;
}

}  // namespace muster::dataload
