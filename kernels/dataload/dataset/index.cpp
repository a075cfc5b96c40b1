#include "kernels/dataload/dataset/index.hpp"

#include <fcntl.h>
#include <fmt/format.h>
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

Index::Descriptor::~Descriptor() {
  if (number >= 0) ::close(number);
}

Index::Index(fs::path const& file)
    : file_(file),
      descriptor_(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {  // a pipe would wait
  if (descriptor_.number < 0) {
    throw BadInput(
        fmt::format("cannot open the index '{}' ({}) give the folder of a dataset, or make one: "
                    "muster dataset make",
                    file.string(), std::strerror(errno)));
  }
  struct stat status {};
  if (::fstat(descriptor_.number, &status) != 0 || !S_ISREG(status.st_mode)) refuse("it is no regular file");
  file_bytes_ = static_cast<std::uint64_t>(status.st_size);
  if (file_bytes_ == 0) refuse("it is empty");
  read_head();
  check_sum();
  read_shards();
  check_records();
}

Index::~Index() = default;

void Index::refuse(std::string const& why) const {
  throw BadIndex(
      fmt::format("the index '{}' is refused ({}) remove it and make the dataset anew", file_.string(), why));
}

void Index::read_at(std::uint64_t offset, void* into, std::size_t size) const {
  std::size_t done = 0;
  while (done < size) {
    auto const got = ::pread(descriptor_.number, static_cast<char*>(into) + done, size - done,
                             static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      refuse(fmt::format("it cannot be read at offset {}: {}", offset + done, std::strerror(errno)));
    if (got == 0)
      refuse(fmt::format("it was cut while it was in use: it ends before byte {}", offset + size));
    done += static_cast<std::size_t>(got);
  }
}

template <class T>
T Index::value_at(std::uint64_t offset) const {
  T value;
  read_at(offset, &value, sizeof value);
  return value;
}

template <class Use>
void Index::in_windows(std::uint64_t from, std::uint64_t to, std::size_t unit, Use&& use) const {
  constexpr std::size_t window = std::size_t{1} << 20;
  std::vector<std::byte> bytes(window / unit * unit);
  for (std::uint64_t at = from; at < to; at += bytes.size()) {
    auto const size = static_cast<std::size_t>(std::min<std::uint64_t>(to - at, bytes.size()));
    read_at(at, bytes.data(), size);
    if (!use(bytes.data(), size)) return;
  }
}

void Index::read_head() {
  if (file_bytes_ < sizeof(IndexHead) + checksum_bytes)
    refuse(fmt::format("it has {} bytes, fewer than a head", file_bytes_));
  head_ = value_at<IndexHead>(0);
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
    return XXH3_64bits_update(state.get(), piece, size) == XXH_OK;
  });
  if (XXH3_64bits_digest(state.get()) != value_at<std::uint64_t>(file_bytes_ - checksum_bytes))
    refuse("its checksum differs: it is damaged");
}

void Index::read_shards() {
  shards_.resize(head_.shards);
  read_at(sizeof(IndexHead), shards_.data(), shards_.size() * sizeof(IndexShard));
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
  std::uint64_t shard = 0, end = 0, sum = 0;
  in_records([&](std::uint64_t number, IndexRecord const& record) {
    for (; number >= shards_[shard].first + shards_[shard].records; ++shard) end = 0;
    std::string why = fault_of(record, shard);
    if (why.empty() && record.offset < end) why = "it begins inside the one before";
    if (!why.empty()) refuse(fmt::format("record {}: {}", number, why));
    end = record.offset + record.length;
    sum += record.length;
    return true;
  });
  if (sum != head_.record_bytes) refuse("the sum of its records' bytes differs");
}

template <class Use>
void Index::in_records(Use&& use) const {
  std::uint64_t number = 0;
  auto const in_piece = [&](std::byte const* piece, std::size_t size) {
    for (std::size_t at = 0; at < size; at += sizeof(IndexRecord)) {
      IndexRecord record;
      std::memcpy(&record, piece + at, sizeof record);
      if (!use(number++, record)) return false;
    }
    return true;
  };
  in_windows(records_begin(), file_bytes_ - checksum_bytes, sizeof(IndexRecord), in_piece);
}

void Index::require_sound(std::uint64_t number, IndexRecord const& record) const {
  if (record.shard >= shards_.size()) refuse(fmt::format("record {} is of no shard", number));
  if (std::string const why = fault_of(record, record.shard); !why.empty())
    refuse(fmt::format("record {}: {}", number, why));
}

IndexRecord Index::record(std::uint64_t number) const {
  if (number >= head_.records) refuse(fmt::format("it has no record {}", number));
  auto const record = value_at<IndexRecord>(records_begin() + number * sizeof(IndexRecord));
  require_sound(number, record);
  return record;
}

void Index::each(std::function<bool(std::uint64_t, IndexRecord const&)> const& use) const {
  in_records([&](std::uint64_t number, IndexRecord const& record) {
    require_sound(number, record);
    return use(number, record);
  });
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
