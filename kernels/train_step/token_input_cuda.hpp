// Batches of bytes as they lie in records, brought to a GPU: what a network of tokens reads for its samples.
#pragma once
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "kernels/cuda/buffer.hpp"
#include "kernels/cuda/stream.hpp"
#include "kernels/dataload/record_stream.hpp"
#include "kernels/dataload/thinned_times.hpp"
#include "kernels/train_step/step_input.hpp"

namespace muster::train::cuda {

/// Device memory that records are copied to on a stream of its own, once the step has done with what was
/// there.
class StepDelivery final : public dataload::Delivery {
 public:
  StepDelivery(int device, cudaStream_t compute, std::size_t buffers, std::size_t bytes);

  void copy(std::size_t buffer, std::span<std::byte const> bytes) override;
  std::vector<std::byte> fetch(std::size_t buffer, std::size_t bytes) override;

  std::byte const* at(std::size_t buffer) const { return buffers_[buffer].memory.as<std::byte>(); }
  /// What is on the compute stream now is the last that reads it.
  void release(std::size_t buffer) { buffers_[buffer].released.record(compute_); }

 private:
  struct Buffer {
    muster::cuda::DeviceBuffer memory;
    muster::cuda::Event released{};
  };
  int device_;
  cudaStream_t compute_;
  muster::cuda::Stream copies_{};
  std::vector<Buffer> buffers_{};
};

/// As the host's: records of any kind, read ahead in shuffled order into pinned memory and copied to the
/// device while the step computes. A batch is the next samples x sample_bytes bytes of that stream, whatever
/// the records' lengths.
class TokenInput final : public StepInput {
 public:
  /// Throws BadInput, OutOfMemory, DeviceError as dataload::RecordStream does.
  TokenInput(StepPlan const& plan, Params const& given, Context& context);

  BatchView next() override;
  void resume() override;
  void rest() override { stream_.rest(); }
  std::uint64_t batches() const override { return batches_; }
  double bytes_of_batch() const override { return static_cast<double>(batch_.bytes()); }
  Verdict verify() override;
  std::vector<Figure> figures() override { return figures_of(summary()); }
  std::vector<std::pair<std::string, std::string>> facts() override;

 private:
  using Clock = std::chrono::steady_clock;

  dataload::MakeDelivery delivery(Context& context);
  dataload::PipelineSummary const& summary();
  void take_records();
  void append(std::size_t at, std::span<std::byte const> piece);

  cudaStream_t compute_;
  dataload::RecordSet set_;
  dataload::Options options_;
  StepDelivery* delivery_ = nullptr;  ///< the stream's
  dataload::RecordStream stream_;
  muster::cuda::DeviceBuffer batch_;
  std::span<dataload::EncodedImage const> records_{};  ///< of the stream's batch, those that are not used up
  std::span<std::byte const> record_{};                ///< what is left of the one in use, where it was read
  bool holds_ = false;                                 ///< a batch of the stream
  std::uint64_t batches_ = 0;
  dataload::ThinnedTimes batch_seconds_{};
  double waited_ = 0, metered_ = 0;
  Clock::time_point began_ = Clock::now();
  std::optional<dataload::PipelineSummary> summary_{};
};

}  // namespace muster::train::cuda
