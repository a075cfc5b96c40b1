// Whole files as text.
#pragma once
#include <filesystem>
#include <string>

namespace muster {

/// Throws Error(infrastructure) where it cannot be read; `hint` ends the message.
std::string read_file(std::filesystem::path const& file, std::string const& hint = {});

}  // namespace muster
