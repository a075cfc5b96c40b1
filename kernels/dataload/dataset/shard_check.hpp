// A shard's bytes against its index.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "kernels/dataload/dataset/index.hpp"

namespace muster::dataload {

struct ShardFindings {
  std::vector<std::string>
      wrong{};  ///< "record 7 (shard-000000.tar, offset 1536): its bytes have another hash"
  std::vector<std::string> unreadable{};  ///< "shard-000000.tar: permission denied"
  bool fine() const { return wrong.empty() && unreadable.empty(); }
};

/// Reads the whole shard: its size, every record's hash, and in a tar shard whether its members are the
/// records. `each` is called after every record; false ends the check early.
ShardFindings check_shard(Index const& index, std::uint64_t shard, std::function<bool()> const& each);

}  // namespace muster::dataload
