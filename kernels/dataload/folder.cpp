#include "kernels/dataload/folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "kernels/contract/error.hpp"
#include "kernels/dataload/jpeg.hpp"
#include "kernels/dataload/tar.hpp"

namespace muster::dataload {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t chunk_size = 256;
constexpr char const* remedy =
    "give a folder with .jpg files, or .tar shards of them, with --data; or none, for "
    "synthetic pictures";

struct Candidate {
  Record record;
  std::string fault{};
};

std::string lower_extension(fs::path const& path) {
  std::string text = path.extension().string();
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

bool names_jpeg(fs::path const& path) {
  std::string const extension = lower_extension(path);
  return extension == ".jpg" || extension == ".jpeg" || extension == ".jpe";
}

std::vector<fs::path> files_under(fs::path const& folder) {
  std::error_code error;
  auto const options =
      fs::directory_options::follow_directory_symlink | fs::directory_options::skip_permission_denied;
  if (!fs::is_directory(folder, error)) {
    throw BadInput(fmt::format("'{}' is no folder ({}); {}", folder.string(),
                               error ? error.message() : "it is something else", remedy));
  }
  fs::directory_iterator const readable(folder,
                                        error);  // the walk below passes over folders that may not be read
  std::vector<fs::path> files;
  fs::recursive_directory_iterator walk;
  if (!error) walk = fs::recursive_directory_iterator(folder, options, error);
  for (; !error && walk != fs::recursive_directory_iterator{}; walk.increment(error)) {
    std::error_code unreadable;
    if (walk->path().filename().string().starts_with('.')) continue;
    if (walk->is_regular_file(unreadable)) files.push_back(walk->path());
  }
  if (error)
    throw BadInput(fmt::format("cannot read folder '{}' ({}); {}", folder.string(), error.message(), remedy));
  std::ranges::sort(files);
  return files;
}

namespace {

/// Goes through the files, gathers candidates in chunks, examines each chunk with the whole team.
class Scan {
 public:
  Scan(std::vector<fs::path> const& files, std::int64_t limit, Team& team)
      : files_(files),
        team_(team),
        limit_(limit > 0 ? static_cast<std::size_t>(limit) : SIZE_MAX),
        decoders_(static_cast<std::size_t>(team.size())),
        scratch_(decoders_.size()) {}

  RecordSet run(Progress const& progress) {
    for (std::size_t i = 0; i < files_.size() && kept_.size() < limit_; ++i) {
      gather(files_[i]);
      if (chunk_.size() >= chunk_size) flush();
      double const by_files = static_cast<double>(i + 1) / static_cast<double>(files_.size());
      double const by_limit = static_cast<double>(kept_.size()) / static_cast<double>(limit_);
      progress(std::min(1.0, std::max(by_files, by_limit)),
               fmt::format("looking at {} files", files_.size()));
    }
    flush();
    drop_unused_files();
    set_.records = std::move(kept_);
    return std::move(set_);
  }

 private:
  void gather(fs::path const& path) {
    auto const file = static_cast<std::uint32_t>(set_.files.size());
    set_.files.push_back(path);
    if (lower_extension(path) == ".tar") return gather_shard(path, file);
    std::error_code error;
    auto const size = fs::file_size(path, error);
    add(path.filename().string(), file, 0, error ? 0 : size);
  }

  void gather_shard(fs::path const& path, std::uint32_t file) {
    TarListing const listing = list_tar(path);
    if (!listing.fault.empty()) set_.skipped.push_back({path.filename().string(), listing.fault});
    for (auto const& member : listing.members) {
      if (chunk_.size() >= chunk_size) flush();
      if (kept_.size() >= limit_) return;
      if (names_jpeg(member.name)) add(member.name, file, member.offset, member.size);
    }
  }

  void add(std::string name, std::uint32_t file, std::uint64_t offset, std::uint64_t size) {
    constexpr std::uint64_t longest = std::uint64_t{1} << 30;
    Candidate candidate;
    candidate.record.file = file;
    candidate.record.offset = offset;
    candidate.record.length = std::min(size, longest);
    candidate.record.name = std::move(name);
    if (size > longest) candidate.fault = "larger than 1 GiB";
    chunk_.push_back(std::move(candidate));
  }

  void examine(Candidate& candidate, std::size_t thread) {
    if (!candidate.fault.empty()) return;
    try {
      auto const bytes = read_plainly(set_, candidate.record);
      JpegHeader header;
      candidate.fault = fault_of(bytes, decoders_[thread], scratch_[thread], header);
      candidate.record.width = header.width;
      candidate.record.height = header.height;
      candidate.record.hash = hash_of(bytes);
    } catch (DeviceError const&) {
      candidate.fault = "cannot be read";
    }
  }

  void flush() {
    std::atomic<std::size_t> next{0};
    team_.run([&](int thread) {
      for (std::size_t i = next++; i < chunk_.size(); i = next++)
        examine(chunk_[i], static_cast<std::size_t>(thread));
    });
    for (auto& candidate : chunk_) {
      if (kept_.size() >= limit_) break;
      if (candidate.fault.empty()) {
        kept_.push_back(std::move(candidate.record));
      } else {
        set_.skipped.push_back({std::move(candidate.record.name), std::move(candidate.fault)});
      }
    }
    chunk_.clear();
  }

  void drop_unused_files() {
    constexpr auto unused = static_cast<std::uint32_t>(-1);
    std::vector<std::uint32_t> renumbered(set_.files.size(), unused);
    std::vector<fs::path> used;
    for (auto& record : kept_) {
      auto& number = renumbered[record.file];
      if (number == unused) {
        number = static_cast<std::uint32_t>(used.size());
        used.push_back(set_.files[record.file]);
      }
      record.file = number;
    }
    set_.files = std::move(used);
  }

  std::vector<fs::path> const& files_;
  Team& team_;
  std::size_t limit_;
  std::vector<JpegDecoder> decoders_;
  std::vector<ImageBuffer> scratch_;
  std::vector<Candidate> chunk_{};
  std::vector<Record> kept_{};
  RecordSet set_{};
};

}  // namespace

RecordSet records_from_folder(fs::path const& folder, std::int64_t limit, Team& team,
                              Progress const& progress) {
  auto const files = files_under(folder);
  if (files.empty())
    throw BadInput(fmt::format("'{}' has no files (it is empty); {}", folder.string(), remedy));
  RecordSet set = Scan(files, limit, team).run(progress);
  set.origin = folder.string();
  if (set.records.empty()) {
    std::string const why = describe_skipped(set);
    throw BadInput(fmt::format("'{}' has no JPEG that can be used ({}); {}", folder.string(),
                               why.empty() ? "its shards hold no .jpg members" : why, remedy));
  }
  return set;
}

}  // namespace muster::dataload
