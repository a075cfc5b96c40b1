#include "kernels/train_step/checkpoint_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

#include "kernels/contract/error.hpp"
#include "kernels/dataload/memory.hpp"
#include "kernels/dataload/records.hpp"

namespace muster::train {
namespace {

namespace fs = std::filesystem;

std::uint64_t padded(std::uint64_t bytes) {
  return (bytes + CheckpointFiles::block - 1) / CheckpointFiles::block * CheckpointFiles::block;
}

char const* remedy(int reason) {
  switch (reason) {
    case ENOSPC:
      return "free some space, or give a cache folder on a larger disk with --cache";
    case EDQUOT:
      return "free some of your quota, or give another cache folder with --cache";
    case EFBIG:
      return "raise the limit on file sizes (ulimit -f)";
    case EIO:
      return "check the disk (dmesg)";
    default:
      return "make the folder writable, or give another cache folder with --cache";
  }
}

/// What the disk itself does is the device's fault; the rest the user can change.
[[noreturn]] void cannot_write(fs::path const& file, int reason) {
  auto const text = fmt::format("the checkpoint '{}' cannot be written ({}) {}", file.string(),
                                std::strerror(reason), remedy(reason));
  if (reason == EIO) throw DeviceError(text);
  throw BadInput(text);
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor const&) = delete;
  Descriptor& operator=(Descriptor const&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }

 private:
  int number_;
};

std::string footer_of(CheckpointHead const& head, std::uint64_t hash) {
  return fmt::format("muster checkpoint 1\nstep {}\nrank {}\nbytes {} to {}\nxxh3 {:016x}\n", head.step,
                     head.rank, head.begin, head.end, hash);
}

void flush_folder(fs::path const& folder, fs::path const& file) {
  Descriptor const opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  bool const failed =
      opened.number() < 0 || (::fsync(opened.number()) != 0 && errno != EINVAL && errno != EROFS);
  if (failed) cannot_write(file, errno);
}

/// Reads [at, at + size) of a file, both multiples of a block, or up to its end.
std::uint64_t read_blocks(Descriptor const& file, std::byte* into, std::uint64_t size, std::uint64_t at,
                          fs::path const& path) {
  std::uint64_t done = 0;
  while (done < size) {
    auto const got = ::pread(file.number(), into + done, size - done, static_cast<off_t>(at + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      throw DeviceError(fmt::format("the checkpoint '{}' cannot be read back ({}) check the disk (dmesg)",
                                    path.string(), std::strerror(errno)));
    if (got == 0) break;
    done += static_cast<std::uint64_t>(got);
  }
  return done;
}

/// A footer's text; "(no text)" where it is none.
std::string text_in(std::span<std::byte const> bytes) {
  std::string text(reinterpret_cast<char const*>(bytes.data()), bytes.size());
  text.resize(text.find_last_not_of('\0') + 1);
  bool const plain = std::ranges::all_of(text, [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); });
  return plain ? text : "(no text)";
}

Descriptor open_to_read(fs::path const& path, bool direct) {
  int const number = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | (direct ? O_DIRECT : 0));
  if (number < 0)
    throw DeviceError(fmt::format("the checkpoint '{}' cannot be opened ({}) check who removes files there",
                                  path.string(), std::strerror(errno)));
  return Descriptor(number);
}

}  // namespace

int FileLayer::create(fs::path const& path, bool direct) {
  int const flags = O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | (direct ? O_DIRECT : 0);
  int const descriptor = ::open(path.c_str(), flags, 0600);
  return descriptor < 0 ? -errno : descriptor;
}

/// Space that is missing is told before anything is written; filesystems that have no such call say nothing.
int FileLayer::reserve(int descriptor, std::uint64_t bytes) {
  if (::fallocate(descriptor, 0, 0, static_cast<off_t>(bytes)) == 0) return 0;
  return errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL ? 0 : -errno;
}

std::int64_t FileLayer::write(int descriptor, std::span<std::byte const> bytes, std::uint64_t at) {
  auto const written = ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(at));
  return written < 0 ? -errno : written;
}

int FileLayer::flush(int descriptor) { return ::fdatasync(descriptor) == 0 ? 0 : -errno; }

int FileLayer::rename(fs::path const& from, fs::path const& to) {
  return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : -errno;
}

std::uint64_t FileLayer::free_bytes(fs::path const& folder) {
  std::error_code error;
  auto const space = fs::space(folder, error);
  if (error) cannot_write(folder, error.value());
  return space.available;
}

dataload::Storage FileLayer::storage_under(fs::path const& folder) { return dataload::storage_under(folder); }

std::uint64_t CheckpointFiles::file_bytes(std::uint64_t bytes) { return padded(bytes) + block; }

CheckpointFiles::CheckpointFiles(fs::path folder, int rank, FileLayer& layer)
    : folder_(std::move(folder)),
      layer_(layer),
      names_{folder_ / fmt::format("rank-{}-a", rank), folder_ / fmt::format("rank-{}-b", rank)},
      unfinished_(folder_ / fmt::format("rank-{}.part", rank)) {
  try {
    make_folder();
    try_folder();
  } catch (CaseError const&) {
    remove_all();
    throw;
  }
}

void CheckpointFiles::make_folder() {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) cannot_write(folder_, error.value());
  auto const storage = layer_.storage_under(folder_);
  if (storage.in_memory())
    throw Unsupported(fmt::format(
        "'{}' lies in RAM ({}), which is no storage: give a cache folder on a disk with --cache (or "
        "MUSTER_CACHE)",
        folder_.string(), storage.filesystem));
  hold_folder();
}

/// Where a filesystem has no locks, leftovers stay.
void CheckpointFiles::hold_folder() {
  held_ = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (held_ >= 0) ::flock(held_, LOCK_SH | LOCK_NB);
}

CheckpointFiles::~CheckpointFiles() { remove_all(); }

/// What cannot be removed is left to the next run, which looks for leftovers.
void CheckpointFiles::remove_all() {
  std::error_code ignored;
  for (auto const& name : names_) fs::remove(name, ignored);
  fs::remove(unfinished_, ignored);
  if (fs::is_directory(folder_, ignored)) fs::remove(folder_, ignored);  // the last rank's succeeds
  if (held_ >= 0) ::close(held_);
}

/// Some filesystems refuse direct writes at open, others (overlays) only at the first write.
void CheckpointFiles::try_folder() {
  auto const memory = dataload::allocate_pages(block);
  for (bool const direct : {true, false}) {
    Descriptor const file(layer_.create(unfinished_, direct));
    std::int64_t const result =
        file.number() < 0 ? file.number() : layer_.write(file.number(), {memory.get(), block}, 0);
    ::unlink(unfinished_.c_str());
    direct_ = direct;
    if (result >= 0) return;
    auto const reason = static_cast<int>(-result);
    if (!direct || (reason != EINVAL && reason != EOPNOTSUPP)) cannot_write(unfinished_, reason);
    note_ = fmt::format(
        "direct writes to '{}' are refused ({}): checkpoints go through the page cache, and are "
        "flushed",
        folder_.string(), std::strerror(reason));
  }
}

void CheckpointFiles::require_space(std::uint64_t bytes, std::uint64_t files) const {
  auto const need = file_bytes(bytes) * files, have = layer_.free_bytes(folder_);
  if (have >= need) return;
  throw BadInput(fmt::format(
      "checkpoints do not fit in '{}' ({} files of {} MB need {} MB, {} MB are free) free some "
      "space, give a cache folder on a larger disk with --cache, or shrink the model",
      folder_.string(), files, file_bytes(bytes) / 1'000'000 + 1, need / 1'000'000 + 1, have / 1'000'000));
}

void CheckpointFiles::write(CheckpointHead const& head, std::span<std::byte> memory) {
  auto const& name = names_[1 - newest_];
  try {
    write_unfinished(head, memory.first(file_bytes(head.bytes())));
    if (int const result = layer_.rename(unfinished_, name); result < 0) cannot_write(name, -result);
  } catch (CaseError const&) {
    ::unlink(unfinished_.c_str());
    throw;
  }
  flush_folder(folder_, name);
  newest_ = 1 - newest_;
  head_ = head;
}

/// Hashed piece by piece just before it is written, while it is in the cache.
void CheckpointFiles::write_unfinished(CheckpointHead const& head, std::span<std::byte> memory) {
  Descriptor const file(layer_.create(unfinished_, direct_));
  if (file.number() < 0) cannot_write(unfinished_, -file.number());
  if (int const result = layer_.reserve(file.number(), memory.size()); result < 0)
    cannot_write(unfinished_, -result);
  dataload::RunningHash hash;
  std::uint64_t const contents = head.bytes();
  std::memset(memory.data() + contents, 0, memory.size() - contents);
  for (std::uint64_t at = 0, hashed = 0; at < memory.size();) {
    auto const until = std::min<std::uint64_t>(at + piece, memory.size());
    if (auto const end = std::min(until, contents); end > hashed) {
      hash.add(memory.subspan(hashed, end - hashed));
      hashed = end;
    }
    if (until == memory.size()) {
      auto const footer = footer_of(head, hash.value());
      std::memcpy(memory.data() + memory.size() - block, footer.data(), footer.size());
    }
    auto const written = layer_.write(file.number(), memory.subspan(at, until - at), at);
    if (written == -EINTR) continue;
    if (written < 0) cannot_write(unfinished_, static_cast<int>(-written));
    // After a short write a direct one goes on from a whole block.
    auto const done = static_cast<std::uint64_t>(written) / (direct_ ? block : 1) * (direct_ ? block : 1);
    if (done == 0) cannot_write(unfinished_, EIO);
    at += done;
  }
  if (int const result = layer_.flush(file.number()); result < 0) cannot_write(unfinished_, -result);
  // Or it would be read back from memory.
  if (!direct_) ::posix_fadvise(file.number(), 0, 0, POSIX_FADV_DONTNEED);
}

std::string CheckpointFiles::fault(CheckpointHead const& expected) const {
  auto const file = open_to_read(newest(), direct_);
  auto const contents = expected.bytes(), size = file_bytes(contents);
  auto const memory = dataload::allocate_pages(piece);
  dataload::RunningHash hash;
  std::string footer;
  for (std::uint64_t at = 0; at < size; at += piece) {
    auto const wanted = std::min(piece, size - at);
    auto const got = read_blocks(file, memory.get(), wanted, at, newest());
    if (got < wanted)
      return fmt::format("'{}' is cut short: {} of {} bytes", newest().string(), at + got, size);
    if (at < contents) hash.add({memory.get(), std::min(wanted, contents - at)});
    if (at + wanted == size) footer = text_in({memory.get() + wanted - block, block});
  }
  auto const right = footer_of(expected, hash.value());
  if (footer == right) return {};
  return fmt::format("'{}' is not what was written: its footer says \"{}\", its bytes say \"{}\"",
                     newest().string(), footer, right);
}

void CheckpointFiles::read(std::uint64_t at, std::span<std::byte> into) const {
  auto const begin = (at - head_.begin) / block * block, end = padded(at - head_.begin + into.size());
  auto const memory = dataload::allocate_pages(end - begin);
  auto const got = read_blocks(open_to_read(newest(), direct_), memory.get(), end - begin, begin, newest());
  if (got < at - head_.begin - begin + into.size())
    throw DeviceError(fmt::format("the checkpoint '{}' is cut short (it ends {} bytes in) check the disk",
                                  newest().string(), begin + got));
  std::memcpy(into.data(), memory.get() + (at - head_.begin - begin), into.size());
}

void remove_leftovers(fs::path const& cache, std::string const& name) {
  std::error_code error;
  auto const old = fs::file_time_type::clock::now() - std::chrono::minutes(10);  // not one just being made
  for (auto entry = fs::directory_iterator(cache, error); !error && entry != fs::directory_iterator{};
       entry.increment(error)) {
    std::error_code gone;
    bool const named = entry->path().filename().string().starts_with(name);
    if (!named || entry->last_write_time(gone) > old || gone) continue;
    Descriptor const folder(::open(entry->path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    bool const used = folder.number() < 0 || ::flock(folder.number(), LOCK_EX | LOCK_NB) != 0;
    if (!used) fs::remove_all(entry->path(), gone);
  }
}

std::string CheckpointFiles::place() const { return dataload::describe(layer_.storage_under(folder_)); }

}  // namespace muster::train
