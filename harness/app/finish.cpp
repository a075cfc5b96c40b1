#include "harness/app/finish.hpp"

#include <fmt/format.h>

#include <optional>

#include "harness/core/error.hpp"
#include "harness/core/files.hpp"
#include "harness/record/assemble.hpp"
#include "harness/record/document_json.hpp"
#include "harness/record/save.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;

/// The results folder is full or read-only: the document alone may still fit into the temporary folder.
std::string rescue(Document const& document) {
  auto const file = fs::temp_directory_path() / fmt::format("muster-{}.result.json", document.run.id);
  try {
    save_atomically(file, to_json(document));
    return fmt::format("; the document is in {}", file.string());
  } catch (Error const& error) {
    return fmt::format("; nor in the temporary folder ({})", error.what());
  }
}

}  // namespace

Finished finish(RunFolder const& folder, Conclusion const& conclude) {
  auto const plan = plan_from_json(read_file(folder.plan()));
  auto const journals = read_journals(folder);
  Finished finished{assemble(plan, journals.events, Registry::instance()), journals.bad_lines, {}};
  auto& run = finished.document.run;
  if (auto const ended = conclude ? conclude(finished.document) : std::nullopt) {
    run.status = ended->status;
    run.exit_code = ended->exit_code;
    run.ended = ended->ended;
  }
  try {
    finished.document.sidecars = save_samples(folder.root, journals.events);
    save_atomically(folder.result(), to_json(finished.document));
  } catch (Error const& error) {
    run.exit_code = static_cast<int>(ExitCode::not_saved);
    finished.not_saved = error.what() + rescue(finished.document);
  }
  return finished;
}

}  // namespace muster
