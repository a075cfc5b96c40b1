// Two sides of results, case by case: what differs, by how much, and whether that is more than chance. The
// launch is the unit of replication throughout.
#pragma once
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/comparison.hpp"
#include "harness/core/document.hpp"
#include "harness/core/rank_samples.hpp"

namespace muster {

/// One document of a side, and how to get its ranks' figures where these are not in it.
struct SideRun {
  std::string file, sha256;
  Document const* document = nullptr;
  std::function<RankSamples()> rank_samples{};  ///< asked only where nodes have to be chosen
  std::vector<std::string> notes{};             ///< what whoever read the document has to say of it
};

/// Several runs of one side: their launches are pooled.
struct Side {
  std::string label;
  std::vector<SideRun> runs;
};

struct CompareOptions {
  double alpha = 0.05;
  /// The smallest change that matters, relative, by pattern of the case's name; the last that fits counts.
  std::vector<std::pair<std::function<bool(std::string const&)>, double>> margins{};
  bool force_incomparable = false;
  std::function<bool(std::string const&)> keep{};  ///< of a case's name; empty: all
};

Comparison compare(Side const& base, Side const& candidate, CompareOptions const& options);

/// Cases that only fresh launches can decide, and of how many launches on each side. See confirm().
struct Suspects {
  std::vector<std::string> names;
  int launches = 0;
};
Suspects suspects(Comparison const& first);

/// What is compared in one stage.
struct BothSides {
  Side const &base, &candidate;
};

/// The second stage: of the suspects what fresh launches of both sides say of them alone; of all others what
/// the first stage, of `seen`, said. Each stage has half of alpha. What fresh launches leave open, have no
/// clean figure of, or ran otherwise, stays suspect. Throws Error(usage) where they are no fresh launches of
/// these two sides: documents or runs that were seen before, sides that cannot be compared with those of the
/// first stage, or that are exchanged.
Comparison confirm(Comparison const& first, BothSides seen, BothSides fresh, CompareOptions const& options);

/// Whether the fresh sides may be exchanged, which the documents cannot tell: for people; "" where they can.
std::string why_sides_cannot_be_told(BothSides seen, BothSides fresh);

}  // namespace muster
