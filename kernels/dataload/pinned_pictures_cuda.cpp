#include "kernels/dataload/pinned_pictures.hpp"

#include <cstring>

#include "kernels/dataload/pinned_memory.hpp"

namespace muster::cuda {

using dataload::RecordSet;

PinnedPictures::PinnedPictures(RecordSet const& set, std::size_t most, std::size_t memory) {
  std::size_t count = 0, bytes = 0;
  while (count < set.records.size() && count < most) {
    std::size_t const length = set.records[count].length;
    if (count > 0 && bytes + length > memory) break;
    bytes += length;
    ++count;
  }
  memory_ = allocate_pinned(bytes);
  std::byte* at = memory_.get();
  for (std::size_t i = 0; i < count; ++i) {
    auto const picture = read_plainly(set, set.records[i]);
    std::memcpy(at, picture.data(), picture.size());
    images_.push_back({.record = static_cast<std::uint32_t>(i), .bytes = {at, picture.size()}});
    at += picture.size();
  }
}

}  // namespace muster::cuda
