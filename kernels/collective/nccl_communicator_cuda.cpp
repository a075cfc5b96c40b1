#include "kernels/collective/nccl_communicator.hpp"

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <span>
#include <thread>
#include <utility>

#include "kernels/collective/bounded.hpp"
#include "kernels/collective/nccl_call.hpp"
#include "kernels/collective/nccl_log.hpp"
#include "kernels/collective/ras.hpp"
#include "kernels/contract/error.hpp"
#include "kernels/cuda/error.hpp"
#include "kernels/cuda/stream.hpp"

namespace muster::cuda {
namespace {

void pause(int polls) {
  if (polls > 1000) std::this_thread::sleep_for(std::chrono::microseconds(50));
}

double in_seconds(std::chrono::milliseconds time) { return std::chrono::duration<double>(time).count(); }

/// NcclChoice as bytes that all ranks can be given.
struct ChoiceBytes {
  char algorithm[64] = "", protocol[64] = "";
  int channels = 0;
  bool there = false;
};

ChoiceBytes packed(std::optional<NcclChoice> const& choice) {
  ChoiceBytes bytes;
  if (!choice) return bytes;
  choice->algorithm.copy(bytes.algorithm, sizeof bytes.algorithm - 1);
  choice->protocol.copy(bytes.protocol, sizeof bytes.protocol - 1);
  bytes.channels = choice->channels;
  bytes.there = true;
  return bytes;
}

template <class T>
T from_rank_0(Group& group, T value) {
  group.broadcast(std::as_writable_bytes(std::span(&value, 1)), 0);
  return value;
}

}  // namespace

std::chrono::seconds joining_deadline() {
  char const* const value = std::getenv("MUSTER_NCCL_TIMEOUT");
  int const seconds = value ? std::atoi(value) : 0;
  return std::chrono::seconds(seconds > 0 ? seconds : 120);
}

NcclCommunicator::NcclCommunicator(Group& group, NcclSettings settings)
    : api_(nccl()), group_(group), settings_(std::move(settings)), rank_(group.rank()), ranks_(group.size()) {
  check(cudaGetDevice(&device_), "cudaGetDevice");
  try {
    join();
  } catch (...) {
    abort();  // the destructor does not run any more
    throw;
  }
}

void NcclCommunicator::join() {
  auto ids = invitations(api_, group_, settings_.ranks_per_id);
  ids_ = static_cast<int>(ids.size());
  auto const* const call = ids_ == 1 ? "ncclCommInitRankConfig" : "ncclCommInitRankScalable";
  ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
  config.blocking = 0;
  if (settings_.max_ctas > 0) config.maxCTAs = settings_.max_ctas;
  auto const start = Clock::now();
  api_.check(begin_to_join(api_, &communicator_, rank_, ranks_, std::move(ids), config), call);
  settle(settings_.joining, call);
  joining_seconds_ = std::chrono::duration<double>(Clock::now() - start).count();
}

NcclCommunicator::~NcclCommunicator() { end(); }

void NcclCommunicator::end() noexcept {
  estimator_.reset();
  try {
    end_in_order();
  } catch (std::exception const& error) {
    if (!broken_) tell(error.what());  // else it has been thrown before
    abort();
  }
}

void NcclCommunicator::end_in_order() {
  if (broken_) throw DeviceError("the communicator is broken");
  require_healthy();
  for (auto const& op : premul_sums_) {
    if (op) api_.check(api_.destroy_operator(*op, communicator_), "ncclRedOpDestroy");
  }
  api_.check(api_.finalize(communicator_), "ncclCommFinalize");
  try {
    settle(settings_.ending, "ncclCommFinalize");
  } catch (DeviceError const& error) {
    tell(error.what());
    throw;
  }
  api_.check(api_.destroy(std::exchange(communicator_, nullptr)), "ncclCommDestroy");
}

/// Peers that are gone never take part in an orderly end; and an abort itself may hang (nccl#549, #992,
/// #1013).
void NcclCommunicator::abort() {
  if (!communicator_) return;
  bool const returned =
      returns_within(settings_.aborting,
                     [&api = api_, device = device_, communicator = std::exchange(communicator_, nullptr)] {
                       (void)cudaSetDevice(device);  // NCCL sets it itself where it needs it
                       (void)api.abort(communicator);
                     });
  if (returned) return;
  tell(fmt::format(
      "ncclCommAbort does not return ({}; a peer or the driver holds it up) the communicator was left "
      "behind after {:g} s; end this process soon",
      place(), in_seconds(settings_.aborting)));
}

void NcclCommunicator::tell(std::string const& text) const {
  if (settings_.note) settings_.note(text);
}

void NcclCommunicator::run(CollectiveCall const& call, cudaStream_t stream) {
  if (broken_) require_unbroken(describe(call));
  auto const op = reduces(call.operation) ? operator_of(call) : ncclSum;
  {
    std::lock_guard const lock(naming_);
    ++operations_;
    last_ = call;
  }
  auto const result = issue({api_, communicator_, rank_, ranks_, stream}, call, op);
  if (result == ncclSuccess) return;
  broken_ = result != ncclInProgress;
  if (broken_) api_.check(result, describe(call));
  settle(settings_.operation, nullptr);
}

void NcclCommunicator::require_unbroken(std::string const& call) const {
  if (!broken_) return;
  throw DeviceError(fmt::format("{} cannot be run (the communicator is broken: {})", call, place()));
}

void* NcclCommunicator::register_buffer(void* data, std::size_t bytes) {
  require_unbroken("ncclCommRegister");
  void* handle = nullptr;
  api_.check(api_.register_buffer(communicator_, data, bytes, &handle), "ncclCommRegister");
  settle(settings_.operation, "ncclCommRegister");
  return handle;
}

void NcclCommunicator::deregister_buffer(void* handle) noexcept {
  if (!broken_ && communicator_) (void)api_.deregister_buffer(communicator_, handle);
}

ncclWindow_t NcclCommunicator::register_window(void* data, std::size_t bytes) {
  require_unbroken("ncclCommWindowRegister");
  ncclWindow_t window{};
  api_.check(api_.register_window(communicator_, data, bytes, &window, NCCL_WIN_COLL_SYMMETRIC),
             "ncclCommWindowRegister");
  settle(settings_.operation, "ncclCommWindowRegister");
  return window;
}

void NcclCommunicator::deregister_window(ncclWindow_t window) noexcept {
  if (!broken_ && communicator_) (void)api_.deregister_window(communicator_, window);
}

ncclRedOp_t NcclCommunicator::operator_of(CollectiveCall const& call) {
  if (call.reduction != Reduction::premul_sum) return nccl_operator(call.reduction);
  auto& op = premul_sums_.at(static_cast<std::size_t>(call.type));
  if (!op) {
    auto scalar = nccl_scalar(call.type, premul_scalar(rank_));
    ncclRedOp_t made{};
    api_.check(api_.create_premul_sum(&made, scalar.data(), nccl_type(call.type), ncclScalarHostImmediate,
                                      communicator_),
               "ncclRedOpCreatePreMulSum");
    op = made;
  }
  return *op;
}

void NcclCommunicator::wait(cudaStream_t stream) {
  cuda::wait(stream, [&](double seconds) { look(std::chrono::duration<double>(seconds)); });
  require_healthy();
}

void NcclCommunicator::look(std::chrono::duration<double> waited) {
  require_healthy();
  if (waited > settings_.operation) overdue(what(nullptr), settings_.operation);
}

bool NcclCommunicator::healthy() {
  if (broken_ || !communicator_) return false;
  try {
    auto const now = state();
    return now == ncclSuccess || now == ncclInProgress;
  } catch (DeviceError const&) {  // a library that cannot even say is not healthy either
    return false;
  }
}

void NcclCommunicator::require_healthy() {
  auto const now = state();
  if (now != ncclSuccess && now != ncclInProgress) api_.check(now, fmt::format("NCCL, {},", place()));
}

void NcclCommunicator::abort_if_broken() {
  if (!healthy()) abort();
}

/// As NCCL reports it; remembers a fault.
ncclResult_t NcclCommunicator::state() {
  auto state = ncclSuccess;
  api_.check(api_.async_error(communicator_, &state), "ncclCommGetAsyncError");
  if (state != ncclSuccess && state != ncclInProgress) broken_ = true;
  return state;
}

/// Until nothing is under way any more: NCCL takes no further call before that. `call`: null for an
/// operation.
void NcclCommunicator::settle(std::chrono::milliseconds limit, char const* call) {
  auto const until = Clock::now() + limit;
  for (int polls = 0;; ++polls) {
    auto const now = state();
    if (now == ncclSuccess) return;
    if (now != ncclInProgress) api_.check(now, what(call));
    if (Clock::now() > until) overdue(what(call), limit);
    pause(polls);
  }
}

std::string NcclCommunicator::what(char const* call) const {
  std::lock_guard const lock(naming_);
  return call ? call : describe(last_);
}

std::string NcclCommunicator::place() const {
  std::lock_guard const lock(naming_);
  auto const where = fmt::format("rank {} of {}", rank_, ranks_);
  return operations_ == 0 ? where
                          : fmt::format("{} in operation {}, {}", where, operations_, describe(last_));
}

void NcclCommunicator::overdue(std::string const& what, std::chrono::milliseconds limit) {
  broken_ = true;
  throw DeviceError(fmt::format(
      "{} does not end ({} has waited {:g} s; a rank is stuck, or cannot be reached{}) see which by "
      "NCCL_DEBUG=INFO, and whether NCCL_SOCKET_IFNAME names a network that all nodes share",
      what, place(), in_seconds(limit), ras_remark()));
}

std::optional<double> NcclCommunicator::estimate(CollectiveCall const& call) {
  constexpr int most_ranks = 1024;  // joining once more takes minutes beyond
  if (ranks_ > most_ranks || !NcclEstimator::knows(api_, call.operation)) return std::nullopt;
  if (!estimator_)
    estimator_ = std::make_unique<NcclEstimator>(group_, settings_.max_ctas, settings_.joining);
  return estimator_->seconds(call);
}

std::optional<NcclChoice> NcclCommunicator::chosen(CollectiveCall const& call, cudaStream_t stream) {
  if (!has_algorithms(call.operation)) return std::nullopt;
  std::optional<NcclTuningLog> log;  // of rank 0, the only one that writes such lines
  if (rank_ == 0 && NcclTuningLog::possible(api_)) {
    try {
      log.emplace(api_);
    } catch (std::exception const& error) {  // costs a column, not the case
      tell(error.what());
    }
  }
  if (!from_rank_0(group_, log.has_value())) return std::nullopt;
  run(call, stream);
  wait(stream);
  auto const choice = log ? nccl_choice(log->text()) : std::nullopt;
  log.reset();
  auto const bytes = from_rank_0(group_, packed(choice));
  if (!bytes.there) return std::nullopt;
  return NcclChoice{bytes.algorithm, bytes.protocol, bytes.channels};
}

}  // namespace muster::cuda
