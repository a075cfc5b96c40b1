// Decoded pictures to a network's input, a whole batch in one launch.
#pragma once
#include <cuda_runtime_api.h>

#include <span>

#include "kernels/cuda/buffer.hpp"
#include "kernels/dataload/options.hpp"
#include "kernels/dataload/prepared_picture.hpp"

namespace muster::cuda {

/// Throws Unsupported for scaled decoding.
void refuse_what_is_not_here(dataload::Options const& options);

/// A batch of pictures on its way to the kernel: written here by the CPU, then brought to the device in one
/// copy.
class PreparedBatch {
 public:
  PreparedBatch() = default;
  /// Room for `most` pictures, at most 65,535. Throws OutOfMemory.
  explicit PreparedBatch(int most);

  /// To be filled. Nobody may write while the last bring() is on its way.
  std::span<PreparedPicture> pictures() const { return {host_.as<PreparedPicture>(), count_}; }
  /// Enqueues their copy to the device. Throws DeviceError.
  void bring(cudaStream_t stream) const;
  /// Enqueues the preprocessing of all pictures that were brought to 3 x size x size values each, at `out`
  /// (device memory) one after the other. Throws DeviceError.
  void preprocess(dataload::OutputSpec const& spec, void* out, cudaStream_t stream) const;

 private:
  PinnedBuffer host_{};
  DeviceBuffer device_{};
  std::size_t count_ = 0;
};

/// Enqueues the kernel for `count` pictures that lie on the device. `fits`: preprocess_fits() holds for all.
void preprocess_batch(PreparedPicture const* pictures, int count, bool fits, dataload::OutputSpec const& spec,
                      void* out, cudaStream_t stream);

/// Can the kernel of strips take all of these? It takes reductions up to 41 along the rows; if one is beyond,
/// the whole batch is made value by value.
bool preprocess_fits(std::span<PreparedPicture const> pictures);

}  // namespace muster::cuda
