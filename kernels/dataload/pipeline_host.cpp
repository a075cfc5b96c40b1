#include "kernels/dataload/pipeline_host.hpp"

#include <utility>

#include "kernels/dataload/picture_worker_host.hpp"
#include "kernels/dataload/threads_host.hpp"

namespace muster::dataload {
namespace {

/// Encoded batches stay until the consumer has done with what was made of them (their bytes are checked
/// then).
Options with_room_for_jobs(Options options, std::size_t jobs) {
  options.prefetch += static_cast<int>(jobs);
  return options;
}

std::size_t batch_bytes(Options const& options) {
  return static_cast<std::size_t>(options.batch) * options.output_spec().bytes();
}

}  // namespace

HostPipeline::HostPipeline(RecordSet const& set, Options const& options, EpochShare const& share,
                           std::vector<cpu_set_t> const& places)
    : set_(set),
      options_(options),
      crop_seed_(share.seed),
      reader_(set, with_room_for_jobs(options, jobs_in_all), share),
      values_(batch_bytes(options) * jobs_in_all),
      jobs_(jobs_in_all),
      free_(jobs_in_all),
      working_(jobs_in_all),
      ready_(jobs_in_all, jobs_in_all - 1),
      worker_meters_(places.size()) {
  for (std::size_t i = 0; i < jobs_.size(); ++i) {
    jobs_[i].batch.values = std::span(values_).subspan(i * batch_bytes(options), batch_bytes(options));
    free_.push(&jobs_[i]);
  }
  for (std::size_t i = 0; i < places.size(); ++i)
    threads_.emplace_back([this, place = places[i], &meter = worker_meters_[i]] { work(place, meter); });
}

HostPipeline::~HostPipeline() {
  {
    std::lock_guard const lock(mutex_);
    stop_ = true;
  }
  reader_.stop();
  changed_.notify_all();
  for (auto& thread : threads_) thread.join();
}

PreparedBatch* HostPipeline::next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return error_ || !ready_.empty(); });
  if (ready_.empty()) std::rethrow_exception(error_);
  return &ready_.pop()->batch;
}

void HostPipeline::give_back(PreparedBatch* batch) {
  reader_.give_back(std::exchange(batch->encoded, nullptr));
  {
    std::lock_guard const lock(mutex_);
    for (auto& job : jobs_) {
      if (&job.batch == batch) free_.push(&job);
    }
  }
  changed_.notify_all();
}

bool HostPipeline::full() {
  std::lock_guard const lock(mutex_);
  return free_.empty() && working_.empty();
}

std::size_t HostPipeline::made_ahead() {
  auto const read = reader_.ready();
  std::lock_guard const lock(mutex_);
  return ready_.empty() ? 0 : read + jobs_in_all - free_.size();
}

std::size_t HostPipeline::failures() {
  std::lock_guard const lock(mutex_);
  return failures_;
}

std::string HostPipeline::first_failure() {
  std::lock_guard const lock(mutex_);
  return first_failure_;
}

PipelineReading HostPipeline::meters() {
  PipelineReading reading;
  for (auto const& meter : worker_meters_) reading.add(meter);
  reading.read = reader_.times();
  reading.cpu = cpu_times(threads_);
  std::lock_guard const lock(mutex_);
  reading.prepared = ready_.meter().times();
  reading.seconds = reading.prepared.seconds;
  return reading;
}

void HostPipeline::work(cpu_set_t const& place, WorkerMeter& meter) {
  try {
    stay_on(place);
    PictureWorker worker(options_);
    std::size_t const bytes = options_.output_spec().bytes();
    for (Ticket ticket = take(); ticket.job != nullptr; ticket = take()) {
      auto const& encoded = ticket.job->batch.encoded->images[ticket.picture];
      auto const before = worker.seconds();
      std::string const failure =
          worker.run(encoded.bytes, crop_key(crop_seed_, encoded.epoch, encoded.record),
                     ticket.job->batch.values.data() + ticket.picture * bytes);
      meter.add(before, worker);
      finish(*ticket.job, failure, encoded.record);
    }
  } catch (...) {  // comes out of next()
    fail(std::current_exception());
  }
}

/// The next picture to work on, of the newest job or of one begun now. No job: all is to end.
HostPipeline::Ticket HostPipeline::take() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    if (!working_.empty() && working_.back()->taken < options_.batch) {
      Job& job = *working_.back();
      return {&job, static_cast<std::size_t>(job.taken++)};
    }
    if (!fetching_ && !free_.empty()) {
      begin_job(lock);
    } else {
      changed_.wait(lock);
    }
  }
  return {};
}

/// One worker waits for the reader, with the lock let go; the others wait for it.
void HostPipeline::begin_job(std::unique_lock<std::mutex>& lock) {
  fetching_ = true;
  lock.unlock();
  EncodedBatch const* const encoded = reader_.next();
  lock.lock();
  fetching_ = false;
  if (encoded == nullptr) {
    stop_ = true;
  } else {
    Job* const job = free_.pop();
    job->batch.encoded = encoded;
    job->taken = 0;
    job->left = options_.batch;
    working_.push(job);
  }
  changed_.notify_all();
}

void HostPipeline::finish(Job& job, std::string const& failure, std::uint32_t record) {
  std::lock_guard const lock(mutex_);
  if (!failure.empty() && failures_++ == 0)
    first_failure_ = describe(set_, set_.records[record]) + ": " + failure;
  --job.left;
  bool any = false;
  for (; !working_.empty() && working_.front()->left == 0; any = true) ready_.push(working_.pop());
  if (any) changed_.notify_all();
}

void HostPipeline::fail(std::exception_ptr error) {
  {
    std::lock_guard const lock(mutex_);
    if (!error_) error_ = std::move(error);
    stop_ = true;
  }
  changed_.notify_all();
}

}  // namespace muster::dataload
