// The synthetic set on disk: made once, used by every later run.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>

#include "kernels/contract/device.hpp"
#include "kernels/dataload/folder.hpp"
#include "kernels/dataload/records.hpp"
#include "kernels/dataload/synthetic.hpp"

namespace muster::dataload {

struct SyntheticSpec {
  std::int64_t images = 0;
  Extent median{};
};

/// Where the set lies under `cache`; names everything that its content depends on.
std::filesystem::path synthetic_folder(std::filesystem::path const& cache, SyntheticSpec const& spec);

/// The set's index, if a whole and undamaged set lies there (shards present and of the right size).
std::optional<RecordSet> load_synthetic(std::filesystem::path const& folder);

/// Makes the set in a temporary folder beside `folder`, then renames it: whoever comes second uses the first
/// one's. Throws BadInput naming need and have when space is short, DeviceError with the system's reason when
/// a write fails.
void make_synthetic(std::filesystem::path const& folder, SyntheticSpec const& spec, Team& team,
                    Progress const& progress);

}  // namespace muster::dataload
