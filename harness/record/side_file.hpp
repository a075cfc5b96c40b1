// Files that stand beside a document and are named in it with their hash.
#pragma once
#include <filesystem>
#include <string>

#include "harness/core/document.hpp"

namespace muster {

/// The file's text. Throws Error(usage) where it is not the one that the document was written with, or too
/// large to be read; Error(infrastructure) where it cannot be read.
std::string verified_text(std::filesystem::path const& file, Sidecar const& sidecar);

}  // namespace muster
