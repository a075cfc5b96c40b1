// A user's own files as a dataset.
#pragma once
#include <memory>

#include "kernels/contract/dataset.hpp"
#include "kernels/dataload/dataset/content.hpp"

namespace muster::dataload {

/// All files under request.source, in the order of their paths, hidden ones passed over. Files named .jpg,
/// .jpeg or .jpe become pictures, and are left out when they do not decode (truncated, CMYK, oversized); all
/// others go in as they are. Empty and unreadable ones are left out. Paths are relative to the source in a
/// tar. Throws BadInput when there is nothing to import, or the target lies inside the source.
std::unique_ptr<Content> import_content(DatasetRequest const& request);

}  // namespace muster::dataload
