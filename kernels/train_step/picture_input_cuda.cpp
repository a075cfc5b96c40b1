#include "kernels/train_step/picture_input_cuda.hpp"

#include "kernels/contract/backend.hpp"
#include "kernels/contract/error.hpp"
#include "kernels/cuda/error.hpp"
#include "kernels/train_step/step_load_cuda.hpp"

namespace muster::train::cuda {
namespace {

std::unique_ptr<Instance> make_pipeline(StepPlan const& plan, Params const& given, Context& context) {
  Maker const make = MakerTable::instance().find("dataload/pipeline");
  if (make == nullptr)
    throw Unsupported(
        "pictures need the workload dataload/pipeline (this build has none: no nvjpeg.h was found) use "
        "input = no_input");
  return make(pipeline_params(plan, given, context), context);
}

dataload::DeviceBatches& batches_of(Instance& pipeline) {
  return dynamic_cast<dataload::DeviceBatches&>(pipeline);
}

/// The same case, on another queue, beside the step on its own.
Context beside(StepPlan const& plan, Context& context, Device& device) {
  return {.device = device,
          .group = context.group,
          .seed = context.seed,
          .data = context.data,
          .cache = context.cache,
          .network = context.network,
          .operation_seconds = context.operation_seconds,
          .note = context.note,
          .progress = context.progress,
          .load = [&plan, &context] { return std::make_unique<StepLoad>(plan, context); }};
}

}  // namespace

PictureInput::PictureInput(StepPlan const& plan, Params const& given, Context& context)
    : compute_(static_cast<cudaStream_t>(context.device.queue())),
      other_(context.device),
      own_(beside(plan, context, other_)),
      kind_(plan.options.type == Type::bf16 ? BatchView::Kind::bfloat16 : BatchView::Kind::float32),
      pipeline_(make_pipeline(plan, given, own_)),
      made_batches_(batches_of(*pipeline_)),
      picture_facts_(picture_facts(input_pictures(plan, given, context), context)),
      thread_([this, device = context.device.info().index] {
        (void)cudaSetDevice(device);  // fails in every later call as well
        work();
      }) {}

PictureInput::~PictureInput() {
  {
    std::lock_guard const lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

/// Batch n takes the memory of batch n - 2, which the step lets go when it asks for batch n - 1.
bool PictureInput::may_make() const { return !resting_ && !fault_ && (made_ < 2 || made_ < taken_ + 1); }

void PictureInput::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stop_ || may_make(); });
    if (stop_) return;
    busy_ = true;
    lock.unlock();
    std::exception_ptr fault;
    try {
      make();
    } catch (...) {  // comes out of next()
      fault = std::current_exception();
    }
    lock.lock();
    busy_ = false;
    fault_ = fault;
    if (!fault) ++made_;
    changed_.notify_all();
  }
}

void PictureInput::make() {
  auto const queue = static_cast<cudaStream_t>(other_.queue());
  auto& slot = this->slot(made_);
  muster::cuda::make_wait(queue, slot.released);
  pipeline_->launch();
  slot.ready.record(queue);
  slot.batch = made_batches_.last_batch();
}

BatchView PictureInput::next() {
  std::unique_lock lock(mutex_);
  if (taken_ > 0) slot(taken_ - 1).released.record(compute_);
  resting_ = false;
  ++taken_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return fault_ || made_ >= taken_; });
  if (made_ < taken_) std::rethrow_exception(fault_);
  auto const& slot = this->slot(taken_ - 1);
  lock.unlock();
  muster::cuda::make_wait(compute_, slot.ready);
  ++batches_;
  bytes_ += slot.batch.encoded_bytes;
  std::uint64_t const each = kind_ == BatchView::Kind::bfloat16 ? 2 : 4;
  return {slot.batch.values, slot.batch.bytes / each, kind_};
}

/// The thread has done what it was at, and leaves the pipeline alone until the next batch is asked for.
void PictureInput::pause() {
  std::unique_lock lock(mutex_);
  resting_ = true;
  changed_.wait(lock, [this] { return !busy_; });
}

/// The pipeline may have used its memory in another order since: no batch before counts, and what the step
/// still reads is waited for.
void PictureInput::begin_again() {
  for (auto& slot : slots_) slot.released.record(compute_);
  made_ = taken_ = 0;
}

void PictureInput::rest() {
  pause();
  made_batches_.rest();
}

void PictureInput::resume() {
  pause();
  begin_again();
  for (auto& slot : slots_) muster::cuda::make_wait(static_cast<cudaStream_t>(other_.queue()), slot.released);
  pipeline_->reset();
  std::lock_guard const lock(mutex_);
  resting_ = false;
  changed_.notify_all();
}

double PictureInput::bytes_of_batch() const {
  return batches_ > 0 ? static_cast<double>(bytes_) / static_cast<double>(batches_) : 0;
}

Verdict PictureInput::verify() {
  pause();
  auto const verdict = pipeline_->verify();
  begin_again();
  return verdict;
}

std::vector<Figure> PictureInput::figures() {
  pause();
  return pipeline_->figures();
}

std::vector<std::pair<std::string, std::string>> PictureInput::facts() {
  pause();
  auto facts = pipeline_->facts();
  facts.insert(facts.end(), picture_facts_.begin(), picture_facts_.end());
  return facts;
}

}  // namespace muster::train::cuda
