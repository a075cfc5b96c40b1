// Where this program finds its configs, keeps its cache and puts its results.
#pragma once
#include <filesystem>
#include <string>

namespace muster {

/// MUSTER_CONFIGS, else configs/ or share/muster/configs/ in the program's folder or one of the four above
/// it. Throws Error(usage) where there is none.
std::filesystem::path configs_folder();

/// MUSTER_CACHE, else XDG_CACHE_HOME/muster, else ~/.cache/muster, else muster-cache in the temporary folder.
std::filesystem::path cache_folder();

/// results/WHERE/2026-11-22T21-40-05Z, with -2, -3, ... where that is taken.
std::filesystem::path new_run_folder(std::filesystem::path const& results, std::string const& where);

std::filesystem::path program_path();

/// The path of a file of this run, relative to the working folder when it lies below it.
std::string shown(std::filesystem::path const& path);

}  // namespace muster
