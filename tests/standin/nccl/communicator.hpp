// One rank's part of a communicator, non-blocking as the real one can be.
#pragma once
#include <nccl.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "tests/standin/nccl/meeting.hpp"
#include "tests/standin/support/faults.hpp"

namespace muster::standin {

std::size_t element_bytes(ncclDataType_t type);  ///< 0 for a type that the stand-in does not add up

class Communicator : public std::enable_shared_from_this<Communicator> {
 public:
  Communicator(std::string name, int rank, int ranks) : name_(std::move(name)), rank_(rank), ranks_(ranks) {}

  /// Meets the other ranks, in a thread of its own unless `blocking`. `identity` tells GPUs (and hosts)
  /// apart.
  void join(std::uint64_t identity, std::optional<Fault> fault, bool blocking);
  /// Enqueues out = sum over ranks of in.
  ncclResult_t all_reduce(void const* in, void* out, std::size_t count, ncclDataType_t type,
                          std::optional<Fault> fault, cudaStream_t stream);
  ncclResult_t state() const { return outstanding_ > 0 && finalizing_ ? ncclInProgress : state_.load(); }
  void finalize() { finalizing_ = true; }
  void abort();  ///< when it returns, nothing of the joining is under way any more
  ~Communicator();
  int rank() const { return rank_; }

 private:
  void meet(std::uint64_t identity, std::optional<Fault> fault);
  bool shares_gpu() const;
  void wait_for_abort() const;
  void reduce(void const* in, void* out, std::size_t count, ncclDataType_t type);
  void work(void const* in, void* out, std::size_t count, ncclDataType_t type, std::optional<Fault> fault);

  std::string const name_;
  int const rank_, ranks_;
  std::unique_ptr<Meeting> meeting_;
  std::thread joining_;
  std::atomic<ncclResult_t> state_{ncclInProgress};
  std::atomic<bool> aborted_{false}, finalizing_{false};
  std::atomic<int> outstanding_{0};
};

}  // namespace muster::standin
