// read -> decode -> preprocess on the CPU: a reading thread, one worker for each thread of the rank's team,
// bounded queues.
#pragma once
#include <sched.h>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "kernels/contract/workload.hpp"
#include "kernels/dataload/epoch.hpp"
#include "kernels/dataload/jpeg.hpp"
#include "kernels/dataload/options.hpp"
#include "kernels/dataload/pipeline_meter_host.hpp"
#include "kernels/dataload/read_ahead.hpp"
#include "kernels/dataload/resize_host.hpp"
#include "kernels/dataload/ring.hpp"
#include "kernels/dataload/stages_host.hpp"
#include "kernels/dataload/thinned_times.hpp"

namespace muster::dataload {

/// A batch as a network takes it, with the bytes that it was made of.
struct PreparedBatch {
  EncodedBatch const* encoded = nullptr;
  std::span<std::byte> values{};  ///< batch x 3 x size x size, of the type asked for
};

/// The threads and queues. Nothing is allocated per batch once the largest picture has been seen by every
/// worker.
class HostPipeline {
 public:
  static constexpr std::size_t jobs_in_all = 3;  ///< one with the consumer, one ready, one in work

  /// `set` outlives this. One worker for each place, kept there.
  HostPipeline(RecordSet const& set, Options const& options, EpochShare const& share,
               std::vector<cpu_set_t> const& places);
  HostPipeline(HostPipeline const&) = delete;
  HostPipeline& operator=(HostPipeline const&) = delete;
  ~HostPipeline();

  /// The next batch in order; waits for it. At most one is out at a time: it goes back with give_back().
  /// Throws what any thread threw.
  PreparedBatch* next();
  void give_back(PreparedBatch* batch);
  /// Are all batches made that can be? Then the threads are idle.
  bool full();
  /// Batches that were made, read, or begun while nobody waited for them; 0 where none is ready to be taken.
  std::size_t made_ahead();

  ReadAhead const& reader() const { return reader_; }
  PipelineShape shape() const {
    return {static_cast<int>(threads_.size()), options_.prefetch, static_cast<int>(jobs_in_all) - 1};
  }
  PipelineReading meters();  ///< of the thread that calls as the consumer
  std::size_t failures();    ///< pictures that could not be decoded, so far
  std::string first_failure();

 private:
  struct Job {
    PreparedBatch batch;
    int taken = 0;  ///< pictures that a worker has begun
    int left = 0;   ///< pictures that are not finished
  };
  struct Ticket {
    Job* job = nullptr;
    std::size_t picture = 0;
  };

  void work(cpu_set_t const& place, WorkerMeter& meter);
  Ticket take();
  void begin_job(std::unique_lock<std::mutex>& lock);
  void finish(Job& job, std::string const& failure, std::uint32_t record);
  void fail(std::exception_ptr error);

  RecordSet const& set_;
  Options options_;
  std::uint64_t crop_seed_;
  ReadAhead reader_;
  std::vector<std::byte> values_;
  std::vector<Job> jobs_;

  std::mutex mutex_{};
  std::condition_variable changed_{};
  Ring<Job*> free_, working_;
  MeteredRing<Job*> ready_;
  bool fetching_ = false;
  bool stop_ = false;
  std::exception_ptr error_{};
  std::size_t failures_ = 0;
  std::string first_failure_{};
  std::vector<WorkerMeter> worker_meters_;
  std::vector<std::thread> threads_{};
};

/// The workload dataload/pipeline on the host: launch() takes the next batch of a pipeline that never stops,
/// so in steady state the time of a launch is the time in which the pipeline makes one batch.
class PipelineInstance : public Instance, public MeteredPipeline {
 public:
  PipelineInstance(Params const& params, Context& context);
  /// Batches that were made while nobody waited would make the next sample look fast: after a pause, however
  /// short, they are thrown away, so that a sample starts as a batch has just been finished.
  void reset() override;
  void launch() override;
  Work work() const override;
  Verdict verify() override;
  std::optional<Bound> bound() override;
  std::vector<Figure> figures() override;
  std::vector<std::pair<std::string, std::string>> facts() override;

  void resume_meters() override { window_.resume(pipeline_.meters()); }
  /// Of the launches so far, with the time between them, but not that before a reset().
  PipelineSummary summary() override;
  HostPipeline& pipeline() { return pipeline_; }
  /// Returns when all is read and made ahead that may be, and the threads are idle; or after a minute.
  void rest();
  PreparedBatch* held() { return held_; }

 private:
  void take();
  StageRates const& rates();
  Verdict check_values();

  Context& context_;
  Options options_;
  RecordSet set_;
  HostPipeline pipeline_;
  EpochAudit audit_;
  PreparedBatch* held_ = nullptr;
  std::optional<StageRates> rates_{};
  MeterWindow<PipelineReading> window_{};
  double waited_ = 0;                  ///< seconds in launches for a batch
  ThinnedTimes batch_seconds_{};       ///< of launches
  std::vector<double> scaled_psnr_{};  ///< of the last checked batch, dB
};

}  // namespace muster::dataload
