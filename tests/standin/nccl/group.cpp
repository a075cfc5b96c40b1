#include "tests/standin/nccl/group.hpp"

#include <algorithm>
#include <utility>

#include "tests/standin/nccl/log.hpp"

namespace muster::standin {

CallGroup& CallGroup::of_this_thread() {
  thread_local CallGroup group;
  return group;
}

ncclResult_t CallGroup::note(ncclResult_t result) {
  if (open() && error_ == ncclSuccess && result != ncclInProgress) error_ = result;
  return result;
}

void CallGroup::add(std::shared_ptr<Communicator> communicator, Call call, cudaStream_t stream) {
  entries_.push_back({std::move(communicator), std::move(call), stream});
}

ncclResult_t CallGroup::end() {
  if (!open()) {
    warn("ncclGroupEnd: not in a group call.");
    return ncclInvalidUsage;
  }
  if (--depth_ > 0) return ncclSuccess;
  auto const entries = std::exchange(entries_, {});
  auto const error = std::exchange(error_, ncclSuccess);
  return error == ncclSuccess ? launch(entries) : error;
}

/// One piece of work for each communicator and stream.
ncclResult_t CallGroup::launch(std::vector<Entry> const& entries) {
  auto result = ncclSuccess;
  std::vector<std::pair<Communicator*, cudaStream_t>> started;
  for (auto const& first : entries) {
    std::pair const key(first.communicator.get(), first.stream);
    if (std::ranges::find(started, key) != started.end()) continue;
    started.push_back(key);
    std::vector<Call> calls;
    for (auto const& entry : entries) {
      if (entry.communicator == first.communicator && entry.stream == first.stream)
        calls.push_back(entry.call);
    }
    if (first.communicator->rank() == 0) {
      for (auto const& call : calls) {
        if (has_algorithm(call.function))
          log_tuning(call, first.communicator->device(), first.communicator->channels());
      }
    }
    auto const one = first.communicator->submit(std::move(calls), first.stream);
    if (result == ncclSuccess || (result == ncclInProgress && one != ncclSuccess)) result = one;
  }
  return result;
}

ncclResult_t CallGroup::simulate(float& estimate) {
  bool const blocking =
      std::ranges::all_of(entries_, [](auto const& entry) { return entry.communicator->blocking(); });
  if (!blocking || !open() || depth_ > 1 || error_ != ncclSuccess) return end();
  --depth_;
  for (auto const& entry : std::exchange(entries_, {})) {
    if (!has_algorithm(entry.call.function)) continue;
    estimate = estimated_microseconds(entry.call.count * element_bytes(entry.call.type),
                                      entry.communicator->ranks());
  }
  return ncclSuccess;
}

}  // namespace muster::standin
