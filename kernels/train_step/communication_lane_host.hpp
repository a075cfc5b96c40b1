// The communication lane of a host's training step: one thread that carries out collective calls in the
// order in which they were enqueued, while the calling thread computes.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "kernels/contract/group.hpp"

namespace muster::train {

/// Seconds on the clock of all marks.
double step_clock();

/// All of it is called by one thread. Nothing is allocated after construction, and who waits sleeps. All
/// calls to MPI that a step makes come from here, one at a time: MPI_THREAD_SERIALIZED is enough, under
/// which MPI needs no locks of its own.
class CommunicationLane {
 public:
  /// `capacity`: what may be enqueued and not done.
  explicit CommunicationLane(std::size_t capacity);
  CommunicationLane(CommunicationLane const&) = delete;
  CommunicationLane& operator=(CommunicationLane const&) = delete;
  ~CommunicationLane();  ///< after all that was enqueued

  // These throw what a call has thrown in the lane; what was enqueued behind it was left out then.
  void call(ReadyCall& call);
  void stamp(double& time);             ///< with the clock, when the lane gets here
  void wait_until(double const& time);  ///< until stamp() of it, enqueued before, has been done (is not < 0)
  void drain();                         ///< until all is done

 private:
  struct Item {
    ReadyCall* call = nullptr;
    double* time = nullptr;
  };

  void enqueue(Item item);
  void work();
  void carry_out(Item const& item);
  void rethrow();

  std::vector<Item> items_;  ///< a ring
  std::uint64_t enqueued_ = 0, done_ = 0;
  bool stop_ = false;
  std::exception_ptr error_{};
  std::mutex mutex_{};
  std::condition_variable more_{}, progress_{};
  std::thread thread_;
};

}  // namespace muster::train
