#include "harness/app/finish.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>

#include "harness/core/error.hpp"
#include "harness/record/assemble.hpp"
#include "harness/record/document_json.hpp"
#include "harness/record/save.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;

std::string read_file(fs::path const& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw Error(ExitCode::infrastructure, fmt::format("cannot read {}", file.string()));
  return {std::istreambuf_iterator<char>(stream), {}};
}

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

Finished assemble_from(RunFolder const& folder, JournalContents const& journals) {
  auto const plan = plan_from_json(read_file(folder.plan()));
  return {assemble(plan, journals.events, Registry::instance()), journals.bad_lines, {}};
}

}  // namespace

Finished assemble_run(RunFolder const& folder) { return assemble_from(folder, read_journals(folder)); }

Finished finish(RunFolder const& folder) {
  auto const journals = read_journals(folder);
  auto finished = assemble_from(folder, journals);
  try {
    finished.document.sidecars = save_samples(folder.root, journals.events);
    save_atomically(folder.result(), to_json(finished.document));
  } catch (Error const& error) {
    finished.document.run.exit_code = static_cast<int>(ExitCode::not_saved);
    finished.not_saved = error.what() + rescue(finished.document);
  }
  return finished;
}

}  // namespace muster
