// The last step of a run: journals to document, document to disk.
#pragma once
#include <string>

#include "harness/core/document.hpp"
#include "harness/record/journal.hpp"

namespace muster {

struct Finished {
  Document document;
  std::size_t bad_lines = 0;
  std::string not_saved;  ///< why DIR/result.json could not be written, and where the document is instead; ""
                          ///< if it was
};

/// What the journals of a run amount to so far; saves nothing.
Finished assemble_run(RunFolder const& folder);

/// Assembles, and saves DIR/samples and DIR/result.json; where that fails, the document alone in the
/// temporary folder.
Finished finish(RunFolder const& folder);

}  // namespace muster
