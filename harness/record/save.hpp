// Files that are either whole or not there.
#pragma once
#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>

namespace muster {

/// Writes next to `file`, flushes, renames over it, flushes the folder. Throws Error(not_saved) with reason
/// and remedy; an older file of that name is then still whole. Where `file` is a symbolic link, what it points
/// to is replaced; a device or a pipe is written to as it is.
/// `mode`: the permissions that the umask then takes from.
void save_atomically(std::filesystem::path const& file, std::string_view contents, mode_t mode = 0666);

/// The same, but what is there already stays as it is. False where that is so, also when another process was
/// first by a moment.
bool save_new(std::filesystem::path const& file, std::string_view contents, mode_t mode = 0666);

/// SHA-256 in lower-case hexadecimal.
std::string sha256(std::string_view bytes);

}  // namespace muster
