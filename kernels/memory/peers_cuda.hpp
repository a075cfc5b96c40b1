// The GPUs that one process sees, and copies between them.
#pragma once
#include <memory>
#include <vector>

#include "kernels/cuda/buffer.hpp"
#include "kernels/cuda/stream.hpp"
#include "kernels/memory/memory_kernels_cuda.hpp"

namespace muster::cuda {

/// Makes `device` the calling thread's for a scope.
class OnDevice {
 public:
  explicit OnDevice(int device);
  ~OnDevice();
  OnDevice(OnDevice const&) = delete;
  OnDevice& operator=(OnDevice const&) = delete;

 private:
  int before_ = 0;
};

/// While it lives, kernels of `from` may use pointers of `to`. Access that was there before stays.
class PeerAccess {
 public:
  PeerAccess(int from, int to);
  PeerAccess(PeerAccess&& other) noexcept;
  PeerAccess& operator=(PeerAccess&&) = delete;
  ~PeerAccess();
  static bool possible(int from, int to);

 private:
  int from_, to_;
  bool ours_ = false;
};

/// One GPU's part: a source full of data of its own, a target, a stream.
class Peer {
 public:
  /// Throws OutOfMemory, DeviceError.
  Peer(int device, std::uint64_t bytes, std::uint64_t seed);
  Peer(Peer&&) noexcept = default;
  Peer& operator=(Peer&&) = delete;
  ~Peer();

  int device() const { return device_; }
  cudaStream_t stream() const { return stream_.get(); }
  void* source() const { return source_.as(); }
  void* target() const { return target_.as(); }
  MemoryKernels const& kernels() const { return kernels_; }
  void spoil_target();  ///< all NaN; enqueued in stream()

 private:
  int device_;
  Stream stream_;
  DeviceBuffer source_, target_;
  MemoryKernels kernels_;
};

enum class PeerEngine { copy_engine, kernel };

/// An ordered pair of GPUs, as indices into the peers.
struct PeerPair {
  std::size_t from = 0, to = 0;
};

/// Copies between the GPUs of this process.
class Peers {
 public:
  /// `pulls`: the target's GPU does the copying. Throws OutOfMemory, DeviceError.
  Peers(int count, MemoryProblem const& problem, PeerEngine engine, bool pulls);

  /// Pairs that the engine can copy over: the kernel needs peer access.
  std::vector<PeerPair> const& pairs() const { return pairs_; }
  bool direct(PeerPair pair) const;  ///< without a way round through the host's memory

  /// Enqueues the copy in stream_of(pair).
  void copy(PeerPair pair);
  cudaStream_t stream_of(PeerPair pair) const { return worker(pair).stream(); }
  int device_of(PeerPair pair) const { return worker(pair).device(); }
  /// Seconds of one copy on the GPU's clock: the median of `rounds`.
  double seconds(PeerPair pair, int rounds);
  void spoil(PeerPair pair);  ///< the pair's target is all NaN afterwards; waits
  /// Compares the target of the pair with its source's formula; waits.
  Verdict check_copy(PeerPair pair) const;

 private:
  Peer const& worker(PeerPair pair) const { return peers_[pulls_ ? pair.to : pair.from]; }

  MemoryProblem problem_;
  PeerEngine engine_;
  bool pulls_;
  std::vector<Peer> peers_;
  std::vector<PeerAccess> access_;
  std::vector<PeerPair> pairs_;
};

}  // namespace muster::cuda
