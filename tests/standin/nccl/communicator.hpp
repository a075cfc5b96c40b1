// One rank's part of a communicator, non-blocking as the real one can be.
#pragma once
#include <nccl.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/standin/nccl/call.hpp"
#include "tests/standin/nccl/meeting.hpp"
#include "tests/standin/support/faults.hpp"

namespace muster::standin {

class Communicator : public std::enable_shared_from_this<Communicator> {
 public:
  /// Of the calling thread's current GPU. `channels`: what the log says that an operation uses.
  Communicator(std::string name, int rank, int ranks, bool blocking, int channels);
  ~Communicator();

  // What takes time is done by a thread of its own, one such thing at a time; the state is ncclInProgress
  // until it has ended. In a blocking communicator the call lasts as long. All give the state.
  /// Meets the other ranks. `ids` stands for all the unique ids that this rank was given.
  ncclResult_t join(std::uint64_t ids, std::optional<Fault> fault);
  /// `child`, with all ranks of this rank's color; null: this rank is in none.
  ncclResult_t split(int color, int key, std::shared_ptr<Communicator> child, std::optional<Fault> fault);
  /// Waits for the work in streams, and until all ranks have come here or are gone.
  ncclResult_t finalize(std::optional<Fault> fault);
  /// A memory window, registered when all ranks have.
  ncclResult_t register_window(void* handle, std::optional<Fault> fault);

  /// Work in `stream`: collectives in their order, then all sends and receives together.
  ncclResult_t submit(std::vector<Call> calls, cudaStream_t stream);

  /// As ncclCommGetAsyncError tells it. What has just been submitted is under way until this has been asked
  /// once, since callers of the real library must not expect less.
  ncclResult_t poll();
  /// What a call meets: success, ncclInvalidArgument while something is under way, the fault there has been.
  ncclResult_t ready() const;
  void fail(ncclResult_t code);
  void abort();  ///< when it returns, no thread of the communicator's own is left

  ncclRedOp_t add_operator(Reduction const& reduction, ncclDataType_t type);
  bool remove_operator(ncclRedOp_t op);
  /// Absent: there is no such operator, or not for this type.
  std::optional<Reduction> reduction(ncclRedOp_t op, ncclDataType_t type) const;
  void* add_registration(void* handle);
  bool remove_registration(void* handle);

  int rank() const { return rank_; }
  int ranks() const { return ranks_; }
  int device() const { return device_; }
  bool blocking() const { return blocking_; }
  int channels() const { return channels_; }
  bool has_fp8() const { return has_fp8_; }

 private:
  ncclResult_t start(std::function<void()> task);
  bool survives(std::optional<Fault> const& fault);
  void meet(std::uint64_t ids, std::optional<Fault> const& fault);
  ncclResult_t judge_members() const;
  void divide(int color, int key, std::shared_ptr<Communicator> const& child,
              std::optional<Fault> const& fault);
  void work(std::vector<Call> const& calls);
  bool carry_out(std::vector<Call> const& calls);
  bool await_turn(std::uint64_t ticket) const;
  bool works() const;
  bool stopped();
  bool lost_a_peer();
  void leave(Leaving how);
  void wait_for_abort() const;
  std::uint64_t identity() const;

  std::string name_;
  std::atomic<int> rank_, ranks_;
  bool const blocking_;
  int const channels_, device_, gpu_;
  bool const has_fp8_;
  std::unique_ptr<Meeting> meeting_;
  std::thread task_;
  std::atomic<ncclResult_t> state_{ncclInProgress};
  std::atomic<bool> aborted_{false}, unasked_{false};
  std::atomic<int> outstanding_{0};
  std::atomic<std::uint64_t> issued_{0}, turn_{0};
  int splits_ = 0;
  std::mutex working_, looking_;
  std::chrono::steady_clock::time_point next_look_{};  // of looking_, as is the next
  std::optional<std::chrono::steady_clock::time_point> lost_since_;

  struct Operator {
    Reduction reduction;
    ncclDataType_t type;
  };
  mutable std::mutex mutex_;  // of what follows
  std::map<int, Operator> operators_;
  int next_operator_ = ncclNumOps;
  std::set<void*> registrations_;
};

}  // namespace muster::standin
