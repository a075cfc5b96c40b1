#include "harness/app/compare_sides.hpp"

#include <filesystem>
#include <utility>

namespace muster {
namespace {

/// A document that was taken out of its folder can still be compared, but not node by node.
bool has_side_files(LoadedResult const& result) {
  std::error_code failed;
  return std::filesystem::exists(result.file.parent_path() / "ranks", failed);
}

}  // namespace

Side LoadedSides::load(std::string const& argument) {
  Side side;
  for (auto& loaded : load_runs(argument)) {
    auto const& kept = results_.emplace_back(std::move(loaded));
    side.label = kept.label;
    SideRun run{kept.file.string(), kept.sha256, &kept.document};
    if (has_side_files(kept)) run.rank_samples = [&kept] { return rank_samples(kept); };
    run.notes = kept.notes;
    side.runs.push_back(std::move(run));
  }
  return side;
}

}  // namespace muster
