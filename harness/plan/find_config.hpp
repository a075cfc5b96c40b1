// Configs that come along, by name: which there are, and which one is meant.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace muster {

/// Names of the TOML files in a folder, without their extension, in alphabetical order.
std::vector<std::string> config_names(std::filesystem::path const& folder);

/// One of them by name, or a path to a TOML file; `what` says in messages what it is: "suite". Throws
/// Error(usage) naming those there are.
std::filesystem::path find_config(std::string const& what, std::string const& name_or_path,
                                  std::filesystem::path const& folder);

}  // namespace muster
