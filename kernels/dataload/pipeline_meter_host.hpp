// The host pipeline's meters, and what they come to.
#pragma once
#include "kernels/dataload/cpu_times.hpp"
#include "kernels/dataload/picture_worker_host.hpp"
#include "kernels/dataload/pipeline_meter.hpp"
#include "kernels/dataload/pipeline_summary.hpp"
#include "kernels/dataload/stages_host.hpp"

namespace muster::dataload {

/// One worker's, on a cache line of its own.
struct alignas(64) WorkerMeter {
  OwnSum decode, preprocess;  ///< nanoseconds
  OwnSum pictures, pixels;
  /// What `worker` has done for one picture since it had spent `before`.
  void add(PictureSeconds const& before, PictureWorker const& worker);
};

/// All meters of a host pipeline at one moment.
struct PipelineReading {
  double seconds = 0;
  double decode = 0, preprocess = 0;  ///< busy seconds of all workers
  double pictures = 0, pixels = 0;
  ReadTimes read{};
  QueueTimes prepared{};
  CpuTimes cpu{};

  void add(WorkerMeter const& meter);
  PipelineReading& operator+=(PipelineReading const& other);
  PipelineReading operator-(PipelineReading const& other) const;
};

/// How many there are of a host pipeline's parts.
struct PipelineShape {
  int workers = 1;
  int prefetch = 1;  ///< encoded batches that a reader can have ready
  int prepared = 1;  ///< batches that can be ready for the consumer
};

PipelineSummary summary_of(PipelineReading const& metered, StageRates const& alone,
                           PipelineShape const& shape);

}  // namespace muster::dataload
