// A set of encoded pictures: where each one lies. Nothing is copied or packed; a record is a range of a file.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

struct XXH3_state_s;

namespace muster::dataload {

/// One encoded picture: bytes [offset, offset + length) of files[file].
struct Record {
  std::uint32_t file = 0;
  std::uint64_t length = 0;
  std::uint64_t offset = 0;
  int width = 0, height = 0;  ///< pixels, from its header
  std::uint64_t hash = 0;     ///< XXH3 (64 bits) of its bytes, taken when the index was made
  std::string name{};         ///< the file's name, or the member's name in a shard; a dataset's have none
};

/// Of all records of a set.
struct RecordTotals {
  std::uint64_t bytes = 0, pixels = 0;
  std::uint64_t longest = 0;          ///< bytes of the longest record
  std::uint64_t largest_picture = 0;  ///< pixels of the picture that has most
  void add(Record const& record);
};

/// Records that lie somewhere else and are looked up as they are wanted. Any thread may call any function.
class RecordView {
 public:
  virtual ~RecordView() = default;
  virtual std::size_t size() const = 0;
  virtual Record at(std::size_t number) const = 0;  ///< number < size(); throws BadInput
  virtual void each(std::function<void(Record const&)> const& use) const = 0;  ///< all, in order
  virtual RecordTotals const& totals() const = 0;
};

/// The records of a set: a list in memory (a folder's, the synthetic set's), or a view of a dataset's index,
/// whose memory does not grow with the dataset. Copies of a view share it.
class Records {
 public:
  Records() = default;
  Records(std::vector<Record> list) : list_(std::move(list)) {}
  explicit Records(std::shared_ptr<RecordView const> view) : view_(std::move(view)) {}

  std::size_t size() const { return view_ ? view_->size() : list_.size(); }
  bool empty() const { return size() == 0; }
  Record operator[](std::size_t number) const { return view_ ? view_->at(number) : list_[number]; }
  /// All in order: for whole passes, since a view then reads many entries at a time.
  void each(std::function<void(Record const&)> const& use) const;
  RecordTotals totals() const;
  void push_back(Record record) { list_.push_back(std::move(record)); }  ///< to a list

  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Record;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = Record;
    Iterator() = default;
    Iterator(Records const* records, std::size_t number) : records_(records), number_(number) {}
    Record operator*() const { return (*records_)[number_]; }
    Iterator& operator++() {
      ++number_;
      return *this;
    }
    Iterator operator++(int) { return {records_, number_++}; }
    bool operator==(Iterator const& other) const { return number_ == other.number_; }

   private:
    Records const* records_ = nullptr;
    std::size_t number_ = 0;
  };
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, size()}; }

 private:
  std::vector<Record> list_{};
  std::shared_ptr<RecordView const> view_{};
};

/// A file or shard member that was left out, and why.
struct Skipped {
  std::string name, why;
};

struct RecordSet {
  std::string origin;  ///< "synthetic, 2000 pictures", "dataset imagenet, ..." or the user's folder
  std::vector<std::filesystem::path> files{};
  Records records{};
  std::vector<Skipped> skipped{};
  std::uint32_t per_sample = 1;  ///< records that belong together, one after the other

  std::uint64_t samples() const { return records.size() / per_sample; }
  std::uint64_t bytes() const { return records.totals().bytes; }
  std::uint64_t pixels() const { return records.totals().pixels; }
  std::uint64_t longest() const { return records.totals().longest; }  ///< bytes; 0 when empty
};

std::uint64_t hash_of(std::span<std::byte const> bytes);

/// hash_of() of bytes that come in pieces.
class RunningHash {
 public:
  RunningHash();  ///< throws OutOfMemory
  void add(std::span<std::byte const> bytes);
  std::uint64_t value() const;
  void start_again();

 private:
  struct Free {
    void operator()(XXH3_state_s* state) const;
  };
  std::unique_ptr<XXH3_state_s, Free> state_;
};

/// "skipped 2 of 40 files: a.jpg (truncated), b.txt (not a JPEG)", at most five named, then "and N more"; ""
/// for none.
std::string describe_skipped(RecordSet const& set);

/// A record for messages: "n0123.jpg (shard-0003.tar, offset 1536)".
std::string describe(RecordSet const& set, Record const& record);

/// For Instance::facts(): which data a case ran on.
std::vector<std::pair<std::string, std::string>> facts_of(RecordSet const& set);

/// Reads one record with plain buffered reads. Throws DeviceError naming file and offset.
std::vector<std::byte> read_plainly(RecordSet const& set, Record const& record);

}  // namespace muster::dataload
