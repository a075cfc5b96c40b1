#include "kernels/train_step/other_queue_cuda.hpp"

#include "kernels/contract/error.hpp"

namespace muster::train::cuda {
namespace {

using muster::cuda::Event;

class EventStopwatch final : public Stopwatch {
 public:
  explicit EventStopwatch(cudaStream_t stream) : stream_(stream) {}
  void start() override { start_.record(stream_); }
  void stop() override { stop_.record(stream_); }
  double seconds() override { return muster::cuda::seconds_between(start_, stop_); }

 private:
  cudaStream_t stream_;
  Event start_{Event::Timing::on}, stop_{Event::Timing::on};
};

}  // namespace

std::unique_ptr<Stopwatch> OtherQueue::stopwatch() { return std::make_unique<EventStopwatch>(stream_.get()); }

void OtherQueue::evict_caches() {
  throw Unsupported("caches are not evicted beside a training step (it would be slowed down)");
}

}  // namespace muster::train::cuda
