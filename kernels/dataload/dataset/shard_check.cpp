#include "kernels/dataload/dataset/shard_check.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "kernels/dataload/tar.hpp"

namespace muster::dataload {
namespace {

class ShardReader {
 public:
  ShardReader(Index const& index, std::uint64_t shard)
      : index_(index),
        shard_(index.shards()[shard]),
        path_(index.path_of(shard)),
        buffer_(std::size_t{1} << 20),
        state_(XXH3_createState()) {
    if (!state_) throw OutOfMemory("no memory for a checksum");
    descriptor_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe would wait
    open_error_ = descriptor_ < 0 ? errno : 0;
  }
  ShardReader(ShardReader const&) = delete;
  ShardReader& operator=(ShardReader const&) = delete;
  ~ShardReader() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  ShardFindings run(std::function<bool()> const& each) {
    if (!look()) return std::move(found_);
    for (std::uint64_t i = 0; i < shard_.records; ++i) {
      check(shard_.first + i);
      if (!each()) return std::move(found_);
    }
    if (index_.head().format == ShardFormat::tar) check_members();
    return std::move(found_);
  }

 private:
  bool look() {
    if (open_error_ == ENOENT)
      found_.wrong.push_back(fmt::format("{} is missing", shard_.name));
    else if (open_error_ != 0)
      unreadable(open_error_);
    if (open_error_ != 0) return false;
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) {
      unreadable(errno);
      return false;
    }
    if (!S_ISREG(status.st_mode)) {
      found_.wrong.push_back(fmt::format("{} is no regular file", shard_.name));
      return false;
    }
    auto const bytes = static_cast<std::uint64_t>(status.st_size);
    if (bytes != shard_.bytes)
      found_.wrong.push_back(
          fmt::format("{} has {} bytes, {} are indexed", shard_.name, bytes, shard_.bytes));
    return true;
  }

  void unreadable(int reason) {
    found_.unreadable.push_back(fmt::format("{}: {}", shard_.name, std::strerror(reason)));
  }

  void check(std::uint64_t number) {
    auto const record = index_.record(number);
    auto const where = fmt::format("record {} ({}, offset {})", number, shard_.name, record.offset);
    XXH3_64bits_reset(state_.get());
    std::uint64_t done = 0;
    while (done < record.length) {
      auto const wanted = std::min<std::uint64_t>(buffer_.size(), record.length - done);
      auto const got = ::pread(descriptor_, buffer_.data(), wanted, static_cast<off_t>(record.offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) {
        found_.unreadable.push_back(fmt::format("{}: {}", where, std::strerror(errno)));
        return;
      }
      if (got == 0) {
        found_.wrong.push_back(fmt::format("{}: the shard ends inside it", where));
        return;
      }
      XXH3_64bits_update(state_.get(), buffer_.data(), static_cast<std::size_t>(got));
      done += static_cast<std::uint64_t>(got);
    }
    if (XXH3_64bits_digest(state_.get()) != record.hash)
      found_.wrong.push_back(fmt::format("{}: its bytes have another hash", where));
  }

  /// Any tar must find the records where the index has them.
  void check_members() {
    auto const listing = list_tar(path_);
    if (!listing.fault.empty()) found_.wrong.push_back(fmt::format("{}: {}", shard_.name, listing.fault));
    bool same = listing.members.size() == shard_.records;
    for (std::uint64_t i = 0; same && i < shard_.records; ++i) {
      auto const record = index_.record(shard_.first + i);
      same = listing.members[i].offset == record.offset && listing.members[i].size == record.length;
    }
    if (!same && listing.fault.empty())
      found_.wrong.push_back(fmt::format("{}: its members are not the records", shard_.name));
  }

  struct FreeState {
    void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
  };
  Index const& index_;
  IndexShard const& shard_;
  std::filesystem::path path_;
  std::vector<std::byte> buffer_;
  std::unique_ptr<XXH3_state_t, FreeState> state_;
  int descriptor_ = -1, open_error_ = 0;
  ShardFindings found_{};
};

}  // namespace

ShardFindings check_shard(Index const& index, std::uint64_t shard, std::function<bool()> const& each) {
  return ShardReader(index, shard).run(each);
}

}  // namespace muster::dataload
