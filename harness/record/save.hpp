// Files that are either whole or not there.
#pragma once
#include <filesystem>
#include <string_view>

#include "harness/core/document.hpp"
#include "harness/core/events.hpp"

namespace muster {

/// Writes next to `file`, flushes, renames over it, flushes the folder. Throws Error(not_saved) with reason
/// and remedy; an older file of that name is then still whole.
void save_atomically(std::filesystem::path const& file, std::string_view contents);

/// SHA-256 in lower-case hexadecimal.
std::string sha256(std::string_view bytes);

/// Writes every record's raw sample times to folder/samples/, one NDJSON file a node, and lists them with
/// their hash.
std::vector<Sidecar> save_samples(std::filesystem::path const& root, std::vector<Event> const& events);

}  // namespace muster
