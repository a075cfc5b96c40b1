// A group's ranks as an NCCL communicator.
#pragma once
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "kernels/collective/nccl_api.hpp"
#include "kernels/collective/nccl_estimator.hpp"
#include "kernels/collective/nccl_joining.hpp"
#include "kernels/collective/nccl_tuning.hpp"
#include "kernels/contract/group.hpp"

namespace muster::cuda {

/// How long the ranks wait for each other to join: MUSTER_NCCL_TIMEOUT in whole seconds, else 120, which is
/// above NCCL's own retries of up to 60 s.
std::chrono::seconds joining_deadline();

struct NcclSettings {
  int max_ctas = 0;  ///< thread blocks that NCCL may use for an operation; 0: as it thinks best
  int ranks_per_id = usual_ranks_per_id;
  std::chrono::milliseconds joining = joining_deadline();
  std::chrono::milliseconds operation{
      100'000};  ///< above NCCL's own retries, of 30 s (IB) and 60 s (sockets)
  std::chrono::milliseconds ending{30'000};
  std::chrono::milliseconds aborting{10'000};
  /// Told of what goes wrong at the end, when nothing can be thrown any more.
  std::function<void(std::string)> note{};
};

/// Non-blocking, and every wait has a deadline: a peer that never answers costs that, not the process. The
/// constructor is called by all ranks of the group at the same time, and so are estimate(), chosen() and the
/// destructor. The group must outlive it.
///
/// The destructor ends the communicator in good order, or, when that does not work or a fault was found
/// before, by ncclCommAbort. An abort that does not return is left behind with the communicator:
/// settings.note is told, and work that is stuck in streams then stays there, so that freeing device memory
/// can block for ever.
class NcclCommunicator {
 public:
  /// Bootstraps over `group`, which may be one that was split off. Throws DeviceError, also when not all
  /// ranks have joined in time.
  explicit NcclCommunicator(Group& group, NcclSettings settings = {});
  NcclCommunicator(NcclCommunicator const&) = delete;
  NcclCommunicator& operator=(NcclCommunicator const&) = delete;
  ~NcclCommunicator();

  /// Enqueues this rank's part; returns when NCCL has taken it. The stream may be captured. Throws
  /// Unsupported for what this NCCL cannot do, DeviceError when it fails.
  void run(CollectiveCall const& call, cudaStream_t stream);
  /// Until the stream's work is done. Throws DeviceError, which says what this rank was in, when NCCL finds a
  /// fault (a peer that is gone) or the time for an operation is over; then asks NCCL's RAS who is missing.
  void wait(cudaStream_t stream);
  /// For whoever waits for an operation by other means: throws as wait() does when there is a fault, or when
  /// `waited` is more than an operation may take. May come from another thread while this one enqueues.
  void look(std::chrono::duration<double> waited);
  /// Throws DeviceError when NCCL has found a fault meanwhile.
  void require_healthy();
  /// Can it still be used?
  bool healthy();
  /// Aborts it if it cannot: work that is stuck in a stream then ends, and memory can be given back. Bounded,
  /// as the destructor.
  void abort_if_broken();
  /// How long an operation may take from now on.
  void allow(std::chrono::milliseconds operation) { settings_.operation = operation; }

  /// Memory from ncclMemAlloc made known to NCCL, by all ranks at the same time; given back before the
  /// communicator ends. Throw DeviceError; the caller has seen to it that this NCCL has the functions.
  void* register_buffer(void* data, std::size_t bytes);
  void deregister_buffer(void* handle) noexcept;
  ncclWindow_t register_window(void* data, std::size_t bytes);
  void deregister_window(ncclWindow_t window) noexcept;

  /// Seconds that NCCL expects the operation to take (2.22 and later; not what it makes of sends and
  /// receives). The first call sets up another communicator for this, so call it outside of what is timed.
  /// Throws DeviceError when that does not succeed.
  std::optional<double> estimate(CollectiveCall const& call);
  /// What NCCL chooses for the operation, the same answer on all ranks: runs it once with the log switched
  /// on, and waits. Nothing where the library (before 2.24) or the operation has no such thing, or NCCL_DEBUG
  /// is set.
  std::optional<NcclChoice> chosen(CollectiveCall const& call, cudaStream_t stream);

  double joining_seconds() const { return joining_seconds_; }
  int ids() const { return ids_; }  ///< unique ids that it was made from

 private:
  using Clock = std::chrono::steady_clock;

  void join();
  void require_unbroken(std::string const& call) const;
  ncclRedOp_t operator_of(CollectiveCall const& call);
  void settle(std::chrono::milliseconds limit, char const* call);
  ncclResult_t state();
  std::string place() const;
  std::string what(char const* call) const;
  [[noreturn]] void overdue(std::string const& what, std::chrono::milliseconds limit);
  void end() noexcept;
  void end_in_order();
  void abort();
  void tell(std::string const& text) const;

  NcclApi const& api_;
  Group& group_;
  NcclSettings settings_;
  int const rank_, ranks_;
  int device_ = 0, ids_ = 0;
  double joining_seconds_ = 0;
  ncclComm_t communicator_ = nullptr;
  std::atomic<bool> broken_{false};
  mutable std::mutex naming_{};  ///< of the two that follow, which look() names from any thread
  std::uint64_t operations_ = 0;
  CollectiveCall last_{};  // what was enqueued last; described only when there is something to say
  std::array<std::optional<ncclRedOp_t>, 12> premul_sums_{};  // by ElementType
  std::unique_ptr<NcclEstimator> estimator_;
};

}  // namespace muster::cuda
