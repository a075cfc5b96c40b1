// The last step of a run: journals to document, document to disk.
#pragma once
#include <functional>
#include <optional>
#include <string>

#include "harness/core/document.hpp"
#include "harness/core/events.hpp"
#include "harness/record/journal.hpp"

namespace muster {

struct Finished {
  Document document;
  std::size_t bad_lines = 0;
  std::string not_saved;  ///< why DIR/result.json could not be written, and where the document is instead; ""
                          ///< if it was
};

/// Decides how a run ended, from its cases, and notes it in the journal; absent if that could not be written.
using Conclusion = std::function<std::optional<RunEnded>(Document const&)>;

/// Reads the journals, assembles, and saves DIR/samples, DIR/ranks and DIR/result.json; where that fails, the
/// document alone in the temporary folder. Without a conclusion the run ended as its journal says. `further`:
/// other folders with journals of the same run, where a node could not write to its own.
Finished finish(RunFolder const& folder, Conclusion const& conclude = {},
                std::vector<std::filesystem::path> const& further = {});

}  // namespace muster
