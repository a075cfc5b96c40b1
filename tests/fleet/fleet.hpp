// Results of machines that do not exist: as many nodes and GPUs as wanted, parts that differ as real ones do,
// and faults put where a test wants them. For tests of everything that reads results; every figure is
// invented, the same seed gives the same.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/document.hpp"
#include "harness/core/rank_samples.hpp"

namespace muster::fleet {

/// What is wrong with one GPU.
struct GpuFault {
  double slower = 0;       ///< relative, at whatever clock it runs: 0.04 is 4 % below what it should do
  double clock_lower = 0;  ///< relative: its clock is lower, and its products with it
  bool wrong = false;      ///< its answers have flipped bits: its node has no figures, a failure names it
  std::uint64_t corrected_errors = 0, uncorrected_errors = 0;  ///< new ones
  bool remap_pending = false, throttled = false;
  int pcie_width = 16, nvlinks = 12;
};

struct Fleet {
  int nodes = 90, gpus = 8, launches = 5;
  int gemm_cases = 6, memory_cases = 4;  ///< by every node alone
  int collective_cases = 10;             ///< on all nodes together
  bool samples = false;  ///< write() adds samples/NODE.ndjson with what sensors showed during products
  bool links = true;     ///< the link search's matrix of all pairs of nodes (`collective/links`)
  std::uint64_t seed = 1;
  /// Range of healthy parts (between the whiskers of a box plot) in products, relative: their clocks differ,
  /// since all draw the same power. Source: P. Sinha et al., "Not All GPUs Are Created Equal", SC22: 8 %.
  double between_parts = 0.08;
  double at_clock = 0.004;  ///< standard deviation of parts at the same clock, and of their memory
  double between_launches =
      0.01;           ///< standard deviation of launches: of every rank by itself, and of all together
  double change = 0;  ///< relative, of all figures: a new driver
  std::string gpu = "NVIDIA A100-SXM4-80GB";
  std::map<std::pair<int, int>, GpuFault> faults{};  ///< by node and GPU of it
  std::map<std::pair<int, int>, double>
      slow_links{};              ///< by two nodes (the lower one first): by how much, relative
  std::set<int> silent_nodes{};  ///< did not answer: excluded at the inventory
};

std::string node_name(int node);  ///< "gpu0007"

/// The document of such a run. With more than 20,000 entries of ranks it is a large run's: see write().
Document document(Fleet const& fleet);

/// The same figures without a document's entries of ranks, in a tenth of the time: what document() would
/// have, read by rank_samples(). Of collectives no rank's figures; states and counters of devices not at all.
struct Figures {
  Document document;
  RankSamples samples;
};
Figures figures(Fleet const& fleet);

/// Writes a run folder: result.json and, of a large run, ranks/NODE.ndjson and devices/NODE.ndjson, with
/// their hashes in the document. Returns what was written.
Document write(Fleet const& fleet, std::filesystem::path const& folder);

}  // namespace muster::fleet
