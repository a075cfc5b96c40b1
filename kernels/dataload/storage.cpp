#include "kernels/dataload/storage.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>
#include <utility>

namespace muster::dataload {
namespace {

namespace fs = std::filesystem;

std::string text_of(fs::path const& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The type of the filesystem with this device number: a line of mountinfo is "ID PARENT MAJOR:MINOR ROOT
/// MOUNTPOINT OPTIONS [MORE...] - TYPE SOURCE ..." (proc_pid_mountinfo(5)).
std::string type_of(std::string const& number, std::string const& mounts) {
  std::istringstream lines(mounts);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string id, parent, device, word;
    words >> id >> parent >> device;
    if (device != number) continue;
    while (words >> word && word != "-") {
    }
    if (words >> word) return word;
  }
  return "unknown";
}

/// A RAID or a volume has the devices it is made of in its folder `slaves`.
void add_bottom(fs::path const& device, int levels_left, std::vector<fs::path>& found) {
  std::error_code error;
  std::vector<fs::path> below;
  if (levels_left > 0) {
    for (auto entry = fs::directory_iterator(device / "slaves", error);
         !error && entry != fs::directory_iterator{}; entry.increment(error))
      below.push_back(entry->path());
  }
  std::ranges::sort(below);
  for (auto const& each : below) add_bottom(each, levels_left - 1, found);
  auto const real = fs::canonical(device, error);
  if (below.empty() && !error && std::ranges::find(found, real) == found.end()) found.push_back(real);
}

/// The third number of a device's stat counts sectors of 512 bytes read (Documentation/block/stat.rst).
std::optional<std::uint64_t> sectors_read(fs::path const& device) {
  std::ifstream in(device / "stat");
  std::uint64_t reads = 0, merged = 0, sectors = 0;
  if (in >> reads >> merged >> sectors) return sectors;
  return std::nullopt;
}

}  // namespace

Storage storage_of(unsigned major, unsigned minor, std::string const& mounts, KernelFolders const& kernel) {
  constexpr int most_levels = 8;
  std::string const number = fmt::format("{}:{}", major, minor);
  Storage storage;
  storage.filesystem = type_of(number, mounts);
  std::error_code error;
  auto const device = kernel.sys / "dev" / "block" / number;
  if (fs::exists(device, error)) add_bottom(device, most_levels, storage.devices);
  if (storage.devices.empty())
    storage.why_unknown = fmt::format("{} has no block device of its own", storage.filesystem);
  return storage;
}

Storage storage_under(fs::path const& file, KernelFolders const& kernel) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return {"unknown", {}, "the file cannot be looked at"};
  return storage_of(major(status.st_dev), minor(status.st_dev), text_of(kernel.proc / "self" / "mountinfo"),
                    kernel);
}

std::string describe(Storage const& storage) {
  if (storage.devices.empty()) return fmt::format("{} ({})", storage.filesystem, storage.why_unknown);
  std::vector<std::string> names;
  for (auto const& device : storage.devices) names.push_back(device.filename().string());
  return fmt::format("{} on {}", storage.filesystem, fmt::join(names, ", "));
}

std::optional<std::uint64_t> device_bytes_read(Storage const& storage) {
  constexpr std::uint64_t sector = 512;
  std::uint64_t bytes = 0;
  for (auto const& device : storage.devices) {
    auto const sectors = sectors_read(device);
    if (!sectors) return std::nullopt;
    bytes += *sectors * sector;
  }
  if (storage.devices.empty()) return std::nullopt;
  return bytes;
}

std::optional<std::uint64_t> process_bytes_read(KernelFolders const& kernel) {
  std::ifstream in(kernel.proc / "self" / "io");
  std::string key;
  for (std::uint64_t value = 0; in >> key >> value;) {
    if (key == "read_bytes:") return value;
  }
  return std::nullopt;
}

StorageMeter::StorageMeter(Storage storage, KernelFolders kernel)
    : storage_(std::move(storage)), kernel_(std::move(kernel)) {}

void StorageMeter::begin() {
  device_at_begin_ = device_bytes_read(storage_);
  process_at_begin_ = process_bytes_read(kernel_);
}

void StorageMeter::end(std::uint64_t asked) {
  auto const add = [](Bytes& sum, Bytes before, Bytes now) {
    sum = sum && before && now ? Bytes(*sum + *now - *before) : std::nullopt;
  };
  add(device_bytes_, device_at_begin_, device_bytes_read(storage_));
  add(process_bytes_, process_at_begin_, process_bytes_read(kernel_));
  asked_ += asked;
}

StorageMeter StorageMeter::so_far(std::uint64_t asked) const {
  StorageMeter copy = *this;
  copy.end(asked);
  return copy;
}

std::optional<double> StorageMeter::share(Bytes bytes) const {
  if (!bytes || asked_ == 0) return std::nullopt;
  return static_cast<double>(*bytes) / static_cast<double>(asked_);
}

std::vector<Figure> figures_of(StorageMeter const& meter, bool buffered) {
  std::vector<Figure> figures;
  if (auto const share = meter.device_share()) figures.push_back({"device_bytes_share", *share, ""});
  auto const own = meter.process_share();
  if (own) figures.push_back({"process_bytes_share", *own, ""});
  if (own && buffered) figures.push_back({"page_cache_share", std::max(0.0, 1 - *own), ""});
  return figures;
}

std::string cache_warning(StorageMeter const& meter) {
  constexpr double far_less = 0.8;
  auto const share = meter.process_share() ? meter.process_share() : meter.device_share();
  bool const counted = !meter.storage().devices.empty();  // what network filesystems read may not be
  if (!counted || !share || *share >= far_less) return {};
  return fmt::format(
      "only {:.0f} % of the bytes that were asked for were read from storage ({}): a cache, or holes in the "
      "files, "
      "gave the rest; give data that were written and are larger than memory",
      100 * *share, describe(meter.storage()));
}

}  // namespace muster::dataload
