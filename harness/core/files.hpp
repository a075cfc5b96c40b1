// Whole files as text, and what is in a folder.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace muster {

/// Throws Error(infrastructure) where it cannot be read; `hint` ends the message.
std::string read_file(std::filesystem::path const& file, std::string const& hint = {});

/// What a folder holds, in no order; as much of it as can be read now (a server's folder may fail in the
/// middle).
std::vector<std::filesystem::path> entries_of(std::filesystem::path const& folder);

}  // namespace muster
