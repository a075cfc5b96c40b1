// Group calls: what a thread calls between ncclGroupStart and ncclGroupEnd is started together.
#pragma once
#include <nccl.h>

#include <memory>
#include <vector>

#include "tests/standin/nccl/communicator.hpp"

namespace muster::standin {

/// Of the calling thread. A single operation is a group of one.
class CallGroup {
 public:
  static CallGroup& of_this_thread();

  bool open() const { return depth_ > 0; }
  void start() { ++depth_; }
  /// Remembers the first error of a call in this group, and returns it.
  ncclResult_t note(ncclResult_t result);
  void add(std::shared_ptr<Communicator> communicator, Call call, cudaStream_t stream);

  /// The last end starts everything, or nothing if there was an error.
  ncclResult_t end();
  /// The same, but in blocking communicators only estimates, in microseconds: the last operation for which
  /// NCCL has algorithms counts. In non-blocking ones everything is started and nothing estimated, as by the
  /// real library up to 2.30 (src/group.cc, ncclGroupEndInternal).
  ncclResult_t simulate(float& estimate);

 private:
  struct Entry {
    std::shared_ptr<Communicator> communicator;
    Call call;
    cudaStream_t stream;
  };
  ncclResult_t launch(std::vector<Entry> const& entries);

  int depth_ = 0;
  ncclResult_t error_ = ncclSuccess;
  std::vector<Entry> entries_;
};

}  // namespace muster::standin
