#include "kernels/dataload/dataset/content.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace muster::dataload {

std::string shard_name(std::uint64_t number, ShardFormat format) {
  return fmt::format("shard-{:06}.{}", number, format == ShardFormat::tar ? "tar" : "pack");
}

void set_profile(IndexHead& head, std::string const& name) {
  std::ranges::fill(head.profile, '\0');
  std::copy_n(name.begin(), std::min(name.size(), sizeof head.profile - 1), head.profile);
}

void check_shard_count(std::uint64_t shards) {
  constexpr std::uint64_t most = 1'000'000;  // names of six digits stay in the order of their numbers
  if (shards > most) {
    throw BadInput(
        fmt::format("{} shards are too many (at most {}) give larger --shard-bytes", shards, most));
  }
}

}  // namespace muster::dataload
