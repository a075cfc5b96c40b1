#include "tests/standin/nccl/communicator.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <fstream>

#include "tests/standin/cudart/hooks.hpp"
#include "tests/standin/nccl/exchange.hpp"
#include "tests/standin/nccl/log.hpp"

namespace muster::standin {
namespace {

using Clock = std::chrono::steady_clock;

bool is(std::optional<Fault> const& fault, Fault::Kind kind) { return fault && fault->kind == kind; }

int current_device() {
  int device = 0;
  (void)cudaGetDevice(&device);  // without a device, nothing gets as far as this
  return device;
}

bool device_has_fp8(int device) {
  int major = 0;
  (void)cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device);
  return major >= 9;
}

/// Ended, be its parent still to be told or not: as when the kernel closes its connections.
bool is_gone(int process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string const text{std::istreambuf_iterator<char>(file), {}};
  auto const name_end = text.rfind(')');
  return name_end == std::string::npos || name_end + 2 >= text.size() || text[name_end + 2] == 'Z';
}

/// How long after its death a peer's connections are found broken; absent: never.
std::optional<std::chrono::milliseconds> time_until_noticed() {
  char const* const value = std::getenv("MUSTER_STANDIN_NCCL_DEAD_MS");
  if (value == nullptr) return std::chrono::milliseconds(100);
  if (std::string_view(value) == "never") return std::nullopt;
  return std::chrono::milliseconds(std::atoi(value));
}

bool captures(cudaStream_t stream) {
  auto status = cudaStreamCaptureStatusNone;
  return cudaStreamIsCapturing(stream, &status) == cudaSuccess && status == cudaStreamCaptureStatusActive;
}

}  // namespace

Communicator::Communicator(std::string name, int rank, int ranks, bool blocking, int channels)
    : name_(std::move(name)),
      rank_(rank),
      ranks_(ranks),
      blocking_(blocking),
      channels_(channels),
      device_(current_device()),
      gpu_(muster_standin_current_gpu()),
      has_fp8_(device_has_fp8(device_)) {}

// The last hold may be that of work in a stream.
Communicator::~Communicator() { abort(); }

ncclResult_t Communicator::start(std::function<void()> task) {
  if (task_.joinable()) task_.join();
  state_ = ncclInProgress;
  task_ = std::thread(std::move(task));
  if (blocking_) task_.join();
  return state_;
}

/// Carries out what is to go wrong; false when the task ends with it.
bool Communicator::survives(std::optional<Fault> const& fault) {
  if (is(fault, Fault::Kind::delay)) delay(fault->value);
  if (is(fault, Fault::Kind::hang)) wait_for_abort();
  if (is(fault, Fault::Kind::async)) state_ = static_cast<ncclResult_t>(fault->value);
  return !is(fault, Fault::Kind::hang) && !is(fault, Fault::Kind::async);
}

ncclResult_t Communicator::join(std::uint64_t ids, std::optional<Fault> fault) {
  return start([this, ids, fault] { meet(ids, fault); });
}

void Communicator::meet(std::uint64_t ids, std::optional<Fault> const& fault) {
  if (is(fault, Fault::Kind::delay)) delay(fault->value);
  if (is(fault, Fault::Kind::hang)) return wait_for_abort();
  try {
    meeting_ = std::make_unique<Meeting>(name_, rank_, ranks_);
  } catch (std::exception const& error) {
    warn(error.what());
    state_ = ncclSystemError;
    return;
  }
  auto& me = meeting_->member(rank_);
  me.identity = identity();
  me.ids = ids;
  me.process = getpid();
  if (!meeting_->barrier([this] { return stopped(); })) return;
  meeting_->forget_name();
  state_ = is(fault, Fault::Kind::async) ? static_cast<ncclResult_t>(fault->value) : judge_members();
}

ncclResult_t Communicator::judge_members() const {
  auto const& me = meeting_->member(rank_);
  for (int rank = 0; rank < ranks_; ++rank) {
    auto const& other = meeting_->member(rank);
    if (other.ids != me.ids) {
      warn("rank " + std::to_string(rank_) + " and rank " + std::to_string(rank) + " have other unique ids");
      return ncclInvalidUsage;
    }
    if (rank != rank_ && other.identity == me.identity) {
      warn("Duplicate GPU detected : rank " + std::to_string(rank_) + " and rank " + std::to_string(rank));
      return ncclInvalidUsage;
    }
  }
  return ncclSuccess;
}

// What the real library calls host and bus: NCCL_HOSTID makes ranks look like different hosts.
std::uint64_t Communicator::identity() const {
  char const* const host = std::getenv("NCCL_HOSTID");
  return std::hash<std::string>{}(host ? host : "this host") ^ static_cast<std::uint64_t>(gpu_);
}

ncclResult_t Communicator::split(int color, int key, std::shared_ptr<Communicator> child,
                                 std::optional<Fault> fault) {
  return start([this, color, key, child, fault] { divide(color, key, child, fault); });
}

void Communicator::divide(int color, int key, std::shared_ptr<Communicator> const& child,
                          std::optional<Fault> const& fault) {
  auto const stop = [this, &child] { return stopped() || (child && child->aborted_); };
  auto& me = meeting_->member(rank_);
  me.color = color;
  me.key = key;
  if (!meeting_->barrier(stop)) return;
  std::vector<std::pair<int, int>> members;  // key and rank of those of this color
  for (int rank = 0; rank < ranks_; ++rank) {
    auto const& other = meeting_->member(rank);
    if (other.color == color) members.emplace_back(other.key.load(), rank);
  }
  if (!meeting_->barrier(stop)) return;
  auto const name = name_ + "." + std::to_string(++splits_) + "." + std::to_string(color);
  if (child) {
    std::ranges::sort(members);
    child->name_ = name;
    child->rank_ = static_cast<int>(std::ranges::find(members, std::pair(key, rank())) - members.begin());
    child->ranks_ = static_cast<int>(members.size());
  }
  state_ = ncclSuccess;
  if (child) child->meet(0, fault);
}

ncclResult_t Communicator::finalize(std::optional<Fault> fault) {
  return start([this, fault] {
    if (!survives(fault)) return;
    for (int polls = 0; outstanding_ > 0; ++polls) {
      if (aborted_ || state_ != ncclInProgress) return;
      pause(polls);
    }
    leave(Leaving::finalized);
    for (int rank = 0, polls = 0; rank < ranks_; ++polls) {
      if (stopped()) return;
      meeting_->member(rank).left != Leaving::no ? void(++rank) : pause(polls);
    }
    state_ = ncclSuccess;
  });
}

ncclResult_t Communicator::register_window(void* handle, std::optional<Fault> fault) {
  add_registration(handle);
  return start([this, fault] {
    if (!survives(fault)) return;
    if (meeting_->barrier([this] { return stopped(); })) state_ = ncclSuccess;
  });
}

ncclResult_t Communicator::submit(std::vector<Call> calls, cudaStream_t stream) {
  bool const captured = captures(stream);
  std::uint64_t const ticket = captured ? 0 : ++issued_;
  if (!captured) ++outstanding_;
  auto const shared = std::make_shared<std::vector<Call> const>(std::move(calls));
  bool const queued = muster_standin_enqueue(stream, [self = shared_from_this(), shared, ticket] {
    if (ticket == 0 || self->await_turn(ticket)) self->work(*shared);
    if (ticket > 0) self->turn_ = ticket;
    if (ticket > 0) --self->outstanding_;
    return cudaSuccess;
  });
  if (!queued) {
    warn("there is no such stream");
    fail(ncclUnhandledCudaError);
    return ncclUnhandledCudaError;
  }
  unasked_ = !blocking_;
  return blocking_ ? ncclSuccess : ncclInProgress;
}

/// Operations of one communicator run in the order of their calls, in whatever streams.
bool Communicator::await_turn(std::uint64_t ticket) const {
  for (int polls = 0; turn_ + 1 != ticket; ++polls) {
    if (aborted_) return false;
    pause(polls);
  }
  return true;
}

void Communicator::work(std::vector<Call> const& calls) {
  std::lock_guard const lock(working_);
  if (aborted_ || !works() || carry_out(calls)) return;
  while (!aborted_) {  // and learns what is wrong, if it does not know yet
    if (works()) (void)stopped();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

/// False: the work never ends.
bool Communicator::carry_out(std::vector<Call> const& calls) {
  Exchange exchange(*meeting_, rank_, [this] { return stopped(); });
  std::vector<Call> pairs;
  for (auto const& call : calls) {
    if (!survives(call.fault)) return false;
    if (point_to_point(call)) {
      pairs.push_back(call);
    } else if (!exchange.collective(call)) {
      return false;
    }
  }
  return pairs.empty() || exchange.point_to_point(pairs);
}

/// No fault is known; while it is being finalized, too.
bool Communicator::works() const {
  ncclResult_t const state = state_;
  return state == ncclSuccess || state == ncclInProgress;
}

bool Communicator::stopped() {
  if (aborted_) return true;
  if (auto const fault = meeting_->fault()) {
    remember(fault->text);
    fail(fault->code);
    return true;
  }
  return lost_a_peer();
}

bool Communicator::lost_a_peer() {
  auto const limit = time_until_noticed();
  std::lock_guard const lock(looking_);
  if (!limit || Clock::now() < next_look_) return false;
  next_look_ = Clock::now() + std::chrono::milliseconds(10);
  for (int rank = 0; rank < ranks_; ++rank) {
    auto const& peer = meeting_->member(rank);
    if (peer.process == 0 || peer.left == Leaving::finalized || !is_gone(peer.process)) continue;
    if (!lost_since_) lost_since_ = Clock::now();
    if (Clock::now() - *lost_since_ < *limit) return false;
    warn("rank " + std::to_string(rank_) + " lost its connection to rank " + std::to_string(rank));
    fail(ncclRemoteError);
    return true;
  }
  return false;
}

ncclResult_t Communicator::poll() {
  ncclResult_t const state = state_;
  return unasked_.exchange(false) && state == ncclSuccess ? ncclInProgress : state;
}

ncclResult_t Communicator::ready() const {
  ncclResult_t const state = state_;
  if (state != ncclInProgress && !(unasked_ && state == ncclSuccess)) return state;
  warn("Attempt to use communicator before the previous operation returned ncclSuccess");
  return ncclInvalidArgument;
}

/// The first fault stays.
void Communicator::fail(ncclResult_t code) {
  for (auto before : {ncclSuccess, ncclInProgress}) {
    if (state_.compare_exchange_strong(before, code)) return;
  }
}

void Communicator::abort() {
  aborted_ = true;
  if (task_.joinable()) task_.join();
  leave(Leaving::gave_up);
}

/// The others need not wait any more for this rank to finalize.
void Communicator::leave(Leaving how) {
  auto before = Leaving::no;
  if (meeting_) meeting_->member(rank_).left.compare_exchange_strong(before, how);
}

void Communicator::wait_for_abort() const {
  while (!aborted_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

ncclRedOp_t Communicator::add_operator(Reduction const& reduction, ncclDataType_t type) {
  std::lock_guard const lock(mutex_);
  operators_[next_operator_] = {reduction, type};
  return static_cast<ncclRedOp_t>(next_operator_++);
}

bool Communicator::remove_operator(ncclRedOp_t op) {
  std::lock_guard const lock(mutex_);
  return operators_.erase(op) > 0;
}

std::optional<Reduction> Communicator::reduction(ncclRedOp_t op, ncclDataType_t type) const {
  using Kind = Reduction::Kind;
  constexpr Kind kinds[] = {Kind::sum, Kind::prod, Kind::max, Kind::min, Kind::average};  // by ncclRedOp_t
  if (op < 0) return std::nullopt;
  if (op < ncclNumOps) return Reduction{.kind = kinds[op]};
  std::lock_guard const lock(mutex_);
  auto const found = operators_.find(op);
  if (found == operators_.end() || found->second.type != type) return std::nullopt;
  return found->second.reduction;
}

void* Communicator::add_registration(void* handle) {
  std::lock_guard const lock(mutex_);
  registrations_.insert(handle);
  return handle;
}

bool Communicator::remove_registration(void* handle) {
  std::lock_guard const lock(mutex_);
  return registrations_.erase(handle) > 0;
}

}  // namespace muster::standin
