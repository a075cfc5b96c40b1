// Files that are either whole or not there.
#pragma once
#include <sys/types.h>

#include <filesystem>
#include <string_view>

#include "harness/core/document.hpp"
#include "harness/core/events.hpp"

namespace muster {

/// Writes next to `file`, flushes, renames over it, flushes the folder. Throws Error(not_saved) with reason
/// and remedy; an older file of that name is then still whole.
/// `mode`: the permissions that the umask then takes from.
void save_atomically(std::filesystem::path const& file, std::string_view contents, mode_t mode = 0666);

/// SHA-256 in lower-case hexadecimal.
std::string sha256(std::string_view bytes);

/// Writes every record's raw sample times to folder/samples/, one NDJSON file a node, and lists them with
/// their hash.
std::vector<Sidecar> save_samples(std::filesystem::path const& root, std::vector<Event> const& events);

}  // namespace muster
