// What a pipeline has to say of itself after a run, and how it stands in the record: the same names on every
// backend.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "kernels/contract/work.hpp"
#include "kernels/dataload/bottleneck.hpp"
#include "kernels/dataload/pipeline_meter.hpp"

namespace muster::dataload {

struct RecordSet;

/// A queue of batches over the time that was metered; shares from 0 to 1.
struct QueueSummary {
  std::string name;      ///< "encoded" (before decoding), "prepared" (before the consumer)
  double occupancy = 0;  ///< mean fill
  double empty = 0;      ///< share of the time in which nothing was in it
  double full = 0;       ///< share of the time in which nothing more went into it
};

QueueSummary summary_of(std::string name, QueueTimes const& times, std::size_t full);

/// Cores that threads kept busy: CPU seconds over seconds. Negative: not measured.
struct CoreUse {
  double all = -1;      ///< of the whole process
  double workers = -1;  ///< that decode and preprocess
  double reading = -1;  ///< all others but the consumer: that read
};

struct PipelineSummary {
  std::string unit = "images/s";   ///< of the rates, whatever a picture stands for
  double pictures_per_second = 0;  ///< that came out while it was metered
  std::vector<StageRate> stages{};
  std::vector<QueueSummary> queues{};
  double stall_share = 0;               ///< share of its time that the consumer waited for a batch, 0 to 1
  std::vector<double> batch_seconds{};  ///< from one batch to the next, as the consumer got them
  double read_bytes_per_second = 0;     ///< of records, from storage
  double pixels_per_second = 0;         ///< decoded; 0: nothing is decoded
  double read_alone_bytes_per_second = 0;
  double mean_record_bytes = 0;
  double mean_pixels = 0;  ///< of a picture; 0: not pictures
  double skipped = 0;      ///< files or records that were left out
  CoreUse cores{};
};

/// a / b, or 0 where there is nothing to divide by.
inline double ratio(double a, double b) { return b > 0 ? a / b : 0; }

/// What every pipeline says of its reading: the queue "encoded", which is full while the reader has nothing
/// to read into, and bytes a second (`alone`: with nothing else going on).
void add_reading(PipelineSummary& summary, ReadTimes const& read, double alone, int prefetch);

/// Sizes and what was left out, from the set.
void describe(PipelineSummary& summary, RecordSet const& set);

/// A pipeline that can be asked for its summary, by whoever uses it as its input.
class MeteredPipeline {
 public:
  virtual ~MeteredPipeline() = default;
  virtual void resume_meters() = 0;  ///< what came before does not count
  /// Of what was metered. Measures the stages alone if that has not been done: asked once all is verified.
  virtual PipelineSummary summary() = 0;
};

/// Names (results/README.md explains them): STAGE_alone, STAGE_inside, STAGE_busy for each stage,
/// QUEUE_occupancy, QUEUE_empty, QUEUE_full for each queue, stall_share, batch_time_p50, _p99, _max,
/// storage_bandwidth, pixel_rate, cpu_cores, cpu_cores_workers, cpu_cores_reading, bottleneck_limit,
/// without_bottleneck, without_bottleneck_factor, mean_record_bytes, skipped_files, and those of
/// article_figures(). What is not known is left out.
std::vector<Figure> figures_of(PipelineSummary const& summary);

/// bottleneck, bottleneck_reason, next_bottleneck: words without numbers, so that launches that agree say the
/// same.
std::vector<std::pair<std::string, std::string>> facts_of(PipelineSummary const& summary);

}  // namespace muster::dataload
