// Batches of bytes as they lie in records, what a network of tokens reads for its samples: the same on every
// backend but for the memory that they are put together in.
#pragma once
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kernels/dataload/record_stream.hpp"
#include "kernels/dataload/records.hpp"
#include "kernels/dataload/thinned_times.hpp"
#include "kernels/train_step/step_input.hpp"

namespace muster::train {

/// Of a micro-batch's samples.
std::size_t token_bytes(StepPlan const& plan);

/// Where a batch is put together, of pieces of the records that a stream holds.
class TokenBatch {
 public:
  virtual ~TokenBatch() = default;
  /// Where the stream is to bring its records before pieces are taken; null: they are taken where they were
  /// read.
  virtual dataload::MakeDelivery delivery() { return {}; }
  virtual void append(std::size_t at, std::span<std::byte const> piece,
                      dataload::RecordStream const& from) = 0;
  /// No more pieces are taken of what the stream holds.
  virtual void release(dataload::RecordStream const& /*held*/) {}
  virtual void const* data() const = 0;
  virtual std::vector<std::byte> fetch(std::size_t at, std::size_t bytes) = 0;
};

/// Records of any kind, read ahead in shuffled order while the step computes. A batch is the next
/// samples x sample_bytes bytes of that stream, whatever the records' lengths.
class TokenStream : public StepInput {
 public:
  /// `allocate` and `memory_limit` as for dataload::RecordStream. Throws BadInput, OutOfMemory, DeviceError
  /// as that does.
  TokenStream(StepPlan const& plan, Params const& given, Context& context, std::unique_ptr<TokenBatch> batch,
              dataload::Allocate const& allocate, std::uint64_t memory_limit);

  BatchView next() override;
  void resume() override;
  void rest() override { stream_.rest(); }
  std::uint64_t batches() const override { return batches_; }
  double bytes_of_batch() const override { return static_cast<double>(bytes_); }
  Verdict verify() override;
  std::vector<Figure> figures() override { return figures_of(summary()); }
  std::vector<std::pair<std::string, std::string>> facts() override;

 private:
  using Clock = std::chrono::steady_clock;

  dataload::PipelineSummary const& summary();
  void take_records();

  std::size_t bytes_;
  dataload::RecordSet set_;
  dataload::Options options_;
  std::unique_ptr<TokenBatch> batch_;
  dataload::RecordStream stream_;
  std::span<dataload::EncodedImage const> records_{};  ///< of the stream's batch, those that are not used up
  std::span<std::byte const> record_{};                ///< what is left of the one in use, where it was read
  bool holds_ = false;                                 ///< a batch of the stream
  std::uint64_t batches_ = 0;
  dataload::ThinnedTimes batch_seconds_{};
  double waited_ = 0, metered_ = 0;
  Clock::time_point began_ = Clock::now();
  std::optional<dataload::PipelineSummary> summary_{};
};

}  // namespace muster::train
