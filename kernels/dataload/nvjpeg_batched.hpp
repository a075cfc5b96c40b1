// nvJPEG a whole batch at a time: on the GPU's JPEG engine, or all on CUDA cores.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/cuda/stream.hpp"
#include "kernels/dataload/nvjpeg_api.hpp"
#include "kernels/dataload/nvjpeg_target.hpp"

namespace muster::cuda {

/// Two states take turns, each with a stream of its own: nvJPEG lets one be used again only when its work is
/// done, so a call begins with a wait for the call before the last.
class BatchedDecoder {
 public:
  /// `backend`: NVJPEG_BACKEND_HARDWARE or NVJPEG_BACKEND_GPU_HYBRID. `most`: pictures of the largest call.
  /// Throws Unsupported where the GPU has no engine, OutOfMemory, DeviceError.
  BatchedDecoder(nvjpegBackend_t backend, int most, int cpu_threads);
  BatchedDecoder(BatchedDecoder const&) = delete;
  BatchedDecoder& operator=(BatchedDecoder const&) = delete;
  ~BatchedDecoder();  ///< waits for the work under way

  /// Reads the header of `target` on `thread` (0, 1, ...): is it sound, and of the size that there is room
  /// for?
  bool parse(int thread, JpegTarget const& target) const;
  /// Does this back end take the picture that `thread` has parsed last?
  bool takes(int thread) const;

  /// Enqueues all of `targets` (at least one), which takes() has agreed to, in a stream that first waits for
  /// `after`. nvJPEG is told a number of pictures once and then wants that number: another one than last
  /// time's costs a call more. False: one of them is bad (nvJPEG does not say which), and all are undecoded.
  /// Throws OutOfMemory, DeviceError.
  bool decode(std::span<JpegTarget const* const> targets, Event const& after);
  /// What comes into `stream` from now on waits for all that has been decoded since the last call.
  void join(cudaStream_t stream);

  Nvjpeg::Engines engines() const { return nvjpeg_.engines(); }
  std::uint64_t allocations() const { return nvjpeg_.allocations(); }

 private:
  struct Turn {
    NvjpegState state{};
    Stream stream{Stream::Priority::high};
    Event done{};
    int pictures = 0;  ///< that the state is initialised for; 0: none
    bool used = false, open = false;
  };
  void initialise(Turn& turn, int pictures);

  Nvjpeg nvjpeg_;
  int cpu_threads_;
  Turn turns_[2];
  unsigned next_ = 0;
  std::vector<NvjpegHeader> headers_{};  ///< of each thread
  std::vector<unsigned char const*> data_;
  std::vector<std::size_t> lengths_;
  std::vector<nvjpegImage_t> images_;
};

}  // namespace muster::cuda
