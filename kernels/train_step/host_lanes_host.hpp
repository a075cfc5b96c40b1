// The two lanes of a host's training step. Communication belongs to the calling thread, so that all calls to
// MPI come from the thread that started it: with MPI_THREAD_SERIALIZED an all-reduce of 8 bytes between two
// ranks of a node takes Open MPI 4.1.4 490 ns in place of 400 (MPICH 4.0.2: no difference), in the measured
// collectives as well. Computing has a thread of its own.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

#include "kernels/contract/group.hpp"

namespace muster::train {

/// Seconds on the clock of all marks.
double step_clock();

/// Work is enqueued on either lane by one thread, the one that made this, and done in order on each.
/// Computing begins at once; communication goes on while that thread is in serve(). Nothing is allocated
/// after construction, and who waits sleeps. Times are marks: negative until they have been stamped.
class HostLanes {
 public:
  /// What may be enqueued on each lane; where it is more, work is served in between.
  explicit HostLanes(std::size_t capacity);
  HostLanes(HostLanes const&) = delete;
  HostLanes& operator=(HostLanes const&) = delete;
  ~HostLanes();  ///< what was not begun is left out

  /// `work`: what a function without arguments needs, trivially copied.
  template <class Work>
  void compute(Work const& work);
  void compute_stamp(double& time);
  void compute_wait(double const& time);  ///< until the communication lane has stamped it

  void communicate(ReadyCall& call);
  void communication_stamp(double& time);
  void communication_wait(double const& time);

  /// Until both lanes are done. Throws what work or a call has thrown; what followed was left out then.
  void serve();
  /// Computing that was enqueued so far.
  std::uint64_t enqueued() const { return enqueued_; }  ///< by the thread that enqueues
  /// Until that much of it is done; by the thread that enqueues, or by one other at a time while that goes
  /// on.
  void await(std::uint64_t enqueued);

 private:
  struct Task {
    static constexpr std::size_t room = 64;
    void (*run)(void const*) = nullptr;
    alignas(std::max_align_t) std::byte work[room]{};
  };
  struct Step {  ///< of the communication lane: one of the three
    ReadyCall* call = nullptr;
    double* stamp = nullptr;
    double const* wait = nullptr;
  };

  void enqueue(Task const& task);
  void enqueue(Step const& step);
  void carry_out(Step const& step);
  void communicate_all();
  void stamp(double& time);
  void wait(double const& time);
  void work();
  void do_one(Task const& task);
  void fail(std::exception_ptr error);
  void rethrow();

  std::vector<Task> tasks_;  ///< a ring
  std::vector<Step> steps_{};
  std::uint64_t enqueued_ = 0, done_ = 0;
  std::uint64_t awaited_ = 0;  ///< by the other thread, while more is enqueued
  bool stop_ = false;
  std::exception_ptr error_{};
  std::mutex mutex_{};
  std::condition_variable changed_{};
  std::thread::id const owner_ = std::this_thread::get_id();
  std::thread thread_;
};

template <class Work>
void HostLanes::compute(Work const& work) {
  static_assert(std::is_trivially_copyable_v<Work> && sizeof(Work) <= Task::room);
  Task task{.run = [](void const* bytes) { (*static_cast<Work const*>(bytes))(); }};
  std::memcpy(task.work, &work, sizeof work);
  enqueue(task);
}

}  // namespace muster::train
