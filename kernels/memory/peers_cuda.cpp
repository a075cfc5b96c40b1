#include "kernels/memory/peers_cuda.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kernels/cuda/error.hpp"

namespace muster::cuda {
namespace {

int units_of(int device) {
  int units = 0;
  check(cudaDeviceGetAttribute(&units, cudaDevAttrMultiProcessorCount, device), "cudaDeviceGetAttribute");
  return units;
}

/// Each GPU has data of its own, so that no copy can pass for another's.
MemoryProblem of_device(MemoryProblem problem, int device) {
  problem.seed += static_cast<std::uint64_t>(device) * 0x9E3779B97F4A7C15ULL;
  return problem;
}

}  // namespace

OnDevice::OnDevice(int device) {
  check(cudaGetDevice(&before_), "cudaGetDevice");
  check(cudaSetDevice(device), "cudaSetDevice");
}

OnDevice::~OnDevice() { (void)cudaSetDevice(before_); }

bool PeerAccess::possible(int from, int to) {
  int able = 0;
  check(cudaDeviceCanAccessPeer(&able, from, to), "cudaDeviceCanAccessPeer");
  return able != 0;
}

PeerAccess::PeerAccess(int from, int to) : from_(from), to_(to) {
  OnDevice const on(from);
  auto const status = cudaDeviceEnablePeerAccess(to, 0);
  if (status == cudaErrorPeerAccessAlreadyEnabled) {
    (void)cudaGetLastError();
    return;
  }
  check(status, "cudaDeviceEnablePeerAccess");
  ours_ = true;
}

PeerAccess::PeerAccess(PeerAccess&& other) noexcept
    : from_(other.from_), to_(other.to_), ours_(std::exchange(other.ours_, false)) {}

PeerAccess::~PeerAccess() {
  if (!ours_) return;
  // After a fault of a device these fail as well, and nothing is left to give back.
  int before = 0;
  (void)cudaGetDevice(&before);
  (void)cudaSetDevice(from_);
  (void)cudaDeviceDisablePeerAccess(to_);
  (void)cudaSetDevice(before);
}

// The constructor's caller has made the device current: streams, memory and kernels go to it.
Peer::Peer(int device, std::uint64_t bytes, std::uint64_t seed)
    : device_(device),
      source_(bytes, fmt::format("the source on GPU {}", device)),
      target_(bytes, fmt::format("the target on GPU {}", device)),
      kernels_({MemoryOp::copy, MemoryType::fp64, bytes, seed}, {units_of(device), true, stream_.get()}) {
  kernels_.fill(source_.as(), MemoryArray::b);
  spoil_target();
  wait(stream_.get());
}

Peer::~Peer() = default;

void Peer::spoil_target() {
  check(cudaMemsetAsync(target_.as(), 0xFF, target_.bytes(), stream_.get()), "cudaMemsetAsync");
}

Peers::Peers(int count, MemoryProblem const& problem, PeerEngine engine, bool pulls)
    : problem_(problem), engine_(engine), pulls_(pulls) {
  for (int device = 0; device < count; ++device) {
    OnDevice const on(device);
    peers_.emplace_back(device, problem.bytes, of_device(problem, device).seed);
  }
  for (int from = 0; from < count; ++from) {
    for (int to = 0; to < count; ++to) {
      if (from == to) continue;
      bool const access = PeerAccess::possible(from, to);
      if (access) access_.emplace_back(from, to);
      bool const able = pulls ? PeerAccess::possible(to, from) : access;
      if (engine == PeerEngine::copy_engine || able) {
        pairs_.push_back({static_cast<std::size_t>(from), static_cast<std::size_t>(to)});
      }
    }
  }
}

bool Peers::direct(PeerPair pair) const {
  return PeerAccess::possible(peers_[pair.from].device(), peers_[pair.to].device());
}

void Peers::copy(PeerPair pair) {
  auto const &from = peers_[pair.from], &to = peers_[pair.to];
  auto const& at_work = worker(pair);
  OnDevice const on(at_work.device());
  if (engine_ == PeerEngine::kernel) return at_work.kernels().run(to.target(), from.source(), nullptr);
  check(cudaMemcpyPeerAsync(to.target(), to.device(), from.source(), from.device(), problem_.bytes,
                            at_work.stream()),
        "cudaMemcpyPeerAsync");
}

double Peers::seconds(PeerPair pair, int rounds) {
  OnDevice const on(device_of(pair));
  Event start(Event::Timing::on), stop(Event::Timing::on);
  std::vector<double> times;
  for (int round = 0; round < rounds; ++round) {
    start.record(stream_of(pair));
    copy(pair);
    stop.record(stream_of(pair));
    times.push_back(seconds_between(start, stop));
  }
  auto const middle = times.begin() + rounds / 2;
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

void Peers::spoil(PeerPair pair) {
  auto& to = peers_[pair.to];
  OnDevice const on(to.device());
  to.spoil_target();
  wait(to.stream());
}

Verdict Peers::check_copy(PeerPair pair) const {
  wait(stream_of(pair));
  auto const &from = peers_[pair.from], &to = peers_[pair.to];
  OnDevice const on(to.device());
  // The target's own GPU looks at it, with the formula of the source.
  auto const expected = of_device(problem_, from.device());
  MemoryKernels const kernels(expected, {units_of(to.device()), true, to.stream()});
  auto verdict = memory_verdict(expected, kernels.compare(to.target()));
  if (!verdict.ok())
    verdict.detail = fmt::format("GPU {} -> GPU {}: {}", from.device(), to.device(), verdict.detail);
  return verdict;
}

}  // namespace muster::cuda
