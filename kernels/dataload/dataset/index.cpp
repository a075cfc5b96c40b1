#include "kernels/dataload/dataset/index.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>
#include <system_error>

namespace muster::dataload {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t checksum_bytes = 8;
constexpr std::uint64_t largest_shard = std::uint64_t{1} << 60;
constexpr std::uint32_t widest_picture = 65535;  // what a JPEG's header can say

template <class T>
T at(std::byte const* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

bool terminated(char const* text, std::size_t room) { return std::memchr(text, 0, room) != nullptr; }

/// Letters, digits, "._-", not hidden: never a path.
bool plain_name(std::string_view name) {
  constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  return !name.empty() && name[0] != '.' && name.find_first_not_of(allowed) == name.npos;
}

struct FreeHashState {
  void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
};

}  // namespace

std::string origin_of(IndexHead const& head) {
  std::string const seed =
      std::string_view(head.profile) == "import" ? "" : fmt::format(", seed {}", head.seed);
  return fmt::format("dataset {}{}, {}", head.profile, seed,
                     head.format == ShardFormat::tar ? "tar" : "pack");
}

Index::Index(fs::path const& file) : file_(file) {
  int const descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe would wait
  if (descriptor < 0) {
    throw BadInput(
        fmt::format("cannot open the index '{}' ({}) give the folder of a dataset, or make one: "
                    "muster dataset make",
                    file.string(), std::strerror(errno)));
  }
  struct stat status {};
  bool const is_file = ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  file_bytes_ = is_file ? static_cast<std::uint64_t>(status.st_size) : 0;
  void* const address =
      file_bytes_ > 0 ? ::mmap(nullptr, file_bytes_, PROT_READ, MAP_PRIVATE, descriptor, 0) : MAP_FAILED;
  ::close(descriptor);
  if (!is_file) refuse("it is no regular file");
  if (file_bytes_ == 0) refuse("it is empty");
  if (address == MAP_FAILED) refuse(fmt::format("it cannot be mapped: {}", std::strerror(errno)));
  bytes_ = static_cast<std::byte const*>(address);
  try {
    read_head();
    check_sum();
    read_shards();
    check_records();
  } catch (...) {  // the destructor of a half-made object does not run
    ::munmap(address, file_bytes_);
    throw;
  }
}

Index::~Index() { ::munmap(const_cast<std::byte*>(bytes_), file_bytes_); }

void Index::refuse(std::string const& why) const {
  throw BadIndex(
      fmt::format("the index '{}' is refused ({}) remove it and make the dataset anew", file_.string(), why));
}

template <class Use>
void Index::in_windows(std::uint64_t from, std::uint64_t to, std::uint64_t unit, Use&& use) const {
  constexpr std::uint64_t window = std::uint64_t{64} << 20, page = 4096;
  std::uint64_t const step = window / unit * unit;
  for (std::uint64_t at = from; at < to; at += step) {
    std::uint64_t const end = std::min(to, at + step);
    use(bytes_ + at, end - at);
    std::uint64_t const start = at / page * page;
    ::madvise(const_cast<std::byte*>(bytes_) + start, end - start, MADV_DONTNEED);
  }
}

void Index::read_head() {
  if (file_bytes_ < sizeof(IndexHead) + checksum_bytes)
    refuse(fmt::format("it has {} bytes, fewer than a head", file_bytes_));
  head_ = at<IndexHead>(bytes_);
  if (std::memcmp(head_.magic, index_magic, sizeof index_magic) != 0)
    refuse("it does not begin as an index does");
  if (head_.version != index_version)
    refuse(fmt::format("it has version {}, this muster reads {}", head_.version, index_version));
  if (head_.head_bytes != sizeof(IndexHead)) refuse("its head has another size");
  if (head_.file_bytes != file_bytes_)
    refuse(fmt::format("it has {} bytes and says {}", file_bytes_, head_.file_bytes));
  std::uint64_t const room = file_bytes_ - sizeof(IndexHead) - checksum_bytes;
  bool const fit = head_.shards <= room / sizeof(IndexShard) && head_.records <= room / sizeof(IndexRecord) &&
                   head_.shards * sizeof(IndexShard) + head_.records * sizeof(IndexRecord) == room;
  if (!fit) refuse(fmt::format("{} shards and {} records do not fill it", head_.shards, head_.records));
  if (head_.shards > head_.planned_shards || head_.planned_shards > UINT32_MAX)
    refuse("its number of planned shards cannot be");
  if (head_.format > ShardFormat::pack) refuse("its format of shards is not known");
  if (head_.per_sample == 0 || head_.records % head_.per_sample != 0)
    refuse("its records are not whole samples");
  if (!terminated(head_.profile, sizeof head_.profile) || !plain_name(head_.profile))
    refuse("its profile has no plain name");
}

void Index::check_sum() const {
  std::unique_ptr<XXH3_state_t, FreeHashState> const state(XXH3_createState());
  if (!state || XXH3_64bits_reset(state.get()) == XXH_ERROR) throw OutOfMemory("no memory for a checksum");
  in_windows(0, file_bytes_ - checksum_bytes, 1, [&](std::byte const* piece, std::uint64_t size) {
    XXH3_64bits_update(state.get(), piece, size);
  });
  if (XXH3_64bits_digest(state.get()) != at<std::uint64_t>(bytes_ + file_bytes_ - checksum_bytes))
    refuse("its checksum differs: it is damaged");
}

void Index::read_shards() {
  shards_.resize(head_.shards);
  if (!shards_.empty())
    std::memcpy(shards_.data(), bytes_ + sizeof(IndexHead), shards_.size() * sizeof(IndexShard));
  std::uint64_t first = 0;
  for (std::uint64_t i = 0; i < shards_.size(); ++i) {
    check_shard(i, shards_[i]);
    if (shards_[i].first != first || shards_[i].records > head_.records - first)
      refuse(fmt::format("the records of shard {} are not those that follow", i));
    first += shards_[i].records;
  }
  if (first != head_.records) refuse("its shards do not have all of its records");
}

void Index::check_shard(std::uint64_t number, IndexShard const& shard) const {
  if (!terminated(shard.name, sizeof shard.name) || !plain_name(shard.name))
    refuse(fmt::format("shard {} has no plain name", number));
  if (number > 0 && std::string_view(shards_[number - 1].name) >= shard.name)
    refuse(fmt::format("the names of shards {} and {} are not in order", number - 1, number));
  if (shard.bytes > largest_shard) refuse(fmt::format("the size of {} cannot be", shard.name));
}

/// "" when the record lies inside its shard and is what it can be.
std::string Index::fault_of(IndexRecord const& record, std::uint64_t shard) const {
  if (record.shard != shard) return "it is not of its shard";
  std::uint64_t const room = shards_[shard].bytes;
  if (record.length == 0) return "it has no bytes";
  if (record.length > room || record.offset > room - record.length)
    return fmt::format("{} bytes at {} reach past the {} of {}", record.length, record.offset, room,
                       shards_[shard].name);
  if (head_.format == ShardFormat::pack && record.offset % pack_alignment != 0) return "it is not aligned";
  if (record.kind > RecordKind::jpeg) return "its kind is not known";
  bool const picture = record.kind == RecordKind::jpeg;
  bool const sized = record.width >= 1 && record.width <= widest_picture && record.height >= 1 &&
                     record.height <= widest_picture;
  if (picture ? !sized : record.width != 0 || record.height != 0)
    return fmt::format("{} x {} pixels cannot be", record.width, record.height);
  return {};
}

void Index::check_records() const {
  std::uint64_t const from = sizeof(IndexHead) + head_.shards * sizeof(IndexShard);
  std::uint64_t number = 0, shard = 0, end = 0, sum = 0;
  in_windows(from, file_bytes_ - checksum_bytes, sizeof(IndexRecord),
             [&](std::byte const* piece, std::uint64_t size) {
               for (std::uint64_t i = 0; i < size; i += sizeof(IndexRecord), ++number) {
                 for (; number >= shards_[shard].first + shards_[shard].records; ++shard) end = 0;
                 auto const record = at<IndexRecord>(piece + i);
                 std::string why = fault_of(record, shard);
                 if (why.empty() && record.offset < end) why = "it begins inside the one before";
                 if (!why.empty()) refuse(fmt::format("record {}: {}", number, why));
                 end = record.offset + record.length;
                 sum += record.length;
               }
             });
  if (sum != head_.record_bytes) refuse("the sum of its records' bytes differs");
}

IndexRecord Index::record(std::uint64_t number) const {
  if (number >= head_.records) refuse(fmt::format("it has no record {}", number));
  std::uint64_t const from = sizeof(IndexHead) + head_.shards * sizeof(IndexShard);
  auto const record = at<IndexRecord>(bytes_ + from + number * sizeof(IndexRecord));
  if (record.shard >= shards_.size()) refuse(fmt::format("record {} is of no shard", number));
  if (std::string const why = fault_of(record, record.shard); !why.empty())
    refuse(fmt::format("record {}: {}", number, why));
  return record;
}

fs::path Index::path_of(std::uint64_t shard) const { return file_.parent_path() / shards_[shard].name; }

std::vector<std::string> Index::shard_faults() const {
  std::vector<std::string> faults;
  for (std::uint64_t i = 0; i < shards_.size(); ++i) {
    std::error_code error;
    auto const status = fs::status(path_of(i), error);
    if (status.type() == fs::file_type::not_found) {
      faults.push_back(fmt::format("{} is missing", shards_[i].name));
      continue;
    }
    auto const bytes = error ? 0 : fs::file_size(path_of(i), error);
    if (error) {
      faults.push_back(fmt::format("{} cannot be looked at: {}", shards_[i].name, error.message()));
    } else if (bytes != shards_[i].bytes) {
      faults.push_back(
          fmt::format("{} has {} bytes, {} are indexed", shards_[i].name, bytes, shards_[i].bytes));
    }
  }
  return faults;
}

}  // namespace muster::dataload
