#include "kernels/dataload/dataset/open.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <system_error>
#include <utility>

#include "kernels/dataload/dataset/index.hpp"

namespace muster::dataload {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t longest_picture = std::uint64_t{1} << 30;  // far more than a JPEG's header can say
constexpr std::uint64_t most_records = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t most_skipped = 1000;  // each is named

void require_shards(Index const& index, fs::path const& folder) {
  auto const faults = index.shard_faults();
  if (faults.empty()) return;
  std::string const more = faults.size() > 1 ? fmt::format(", and {} faults more", faults.size() - 1) : "";
  throw BadInput(
      fmt::format("the dataset '{}' is not whole ({}{}) muster dataset check lists all faults, muster "
                  "dataset make makes missing shards anew",
                  folder.string(), faults[0], more));
}

Record as_record(IndexRecord const& from) {
  Record record;
  record.file = from.shard;
  record.length = from.length;
  record.offset = from.offset;
  record.width = static_cast<int>(from.width);
  record.height = static_cast<int>(from.height);
  record.hash = from.hash;
  return record;
}

/// Numbers in the index of the records that are wanted: no list as long as they are its first ones.
class Selection {
 public:
  void add(std::uint64_t number) {
    if (numbers_.empty() && number != size_) {
      numbers_.resize(size_);
      std::iota(numbers_.begin(), numbers_.end(), 0u);
    }
    if (number != size_ || !numbers_.empty()) numbers_.push_back(static_cast<std::uint32_t>(number));
    ++size_;
  }
  std::size_t size() const { return size_; }
  std::uint64_t operator[](std::size_t i) const { return numbers_.empty() ? i : numbers_[i]; }

 private:
  std::size_t size_ = 0;
  std::vector<std::uint32_t> numbers_{};
};

class IndexedRecords final : public RecordView {
 public:
  IndexedRecords(std::shared_ptr<Index const> index, Selection selection, RecordTotals const& totals)
      : index_(std::move(index)), selection_(std::move(selection)), totals_(totals) {}

  std::size_t size() const override { return selection_.size(); }
  Record at(std::size_t number) const override { return as_record(index_->record(selection_[number])); }
  void each(std::function<void(Record const&)> const& use) const override {
    std::size_t next = 0;
    index_->each([&](std::uint64_t number, IndexRecord const& record) {
      if (next < size() && selection_[next] == number) {
        use(as_record(record));
        ++next;
      }
      return next < size();
    });
  }
  RecordTotals const& totals() const override { return totals_; }

 private:
  std::shared_ptr<Index const> index_;
  Selection selection_;
  RecordTotals totals_;
};

/// Goes through an index once, sample by sample: one of which a record is not wanted is left out as a whole.
class Choice {
 public:
  Choice(Wanted wanted, std::uint64_t most, std::uint64_t per_sample)
      : wanted_(wanted), most_(most), per_sample_(per_sample) {}

  /// False when no more are wanted.
  bool look_at(std::uint64_t number, IndexRecord const& record) {
    if (number % per_sample_ == 0) {
      if (selection_.size() + per_sample_ > most_) return false;
      sample_ = {};
      fits_ = true;
    }
    fits_ = fits_ && fits(number, record);
    sample_.add(as_record(record));
    last_shard_ = record.shard;
    if (number % per_sample_ + 1 < per_sample_ || !fits_) return true;
    keep(number + 1 - per_sample_);
    return true;
  }

  Selection selection_{};
  RecordTotals totals_{};
  std::vector<Skipped> skipped_{};
  std::uint64_t files_ = 0;  ///< that hold them all

 private:
  bool fits(std::uint64_t number, IndexRecord const& record) {
    if (wanted_ == Wanted::any) return true;
    if (record.kind != RecordKind::jpeg) return false;
    if (record.length <= longest_picture) return true;
    if (skipped_.size() == most_skipped)
      throw BadInput(fmt::format(
          "more than {} pictures are larger than 1 GiB; make the dataset of smaller ones", most_skipped));
    skipped_.push_back({fmt::format("record {}", number), "larger than 1 GiB"});
    return false;
  }

  void keep(std::uint64_t first) {
    for (std::uint64_t i = 0; i < per_sample_; ++i) selection_.add(first + i);
    totals_.bytes += sample_.bytes;
    totals_.pixels += sample_.pixels;
    totals_.longest = std::max(totals_.longest, sample_.longest);
    totals_.largest_picture = std::max(totals_.largest_picture, sample_.largest_picture);
    files_ = last_shard_ + 1;
  }

  Wanted wanted_;
  std::uint64_t most_, per_sample_;
  RecordTotals sample_{};
  bool fits_ = true;
  std::uint64_t last_shard_ = 0;
};

void refuse_nothing(RecordSet const& set, Wanted wanted) {
  if (wanted == Wanted::pictures && set.skipped.empty())
    throw Unsupported(fmt::format(
        "{} has no pictures; this case needs some, dataload/read, records and training take other records",
        set.origin));
  throw BadInput(fmt::format("{} has no record that can be used", set.origin));
}

}  // namespace

bool has_index(fs::path const& folder) {
  std::error_code not_there;
  return fs::exists(folder / index_name, not_there);
}

RecordSet records_from_dataset(fs::path const& folder, std::int64_t limit, Wanted wanted) {
  auto const index = std::make_shared<Index const>(folder / index_name);
  require_shards(*index, folder);
  RecordSet set;
  set.origin = fmt::format("{}, {} records", origin_of(index->head()), index->size());
  if (!index->complete()) {
    set.origin +=
        fmt::format(" (unfinished: {} of {} shards)", index->shards().size(), index->head().planned_shards);
  }
  if (index->size() > most_records)
    throw BadInput(fmt::format("{} are more than {}; make datasets of fewer", set.origin, most_records));
  std::uint64_t const most = limit > 0 ? static_cast<std::uint64_t>(limit) : index->size();
  if (most >= index->head().per_sample) set.per_sample = index->head().per_sample;
  Choice choice(wanted, most, set.per_sample);
  index->each(
      [&](std::uint64_t number, IndexRecord const& record) { return choice.look_at(number, record); });
  set.skipped = std::move(choice.skipped_);
  if (choice.selection_.size() == 0) refuse_nothing(set, wanted);
  for (std::uint64_t shard = 0; shard < choice.files_; ++shard) set.files.push_back(index->path_of(shard));
  set.records =
      Records(std::make_shared<IndexedRecords>(index, std::move(choice.selection_), choice.totals_));
  return set;
}

}  // namespace muster::dataload
