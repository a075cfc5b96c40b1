// Result documents as premises of a projection.
#pragma once
#include <span>
#include <string>

#include "harness/core/document.hpp"
#include "harness/core/premises.hpp"

namespace muster::project {

/// A document and where it came from. `published`: figures that others published.
struct Source {
  std::string label, file, sha256;
  Document const& document;
  bool published = false;
};

/// What all of them tell together. Cases that are not ok, or not of the backend `cuda` where there are any of
/// it, tell nothing; what keeps figures from being those of a healthy GPU becomes a stamp of its document.
/// Throws Error(usage), naming every fault at once: no training step in any of them (and which case to run),
/// GPUs of several models, one document twice.
Premises premises_of(std::span<Source const> sources);

}  // namespace muster::project
