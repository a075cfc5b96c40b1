// nvJPEG on CUDA cores, picture by picture: Huffman codes on a CPU thread, the rest on the GPU.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/cuda/stream.hpp"
#include "kernels/dataload/nvjpeg_api.hpp"
#include "kernels/dataload/nvjpeg_target.hpp"

namespace muster::cuda {

/// Each thread has a few lanes, each with a state, its memory and a stream, and goes round them: while the
/// GPU works on one lane's picture, the thread reads the next one's codes. nvJPEG lets a state be used again
/// only when its work is done, so a lane's turn begins with a wait for its last picture, `lanes` pictures
/// ago.
class HybridDecoder {
 public:
  /// Lanes have room for pictures of `largest_pixels` (up to 8 MiB of page-locked and 16 MiB of device
  /// memory; more is allocated by nvJPEG when such a picture comes). Throws OutOfMemory, DeviceError.
  HybridDecoder(int threads, int lanes, std::uint64_t largest_pixels);
  HybridDecoder(HybridDecoder const&) = delete;
  HybridDecoder& operator=(HybridDecoder const&) = delete;
  ~HybridDecoder();  ///< waits for the work under way

  /// Decodes on `thread` (0, 1, ...), which nobody else uses at the time, in a stream that first waits for
  /// `after`. At most `lanes` of the thread's lanes are used. What is wrong with the picture, or "". Throws
  /// OutOfMemory, DeviceError.
  std::string decode(int thread, int lanes, JpegTarget const& target, Event const& after);
  /// What comes into `stream` from now on waits for all that has been decoded since the last call.
  void join(cudaStream_t stream);

  int lanes() const { return lanes_per_thread_; }
  std::uint64_t allocations() const { return nvjpeg_.allocations(); }

 private:
  struct Lane {
    Stream stream{Stream::Priority::high};  // its short kernels would wait for all blocks of a long one
    Event done{};
    NvjpegState state{};
    NvjpegPinned pinned{};
    NvjpegDeviceMemory memory{};
    NvjpegHeader header{};
    NvjpegSettings settings{};
    bool used = false, open = false;  ///< ever; since the last join()
  };
  std::string enqueue(Lane& lane, JpegTarget const& target);

  Nvjpeg nvjpeg_;
  NvjpegDecoder decoder_;
  int lanes_per_thread_;
  std::vector<Lane> lanes_;
  std::vector<unsigned> turn_;  ///< of each thread
};

/// Is it the picture's fault (bad, or of a kind that is not supported)? Otherwise the library's or the GPU's.
bool blames_picture(nvjpegStatus_t status);

/// Is the picture as large as `target` says? "" or what is wrong. `header` has been parsed.
std::string size_fault(NvjpegHeader const& header, JpegTarget const& target);

}  // namespace muster::cuda
