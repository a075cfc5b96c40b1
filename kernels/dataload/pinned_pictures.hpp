// Encoded pictures that stay in page-locked memory, so that nothing is read while they are decoded.
#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "kernels/dataload/memory.hpp"
#include "kernels/dataload/read_ahead.hpp"
#include "kernels/dataload/records.hpp"

namespace muster::cuda {

class PinnedPictures {
 public:
  /// The set's first pictures: at most `most` of them and `memory` bytes, but at least one. Throws
  /// OutOfMemory, DeviceError.
  PinnedPictures(dataload::RecordSet const& set, std::size_t most, std::size_t memory);
  std::span<dataload::EncodedImage const> images() const { return images_; }

 private:
  dataload::HostMemory memory_{};
  std::vector<dataload::EncodedImage> images_{};
};

}  // namespace muster::cuda
