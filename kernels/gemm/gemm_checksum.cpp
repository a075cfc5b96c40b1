#include "kernels/gemm/gemm_checksum.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "kernels/contract/device.hpp"
#include "kernels/contract/share.hpp"

namespace muster {

std::uint64_t gemm_checksum(void const* data, std::uint64_t bytes, Team& team) {
  constexpr std::uint64_t width = sizeof(std::uint64_t);
  auto const* const from = static_cast<char const*>(data);
  std::atomic<std::uint64_t> sum = 0;
  team.run([&](int index) {
    Share const part = share_of(bytes, index, team.size(), 4096);
    std::uint64_t mine = 0;
    for (std::uint64_t at = part.begin; at < part.end; at += width) {
      std::uint64_t word = 0;
      std::memcpy(&word, from + at, std::min(width, bytes - at));
      mine += checksum_term(at / width, word);
    }
    sum += mine;
  });
  return sum;
}

}  // namespace muster
