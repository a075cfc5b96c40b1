// Datasets, and indexes that say what a test wants, for the dataset tests.
#pragma once
#include <cstring>
#include <string>
#include <vector>

#include "kernels/dataload/dataset/index.hpp"
#include "kernels/dataload/dataset/maker.hpp"
#include "kernels/dataload/dataset/profiles.hpp"
#include "kernels/dataload/dataset/tools.hpp"
#include "kernels/dataload/records.hpp"
#include "tests/kernels/dataload_support.hpp"

namespace muster::dataload::test {

/// Sixteen small binary records, four a shard.
inline DatasetRequest small_dataset(fs::path const& folder) {
  DatasetRequest request;
  request.folder = folder;
  request.profile = "unet3d";
  request.records = 16;
  request.record_bytes = 5000;
  request.shard_bytes = 20000;
  request.seed = 7;
  request.threads = 2;
  return request;
}

inline DatasetReport make(DatasetRequest const& request) {
  auto const content = profile_content(request);
  return make_dataset(*content, request);
}

inline std::string bytes_of(fs::path const& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// What does the call say when it throws `Error`?
template <class Error, class Call>
std::string message_of(Call&& call) {
  try {
    call();
  } catch (Error const& error) {
    return error.what();
  }
  return "nothing was thrown";
}

/// The bytes of an index, to be spoilt and sealed again.
class Forged {
 public:
  /// 5 shards and 91 records fill a page exactly: what reads past the end leaves the mapping.
  Forged() {
    std::strncpy(head.profile, "forged", sizeof head.profile - 1);
    head.format = ShardFormat::pack;
    for (std::uint32_t shard = 0; shard < 5; ++shard) add_shard(shard, shard == 4 ? 19 : 18);
    head.planned_shards = 5;
  }

  IndexHead head{};
  std::vector<IndexShard> shards{};
  std::vector<IndexRecord> records{};

  /// With counts and sums as they must be for what is there.
  void settle() {
    std::memcpy(head.magic, index_magic, sizeof index_magic);
    head.shards = shards.size();
    head.records = records.size();
    head.record_bytes = 0;
    for (auto const& record : records) head.record_bytes += record.length;
    head.file_bytes =
        sizeof head + shards.size() * sizeof(IndexShard) + records.size() * sizeof(IndexRecord) + 8;
  }

  std::string body() const {
    std::string text(reinterpret_cast<char const*>(&head), sizeof head);
    text.append(reinterpret_cast<char const*>(shards.data()), shards.size() * sizeof(IndexShard));
    text.append(reinterpret_cast<char const*>(records.data()), records.size() * sizeof(IndexRecord));
    return text;
  }

  static std::string sealed(std::string body) {
    std::uint64_t const sum = hash_of(std::as_bytes(std::span(body)));
    return body.append(reinterpret_cast<char const*>(&sum), sizeof sum);
  }

  static constexpr std::uint64_t shard_bytes = 19 * 4096;

 private:
  void add_shard(std::uint32_t number, std::uint64_t count) {
    IndexShard shard;
    std::strncpy(shard.name, ("shard-00000" + std::to_string(number) + ".pack").c_str(),
                 sizeof shard.name - 1);
    shard.bytes = shard_bytes;
    shard.first = records.size();
    shard.records = count;
    shards.push_back(shard);
    for (std::uint64_t i = 0; i < count; ++i) {
      bool const picture = i % 2 == 0;
      records.push_back({.offset = i * 4096,
                         .length = 1 + 7 * i,
                         .hash = i,
                         .width = picture ? 640u : 0u,
                         .height = picture ? 480u : 0u,
                         .shard = number,
                         .kind = picture ? RecordKind::jpeg : RecordKind::binary});
    }
  }
};

}  // namespace muster::dataload::test
