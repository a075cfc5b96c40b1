// Batches of decoded pictures for a training step on a GPU, by the workload dataload/pipeline on a stream of
// its own.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>

#include "kernels/contract/workload.hpp"
#include "kernels/cuda/stream.hpp"
#include "kernels/dataload/device_batches.hpp"
#include "kernels/train_step/other_queue_cuda.hpp"
#include "kernels/train_step/step_input.hpp"

namespace muster::train::cuda {

/// While the step computes on a batch, a thread has the next one read, decoded and preprocessed, on the same
/// GPU and the CPUs of the rank's team.
class PictureInput final : public StepInput {
 public:
  /// Throws as the workload dataload/pipeline does, Unsupported where this build has none.
  PictureInput(StepPlan const& plan, Params const& given, Context& context);
  PictureInput(PictureInput const&) = delete;
  PictureInput& operator=(PictureInput const&) = delete;
  ~PictureInput() override;

  BatchView next() override;
  void resume() override;
  void rest() override;
  std::uint64_t batches() const override { return batches_; }
  double bytes_of_batch() const override;
  Verdict verify() override;
  std::vector<Figure> figures() override;
  std::vector<std::pair<std::string, std::string>> facts() override;

 private:
  /// Of the two batches that take turns.
  struct Slot {
    muster::cuda::Event ready{}, released{};
    dataload::DeviceBatch batch{};
  };
  Slot& slot(std::uint64_t number) { return slots_[number % 2]; }
  void work();
  bool may_make() const;
  void make();
  void pause();
  void begin_again();

  cudaStream_t compute_;
  OtherQueue other_;
  Context own_;
  BatchView::Kind kind_;
  std::unique_ptr<Instance> pipeline_;
  dataload::DeviceBatches& made_batches_;
  std::vector<std::pair<std::string, std::string>> picture_facts_;
  Slot slots_[2]{};
  std::uint64_t batches_ = 0, bytes_ = 0;

  std::mutex mutex_{};
  std::condition_variable changed_{};
  std::uint64_t made_ = 0, taken_ = 0;  ///< since the last pause
  bool resting_ = true, busy_ = false, stop_ = false;
  std::exception_ptr fault_{};
  std::thread thread_;
};

}  // namespace muster::train::cuda
