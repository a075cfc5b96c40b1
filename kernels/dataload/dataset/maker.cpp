#include "kernels/dataload/dataset/maker.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstring>
#include <memory>
#include <mutex>
#include <string_view>
#include <system_error>
#include <utility>

#include "kernels/dataload/dataset/index.hpp"
#include "kernels/dataload/dataset/index_writer.hpp"
#include "kernels/dataload/dataset/parallel.hpp"
#include "kernels/dataload/dataset/shard_check.hpp"

namespace muster::dataload {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view own_index_suffix = ".index";

/// Keeps a second process from the same folder; the system lets go of it when this one ends, however it ends.
class FolderLock {
 public:
  explicit FolderLock(fs::path const& folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) throw cannot_write(folder, error.value());
    descriptor_ = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor_ < 0) throw cannot_write(folder, errno);
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
    ::close(descriptor_);
    throw BadInput(fmt::format("another process makes a dataset in '{}' wait for its end", folder.string()));
  }
  FolderLock(FolderLock const&) = delete;
  FolderLock& operator=(FolderLock const&) = delete;
  ~FolderLock() { ::close(descriptor_); }

 private:
  int descriptor_ = -1;
};

class DatasetMaker {
 public:
  DatasetMaker(Content& content, DatasetRequest const& request)
      : content_(content),
        request_(request),
        head_(content.head()),
        lock_(request.folder),
        done_(head_.planned_shards, false) {}

  DatasetReport run() {
    look_around();
    require_space();
    try {
      make_shards();
    } catch (NotSaved const&) {
      finish();  // frees nothing and needs little: what the unfinished shards took is free again
      throw;
    }
    finish();
    report_.left_out = content_.left_out();
    return std::move(report_);
  }

 private:
  fs::path shard_path(std::uint64_t number) const {
    return request_.folder / shard_name(number, head_.format);
  }
  fs::path own_index(std::uint64_t number) const {
    return shard_path(number).string() + std::string(own_index_suffix);
  }

  /// Everything in the folder must be of this very dataset; what was left half done is removed.
  void look_around() {
    std::error_code error;
    for (auto const& entry : fs::directory_iterator(request_.folder, error)) {
      std::string const name = entry.path().filename().string();
      if (!is_dataset_file(name)) refuse(fmt::format("it holds other files: {}", name));
      if (name.ends_with(unfinished_suffix)) {
        remove(entry.path());
      } else if (name == index_name || name.ends_with(own_index_suffix)) {
        look_at_index(entry.path());
      }
    }
    if (error) throw cannot_write(request_.folder, error.value());
  }

  static void remove(fs::path const& file) {
    std::error_code error;
    fs::remove(file, error);
    if (error) throw cannot_write(file, error.value());
  }

  void look_at_index(fs::path const& file) {
    try {
      auto index = std::make_unique<Index>(file);
      if (index->head().identity != head_.identity)
        refuse(fmt::format("it holds '{}' of other parameters", origin_of(index->head())));
      if (file.filename() == index_name) before_ = std::move(index);
    } catch (BadIndex const&) {
      remove(file);  // damaged: its shards cannot be trusted and are made anew
    }
  }

  [[noreturn]] void refuse(std::string const& why) const {
    throw BadInput(fmt::format("'{}' cannot take this dataset ({}) give a new folder, or remove that one",
                               request_.folder.string(), why));
  }

  void require_space() const {
    std::uint64_t needed = 0;
    for (std::uint64_t i = 0; i < head_.planned_shards; ++i) {
      std::error_code not_there;
      if (!fs::exists(shard_path(i), not_there)) needed += content_.disk_bytes(i);
    }
    std::error_code error;
    auto const space = fs::space(request_.folder, error);
    if (error) throw cannot_write(request_.folder, error.value());
    if (space.available >= needed) return;
    throw NotSaved(
        fmt::format("the dataset does not fit in '{}' ({} MB needed, {} MB free) free some space, choose "
                    "another folder, or fewer records",
                    request_.folder.string(), needed / 1'000'000 + 1, space.available / 1'000'000));
  }

  void make_shards() {
    total_ = 0;
    for (std::uint64_t i = 0; i < head_.planned_shards; ++i) total_ += content_.shard(i).count;
    std::vector<std::unique_ptr<RecordSource>> sources(static_cast<std::size_t>(request_.threads));
    in_parallel(head_.planned_shards, request_.threads, [&](std::uint64_t number, int thread) {
      if (request_.stop()) return;
      auto& source = sources[static_cast<std::size_t>(thread)];
      if (!source) source = content_.source();
      bool const kept = is_kept(number);
      if (!kept && !make(number, *source)) return;
      std::lock_guard const lock(mutex_);
      done_[number] = true;
      report_.kept += kept;
    });
  }

  /// Whole and right already? Then it has an index of its own afterwards.
  bool is_kept(std::uint64_t number) {
    std::error_code not_there;
    if (!fs::exists(shard_path(number), not_there)) return false;
    if (fs::exists(own_index(number), not_there)) {
      Index const index(own_index(number));
      return index.shards().size() == 1 && index.shards()[0].name == shard_name(number, head_.format) &&
             is_right(number, index, 0);
    }
    if (!before_) return false;
    auto const& shards = before_->shards();
    for (std::uint64_t at = 0; at < shards.size(); ++at) {
      if (shards[at].name != shard_name(number, head_.format)) continue;
      if (!is_right(number, *before_, at)) return false;
      std::vector<IndexRecord> records;
      for (std::uint64_t i = 0; i < shards[at].records; ++i) {
        records.push_back(before_->record(shards[at].first + i));
      }
      write_own_index(number, shards[at].bytes, std::move(records));
      return true;
    }
    return false;
  }

  bool is_right(std::uint64_t number, Index const& index, std::uint64_t at) {
    std::uint64_t seen = 0;
    bool const fine = check_shard(index, at,
                                  [&] {
                                    ++seen;
                                    step(1, 0);
                                    return !request_.stop();
                                  })
                          .fine() &&
                      !request_.stop();
    std::uint64_t const whole = content_.shard(number).count;
    if (fine && seen < whole) step(whole - seen, 0);
    if (!fine) step(-seen, 0);
    return fine;
  }

  /// False when it was stopped.
  bool make(std::uint64_t number, RecordSource& source) {
    ShardWriter out(shard_path(number), head_.format);
    auto const range = content_.shard(number);
    for (std::uint64_t i = 0; i < range.count; ++i) {
      if (request_.stop()) return false;
      source.put(range.first + i, out);
      step(1, out.records().empty() ? 0 : out.records().back().length);
    }
    out.finish();
    write_own_index(number, out.bytes(), out.records());
    std::lock_guard const lock(mutex_);
    report_.made_records += out.records().size();
    return true;
  }

  void write_own_index(std::uint64_t number, std::uint64_t bytes, std::vector<IndexRecord> records) {
    IndexShard shard = entry(number, bytes, records.size());
    IndexHead head = head_;
    head.record_bytes = 0;
    for (auto& record : records) {
      record.shard = 0;
      head.record_bytes += record.length;
    }
    if (records.size() % head.per_sample != 0) throw std::logic_error("a shard cuts a sample");
    IndexWriter writer(own_index(number), head, {shard});
    writer.add(records);
    writer.finish();
  }

  IndexShard entry(std::uint64_t number, std::uint64_t bytes, std::uint64_t records) const {
    IndexShard shard;
    auto const name = shard_name(number, head_.format);
    std::memcpy(shard.name, name.c_str(), name.size() + 1);
    shard.bytes = bytes;
    shard.records = records;
    return shard;
  }

  /// Unsigned arithmetic: a shard that turns out wrong takes its steps back.
  void step(std::uint64_t records, std::uint64_t bytes) {
    std::lock_guard const lock(mutex_);
    done_records_ += records;
    written_ += bytes;
    request_.progress(
        static_cast<double>(done_records_) / static_cast<double>(total_),
        fmt::format("{} of {} records, {} MB written", done_records_, total_, written_ / 1'000'000));
  }

  /// The dataset's index from the shards' own, which then go.
  void finish() {
    std::vector<IndexShard> shards;
    IndexHead head = head_;
    for (std::uint64_t i = 0; i < done_.size(); ++i) {
      if (!done_[i]) continue;
      Index const own(own_index(i));
      IndexShard shard = own.shards().at(0);
      shard.first = report_.records;
      shards.push_back(shard);
      report_.records += shard.records;
      head.record_bytes += own.head().record_bytes;
    }
    IndexWriter writer(request_.folder / index_name, head, shards);
    std::uint32_t at = 0;
    for (std::uint64_t i = 0; i < done_.size(); ++i) {
      if (done_[i]) copy_records(i, at++, writer);
    }
    report_.index_bytes = writer.finish();
    report_.origin = origin_of(head);
    report_.shards = shards.size();
    report_.bytes = head.record_bytes;
    report_.complete = shards.size() == head.planned_shards;
    for (std::uint64_t i = 0; i < done_.size(); ++i) {
      std::error_code harmless;  // one that stays is known and removed by the next call
      if (done_[i]) fs::remove(own_index(i), harmless);
    }
  }

  void copy_records(std::uint64_t number, std::uint32_t shard, IndexWriter& writer) const {
    Index const own(own_index(number));
    std::vector<IndexRecord> records;
    records.reserve(own.size());
    for (std::uint64_t i = 0; i < own.size(); ++i) {
      records.push_back(own.record(i));
      records.back().shard = shard;
    }
    writer.add(records);
  }

  Content& content_;
  DatasetRequest const& request_;
  IndexHead head_;
  FolderLock lock_;
  std::unique_ptr<Index> before_{};  ///< that an earlier call left
  std::vector<bool> done_;
  std::mutex mutex_{};
  std::uint64_t total_ = 0, done_records_ = 0, written_ = 0;
  DatasetReport report_{};
};

}  // namespace

bool is_dataset_file(std::string const& file) {
  std::string_view name = file;
  if (name.ends_with(unfinished_suffix)) name.remove_suffix(std::strlen(unfinished_suffix));
  if (name == index_name) return true;
  if (name.ends_with(own_index_suffix)) name.remove_suffix(own_index_suffix.size());
  if (!name.starts_with("shard-") || name.size() < 12) return false;
  for (char const digit : name.substr(6, 6)) {
    if (std::isdigit(static_cast<unsigned char>(digit)) == 0) return false;
  }
  return name.substr(12) == ".tar" || name.substr(12) == ".pack";
}

DatasetReport make_dataset(Content& content, DatasetRequest const& request) {
  return DatasetMaker(content, request).run();
}

}  // namespace muster::dataload
