#include "kernels/dataload/dataset/import.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <system_error>
#include <utility>

#include "kernels/dataload/folder.hpp"
#include "kernels/dataload/jpeg.hpp"
#include "kernels/dataload/records.hpp"

namespace muster::dataload {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t largest_encoded = std::uint64_t{1} << 30;  // a picture is decoded from memory

struct SourceFile {
  std::string path{};  ///< relative to the source
  std::uint64_t bytes = 0;
  std::int64_t changed = 0;
};

std::vector<SourceFile> list_source(fs::path const& source) {
  std::vector<SourceFile> files;
  for (auto const& path : files_under(source)) {
    std::error_code vanished;  // found out again, and named, when it is read
    auto const bytes = fs::file_size(path, vanished);
    auto const time = fs::last_write_time(path, vanished);
    files.push_back({path.lexically_relative(source).generic_string(), vanished ? 0 : bytes,
                     vanished ? 0 : static_cast<std::int64_t>(time.time_since_epoch().count())});
  }
  return files;
}

bool lies_inside(fs::path const& inner, fs::path const& outer) {
  std::error_code error;
  auto const from = fs::weakly_canonical(outer, error);
  auto const relative = fs::weakly_canonical(inner, error).lexically_relative(from);
  return !relative.empty() && *relative.begin() != "..";
}

/// What was left out of one import, from all threads.
class LeftOut {
 public:
  void add(std::string const& name, std::string const& why) {
    std::lock_guard const lock(mutex_);
    list_.push_back(fmt::format("{} ({})", name, why));
  }
  std::vector<std::string> sorted() const {
    std::lock_guard const lock(mutex_);
    auto list = list_;
    std::ranges::sort(list);
    return list;
  }

 private:
  mutable std::mutex mutex_{};
  std::vector<std::string> list_{};
};

class OpenFile {
 public:
  explicit OpenFile(fs::path const& path) : number_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  OpenFile(OpenFile const&) = delete;
  OpenFile& operator=(OpenFile const&) = delete;
  ~OpenFile() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }

 private:
  int number_;
};

class FileSource : public RecordSource {
 public:
  FileSource(fs::path const& root, std::vector<SourceFile> const& files, LeftOut& left_out)
      : root_(root), files_(files), left_out_(left_out) {}

  void put(std::uint64_t number, ShardWriter& out) override {
    auto const& file = files_[number];
    OpenFile const open(root_ / file.path);
    struct stat status {};
    if (open.number() < 0 || ::fstat(open.number(), &status) != 0)
      return left_out_.add(file.path, std::strerror(errno));
    auto const bytes = static_cast<std::uint64_t>(status.st_size);
    if (bytes == 0) return left_out_.add(file.path, "empty");
    if (names_jpeg(file.path)) return put_picture(file, open, bytes, out);
    put_bytes(file, open, bytes, out);
  }

 private:
  void put_picture(SourceFile const& file, OpenFile const& open, std::uint64_t bytes, ShardWriter& out) {
    if (bytes > largest_encoded) return left_out_.add(file.path, "larger than 1 GiB");
    buffer_.resize(bytes);
    if (std::string const why = read(open, buffer_, 0); !why.empty()) return left_out_.add(file.path, why);
    JpegHeader header;
    if (std::string const why = fault_of(buffer_, decoder_, scratch_, header); !why.empty())
      return left_out_.add(file.path, why);
    out.begin({file.path, bytes, RecordKind::jpeg, static_cast<std::uint32_t>(header.width),
               static_cast<std::uint32_t>(header.height)});
    out.write(buffer_);
    out.end();
  }

  /// Its header is written before all of it has been read: a file that cannot be read to its end ends the
  /// import.
  void put_bytes(SourceFile const& file, OpenFile const& open, std::uint64_t bytes, ShardWriter& out) {
    constexpr std::uint64_t piece = std::uint64_t{1} << 20;
    for (std::uint64_t done = 0; done < bytes; done += buffer_.size()) {
      buffer_.resize(std::min(piece, bytes - done));
      std::string const why = read(open, buffer_, done);
      if (!why.empty() && done == 0) return left_out_.add(file.path, why);
      if (!why.empty())
        throw DeviceError(
            fmt::format("cannot import '{}' to its end ({}) remove or mend it, then import again",
                        (root_ / file.path).string(), why));
      if (done == 0) out.begin({file.path, bytes, RecordKind::binary, 0, 0});
      out.write(buffer_);
    }
    out.end();
  }

  /// Fills `into` from this place of the file; "" or why not.
  static std::string read(OpenFile const& open, std::span<std::byte> into, std::uint64_t at) {
    for (std::size_t done = 0; done < into.size();) {
      auto const got =
          ::pread(open.number(), into.data() + done, into.size() - done, static_cast<off_t>(at + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return std::strerror(errno);
      if (got == 0) return "it became shorter meanwhile";
      done += static_cast<std::size_t>(got);
    }
    return {};
  }

  fs::path const& root_;
  std::vector<SourceFile> const& files_;
  LeftOut& left_out_;
  std::vector<std::byte> buffer_{};
  JpegDecoder decoder_{};
  ImageBuffer scratch_{};
};

class ImportContent : public Content {
 public:
  explicit ImportContent(DatasetRequest const& request)
      : root_(request.source), format_(request.pack ? ShardFormat::pack : ShardFormat::tar) {
    if (lies_inside(request.folder, request.source)) {
      throw BadInput(
          fmt::format("'{}' lies inside the folder to import, '{}' (it would be imported too) give "
                      "another folder",
                      request.folder.string(), root_.string()));
    }
    files_ = list_source(root_);
    if (files_.empty())
      throw BadInput(
          fmt::format("'{}' has no files (hidden ones do not count) give a folder "
                      "with pictures or other files",
                      root_.string()));
    cut(request.shard_bytes);
    check_shard_count(shards_.size());
  }

  IndexHead head() const override {
    IndexHead head;
    set_profile(head, "import");
    head.planned_shards = shards_.size();
    head.format = format_;
    head.identity = identity();
    return head;
  }
  RecordRange shard(std::uint64_t number) const override { return shards_[number].range; }
  std::uint64_t disk_bytes(std::uint64_t number) const override { return shards_[number].bytes; }
  std::unique_ptr<RecordSource> source() override {
    return std::make_unique<FileSource>(root_, files_, left_out_);
  }
  std::vector<std::string> left_out() const override { return left_out_.sorted(); }

 private:
  struct Shard {
    RecordRange range{};
    std::uint64_t bytes = 0;
  };

  /// Of names, sizes and times of all files: what changed one of them makes it another dataset.
  std::uint64_t identity() const {
    auto const with = [](std::uint64_t so_far, std::string const& text) {
      std::string const all = fmt::format("{} {}", so_far, text);
      return hash_of(std::as_bytes(std::span(all)));
    };
    std::uint64_t sum =
        with(1, fmt::format("import {} {}", static_cast<std::uint32_t>(format_), shards_.size()));
    for (auto const& file : files_)
      sum = with(sum, fmt::format("{} {} {}", file.bytes, file.changed, file.path));
    return sum;
  }

  /// A shard ends before the file with which it would pass the size that was asked for.
  void cut(std::uint64_t shard_bytes) {
    std::uint64_t const around = format_ == ShardFormat::tar ? 1024 : pack_alignment;
    for (std::uint64_t i = 0; i < files_.size(); ++i) {
      std::uint64_t const bytes = files_[i].bytes + around + sizeof(IndexRecord);
      if (shards_.empty() || shards_.back().bytes + bytes > shard_bytes) shards_.push_back({{i, 0}, 4096});
      shards_.back().bytes += bytes;
      ++shards_.back().range.count;
    }
  }

  fs::path root_;
  ShardFormat format_;
  std::vector<SourceFile> files_{};
  std::vector<Shard> shards_{};
  LeftOut left_out_{};
};

}  // namespace

std::unique_ptr<Content> import_content(DatasetRequest const& request) {
  return std::make_unique<ImportContent>(request);
}

}  // namespace muster::dataload
