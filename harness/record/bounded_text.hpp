// A file's text, when the file may be anything.
#pragma once
#include <cstddef>
#include <filesystem>
#include <string>

namespace muster {

/// The whole of a file, or of a pipe that ends. Never reads more than `limit` bytes, never waits for a pipe
/// that nobody writes to or that says nothing for `patience_seconds`. Throws Error(usage) with the path where
/// there is no such file, it is a folder or a device, or too large; Error(infrastructure) where reading
/// fails.
std::string bounded_text(std::filesystem::path const& file, std::size_t limit, int patience_seconds = 60);

}  // namespace muster
