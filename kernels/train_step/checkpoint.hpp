// A training run's checkpoints: the state taken every so many steps and written to storage, while the step
// waits or while the next ones go on.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "kernels/contract/workload.hpp"
#include "kernels/train_step/checkpoint_files.hpp"
#include "kernels/train_step/step_instance.hpp"

namespace muster::train {

/// A thread that does one job at a time.
class BackgroundJob {
 public:
  BackgroundJob();
  BackgroundJob(BackgroundJob const&) = delete;
  BackgroundJob& operator=(BackgroundJob const&) = delete;
  ~BackgroundJob();  ///< waits for the job
  /// Waits for the one before.
  void start(std::function<void()> const& job);
  void wait();  ///< until nothing is being done
  bool busy() const { return busy_; }

 private:
  void work();

  std::mutex mutex_{};
  std::condition_variable changed_{};
  std::function<void()> const* job_ = nullptr;  ///< not a copy: none is allocated inside a step
  std::atomic<bool> busy_{false};
  bool ends_ = false;
  std::thread thread_;
};

/// Data-parallel ranks hold the same state, so each writes its share: together they are one checkpoint.
/// Whether the others have written theirs a rank does not ask; a trainer's last barrier before it counts a
/// checkpoint as good is left out.
class StepCheckpoint final : public Checkpoints {
 public:
  /// `folder`: empty, or not there, the same for all ranks. Throws as CheckpointFiles, and OutOfMemory.
  StepCheckpoint(StepPlan const& plan, StepMachine& machine, Group& group, std::filesystem::path folder,
                 FileLayer& layer);
  ~StepCheckpoint() override;

  bool due(std::uint64_t step) override;
  /// Sync: returns when the state is on storage. Background: waits for the write before, has the state
  /// copied, and returns. A fault of the storage does not end the step, in which other ranks take part:
  /// verify() tells it, and nothing is written any more.
  void take(StepMachine& machine) override;
  /// Is one being written now?
  bool busy() const { return writer_.busy(); }
  void finish() override { writer_.wait(); }

  /// Checks the last one that steps have written, writes one of the state as it is, reads it back from
  /// storage, and holds samples of it against the machine's own numbers. Throws what writing or reading has
  /// thrown. Settles the machine.
  Verdict verify() override;

  /// checkpoint_bytes, checkpoints, checkpoint_seconds, checkpoint_bandwidth; of those that steps have
  /// written.
  std::vector<Figure> figures() override;
  std::vector<std::pair<std::string, std::string>> facts() override;
  std::string const& note() const { return files_.note(); }

 private:
  struct Written {
    int count = 0;
    double seconds = 0;        ///< from taking the state until it was on storage
    double write_seconds = 0;  ///< of that, after it was copied
  };

  void take_at(std::uint64_t step, bool counted);
  void write();
  std::string sample_fault();

  StepMachine& machine_;
  bool background_;
  std::uint64_t every_, step_ = 0;
  CheckpointHead head_;  ///< of the one that is being written, or was last
  CheckpointFiles files_;
  std::uint64_t parameters_;
  std::shared_ptr<std::byte> memory_;
  std::function<void()> job_{};
  double taken_ = 0;
  bool counted_ = false, whole_ = false;
  Written written_{};
  std::exception_ptr fault_{};
  std::atomic<bool> faulty_{false};
  BackgroundJob writer_{};  ///< last: its thread uses the rest
};

/// Of a case; null where the plan has no checkpoints. They end before `machine`. A group call.
std::unique_ptr<Checkpoints> make_checkpoints(StepPlan const& plan, StepMachine& machine, Context& context);

/// A folder for one case's checkpoints under the cache, the same for all ranks, which all call this; what
/// killed runs have left there is removed.
std::filesystem::path checkpoint_folder(std::filesystem::path const& cache, Group& group);

}  // namespace muster::train
