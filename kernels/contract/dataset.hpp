// Datasets on disk: what the commands that make, import and check them ask of a backend, which has the
// libraries for it.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernels/contract/error.hpp"

namespace muster {

/// Something could not be written (a full disk, no permission). The message reads "problem (why) remedy".
struct NotSaved : CaseError {
  using CaseError::CaseError;
};

struct DatasetRequest {
  std::filesystem::path folder{};
  std::filesystem::path source{};  ///< import: the folder with the user's files
  std::string profile{};           ///< make: "imagenet", "camera" or "unet3d"
  std::uint64_t records = 0;       ///< make; 0: as many as `bytes` take
  std::uint64_t bytes = 0;
  std::uint64_t seed = 0;
  std::uint64_t shard_bytes = std::uint64_t{256} << 20;  ///< a shard's size, about
  std::uint64_t record_bytes = 0;  ///< profile unet3d: mean of the records' sizes; 0: the profile's own
  std::uint64_t frames = 8;        ///< profile camera: of each camera in a sample
  int threads = 1;
  bool pack = false;  ///< aligned for direct reads, in place of tar
  /// From 0 to 1; called often, from any thread, by one at a time.
  std::function<void(double, std::string const&)> progress = [](double, std::string const&) {};
  std::function<bool()> stop = [] { return false; };  ///< true: end soon, keep what is whole
};

/// A dataset after make, import or check.
struct DatasetReport {
  std::string origin{};  ///< "dataset imagenet, seed 1, tar"
  std::uint64_t shards = 0, records = 0, bytes = 0, index_bytes = 0;
  std::uint64_t kept = 0;                 ///< shards that were there already, whole and right
  std::uint64_t made_records = 0;         ///< records of the other shards
  bool complete = true;                   ///< false: shards are still to be made
  std::vector<std::string> left_out{};    ///< import: files that could not be used, "NAME (why)"
  std::vector<std::string> wrong{};       ///< check: data that are not what the index says
  std::vector<std::string> unreadable{};  ///< check: what could not be read at all
};

/// All throw BadInput for what the request asks, DeviceError for what cannot be read or done, NotSaved for
/// what cannot be written.
class DatasetTools {
 public:
  virtual ~DatasetTools() = default;
  virtual DatasetReport make(DatasetRequest const& request) = 0;
  virtual DatasetReport import(DatasetRequest const& request) = 0;
  virtual DatasetReport check(DatasetRequest const& request) = 0;
};

/// A plug-in's tools register themselves, as its makers do; null where it has none.
using DatasetToolsMaker = std::unique_ptr<DatasetTools> (*)();
DatasetToolsMaker& dataset_tools_maker();

struct DatasetToolsRegistration {
  explicit DatasetToolsRegistration(DatasetToolsMaker maker) { dataset_tools_maker() = maker; }
};

}  // namespace muster
