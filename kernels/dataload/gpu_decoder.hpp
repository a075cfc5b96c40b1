// JPEG pictures decoded on the GPU by nvJPEG, many at a time.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "kernels/contract/device.hpp"
#include "kernels/cuda/buffer.hpp"
#include "kernels/cuda/stream.hpp"
#include "kernels/dataload/nvjpeg_api.hpp"
#include "kernels/dataload/preprocess.hpp"
#include "kernels/dataload/read_ahead.hpp"
#include "kernels/dataload/records.hpp"

namespace muster::cuda {

/// Each thread of the team has a few slots, each with a decoder state, a stream and room for the set's
/// largest picture; it goes round them, so that one picture's work on the GPU goes on while the thread reads
/// the next one's codes (nvJPEG decodes Huffman codes on the CPU). A state takes one picture at a time: a
/// slot is used again once its work is done.
class GpuDecoder {
 public:
  /// `set` and `team` outlive this. The destructor waits for the work under way.
  GpuDecoder(dataload::RecordSet const& set, Team& team);
  GpuDecoder(GpuDecoder const&) = delete;
  GpuDecoder& operator=(GpuDecoder const&) = delete;
  ~GpuDecoder();

  /// What a slot holds: the picture of number `index` in the images of run number `run` (1, 2, ...; 0: none
  /// yet).
  struct Slot {
    NvjpegState state{};
    Stream stream{};
    Event done{};
    DeviceBuffer pixels{};
    dataload::ImageView view{};  ///< of device memory
    std::size_t index = 0;
    std::uint64_t run = 0;
  };

  /// Called on any thread of the team when a picture's decoding has been enqueued: what it enqueues in
  /// `slot.stream` follows.
  using Then = std::function<void(Slot const& slot)>;

  /// Enqueues all of `images`; their bytes must stay until the work is done. Work that is put into `queue`
  /// later waits for it.
  void run(std::span<dataload::EncodedImage const> images, Then const& then, cudaStream_t queue);

  std::vector<Slot> const& slots() const { return slots_; }
  std::uint64_t runs() const { return runs_; }
  std::size_t failures() const { return failures_; }  ///< pictures that nvJPEG refused, so far
  std::string const& first_failure() const { return first_failure_; }

 private:
  void decode(Slot& slot, dataload::EncodedImage const& image);
  void note_failure(dataload::EncodedImage const& image, nvjpegStatus_t status);

  dataload::RecordSet const& set_;
  Team& team_;
  NvjpegHandle handle_;
  std::size_t slots_per_thread_;
  std::vector<Slot> slots_;
  std::vector<std::size_t> turn_;  ///< of each thread: its next slot
  std::uint64_t runs_ = 0;
  std::mutex failure_mutex_{};
  std::size_t failures_ = 0;
  std::string first_failure_{};
};

}  // namespace muster::cuda
