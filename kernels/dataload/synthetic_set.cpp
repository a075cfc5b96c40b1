#include "kernels/dataload/synthetic_set.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "kernels/contract/error.hpp"
#include "kernels/dataload/tar.hpp"

namespace muster::dataload {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t pictures_per_shard = 500;
constexpr char const* index_name = "index.txt";
constexpr char const* temporary_mark = ".making-";

std::string index_text(RecordSet const& set) {
  std::string text =
      fmt::format("muster-pictures {}\n{} {}\n", generator_version, set.files.size(), set.records.size());
  for (auto const& file : set.files) text += file.filename().string() + "\n";
  for (auto const& r : set.records) {
    text +=
        fmt::format("{} {} {} {} {} {} {}\n", r.file, r.offset, r.length, r.width, r.height, r.hash, r.name);
  }
  return text + fmt::format("end {}\n", hash_of(std::as_bytes(std::span(text))));
}

/// The text before its last line, if that line holds the hash of what comes before.
std::optional<std::string> checked_index(fs::path const& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(in), {});
  auto const end = text.rfind("end ");
  if (!in || end == std::string::npos) return std::nullopt;
  std::string const body = text.substr(0, end);
  if (text.substr(end) != fmt::format("end {}\n", hash_of(std::as_bytes(std::span(body)))))
    return std::nullopt;
  return body;
}

RecordSet parse_index(std::string const& body, fs::path const& folder) {
  std::istringstream in(body);
  std::string word;
  std::size_t files = 0, records = 0;
  in >> word >> word >> files >> records;
  RecordSet set;
  set.origin = fmt::format("synthetic, {} pictures", records);
  set.files.resize(files);
  for (auto& file : set.files) {
    in >> word;
    file = folder / word;
  }
  std::vector<Record> list(records);
  for (auto& r : list) in >> r.file >> r.offset >> r.length >> r.width >> r.height >> r.hash >> r.name;
  set.records = std::move(list);
  return set;
}

bool shards_are_whole(RecordSet const& set) {
  std::vector<std::uint64_t> sizes;
  for (auto const& file : set.files) {
    std::error_code error;
    auto const size = fs::file_size(file, error);
    sizes.push_back(error ? 0 : size);
  }
  return std::ranges::all_of(set.records, [&](Record const& r) {
    return r.file < sizes.size() && r.offset + r.length <= sizes[r.file];
  });
}

/// A folder that is gone again unless it has been renamed.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(fs::path const& target)
      : path_(target.string() + temporary_mark +
              fmt::format("{}-{:08x}", ::getpid(), std::random_device{}())) {
    fs::create_directories(path_);
  }
  TemporaryFolder(TemporaryFolder const&) = delete;
  TemporaryFolder& operator=(TemporaryFolder const&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;  // a leftover is cleared away by a later run
    fs::remove_all(path_, ignored);
  }
  fs::path const& path() const { return path_; }

 private:
  fs::path path_;
};

/// Those of runs that were killed: untouched for an hour.
void clear_leftovers(fs::path const& cache) {
  std::error_code error;
  auto const old = fs::file_time_type::clock::now() - std::chrono::hours(1);
  for (auto const& entry : fs::directory_iterator(cache, error)) {
    std::error_code gone;
    bool const temporary = entry.path().filename().string().find(temporary_mark) != std::string::npos;
    if (temporary && entry.last_write_time(gone) < old && !gone) fs::remove_all(entry.path(), gone);
  }
}

void require_space(fs::path const& cache, SyntheticSpec const& spec) {
  constexpr double mean_area = 1.71, bytes_per_pixel = 0.36;  // of the median area; measured here
  double const pixels = static_cast<double>(spec.median.width) * spec.median.height * mean_area;
  auto const need =
      static_cast<std::uint64_t>(static_cast<double>(spec.images) * (pixels * bytes_per_pixel + 2048) * 1.1);
  auto const have = fs::space(cache).available;
  if (have < need) {
    throw BadInput(
        fmt::format("the synthetic pictures do not fit in '{}' (they need {} MB, {} MB are free); free some "
                    "space, choose another cache folder, or fewer pictures (images)",
                    cache.string(), need / 1'000'000 + 1, have / 1'000'000));
  }
}

struct Picture {
  Extent extent{};
  std::vector<std::byte> bytes{};
};

std::vector<Picture> make_pictures(std::int64_t first, std::int64_t count, Extent median, Team& team) {
  std::vector<Picture> pictures(static_cast<std::size_t>(count));
  std::atomic<std::size_t> next{0};
  team.run([&](int) {
    PictureMaker maker;
    for (std::size_t i = next++; i < pictures.size(); i = next++) {
      auto const index = static_cast<std::uint64_t>(first) + i;
      pictures[i].extent = picture_extent(index, median);
      auto const encoded = maker.make(index, pictures[i].extent);
      pictures[i].bytes.assign(encoded.begin(), encoded.end());
    }
  });
  return pictures;
}

void write_shard(TarWriter& shard, std::vector<Picture> const& pictures, RecordSet& set) {
  for (auto const& picture : pictures) {
    Record record;
    record.file = static_cast<std::uint32_t>(set.files.size() - 1);
    record.name = fmt::format("{:08}.jpg", set.records.size());
    record.length = picture.bytes.size();
    record.width = picture.extent.width;
    record.height = picture.extent.height;
    record.hash = hash_of(picture.bytes);
    record.offset = shard.add(record.name, picture.bytes);
    set.records.push_back(std::move(record));
  }
}

void write_all(fs::path const& folder, SyntheticSpec const& spec, Team& team, Progress const& progress) {
  constexpr std::int64_t at_once = 100;
  RecordSet set;
  for (std::int64_t first = 0; first < spec.images; first += pictures_per_shard) {
    set.files.push_back(folder / fmt::format("shard-{:04}.tar", set.files.size()));
    TarWriter shard(set.files.back());
    std::int64_t const end = std::min(spec.images, first + pictures_per_shard);
    for (std::int64_t at = first; at < end; at += at_once) {
      write_shard(shard, make_pictures(at, std::min(at_once, end - at), spec.median, team), set);
      progress(static_cast<double>(set.records.size()) / static_cast<double>(spec.images),
               fmt::format("making {} pictures (once; kept for later runs)", spec.images));
    }
    shard.finish();
  }
  fs::path const index = folder / index_name;
  std::ofstream out(index, std::ios::binary);
  if (!(out << index_text(set)).flush())
    throw BadInput(fmt::format("cannot write '{}'; free some space", index.string()));
}

/// Another process may have put its own, whole set there meanwhile: then that one stays.
void put_in_place(fs::path const& made, fs::path const& folder) {
  for (int attempt = 0; attempt < 3; ++attempt) {
    std::error_code error;
    fs::rename(made, folder, error);
    if (!error || load_synthetic(folder)) return;
    fs::path const damaged =
        folder.string() + temporary_mark + fmt::format("damaged-{:08x}", std::random_device{}());
    fs::rename(folder, damaged, error);  // aside first: another process may be reading or replacing it too
    fs::remove_all(damaged, error);
  }
  throw BadInput(
      fmt::format("cannot put the synthetic pictures at '{}'; remove that folder", folder.string()));
}

}  // namespace

fs::path synthetic_folder(fs::path const& cache, SyntheticSpec const& spec) {
  return cache / fmt::format("pictures-v{}-{}x{}-n{}", generator_version, spec.median.width,
                             spec.median.height, spec.images);
}

std::optional<RecordSet> load_synthetic(fs::path const& folder) {
  auto const body = checked_index(folder / index_name);
  if (!body || !body->starts_with(fmt::format("muster-pictures {}\n", generator_version)))
    return std::nullopt;
  RecordSet set = parse_index(*body, folder);
  if (!shards_are_whole(set)) return std::nullopt;
  return set;
}

void make_synthetic(fs::path const& folder, SyntheticSpec const& spec, Team& team, Progress const& progress) {
  try {
    fs::create_directories(folder.parent_path());
    clear_leftovers(folder.parent_path());
    require_space(folder.parent_path(), spec);
    TemporaryFolder const temporary(folder);
    write_all(temporary.path(), spec, team, progress);
    put_in_place(temporary.path(), folder);
  } catch (fs::filesystem_error const& error) {
    throw BadInput(
        fmt::format("the synthetic pictures cannot be kept at '{}' ({}); choose another cache folder",
                    folder.string(), error.code().message()));
  }
}

}  // namespace muster::dataload
