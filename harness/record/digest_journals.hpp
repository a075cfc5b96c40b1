// Reads all journals of a run, however large, and writes what the document refers to beside it.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "harness/core/document.hpp"
#include "harness/record/assemble.hpp"

namespace muster {

struct DigestSettings {
  /// Folders with journals, the run's own first; a node's journal may be in several of them, where its own
  /// could not be written on.
  std::vector<std::filesystem::path> journals;
  std::filesystem::path save{};  ///< the run folder, which gets samples/, ranks/ and devices/; empty: nowhere
  int threads = 2;
  bool ends_only =
      false;  ///< how cases ended is all that is wanted: no figures are read or made; goes without `save`
  std::string world{};  ///< a node, whose agent's and workers' journals alone are read; "": all
};

struct Digested {
  std::size_t bad_lines = 0;
  std::vector<Sidecar> sidecars{};
  std::string not_saved{};  ///< why some of them could not be written; "" if they were
};

/// A file is read once, line by line, by one of several threads; events reach the assembler as they stand in
/// the supervisor's, the agents' and the nodes' journals, in that order.
Digested digest_journals(Assembler& assembler, DigestSettings const& settings);

}  // namespace muster
