#include "harness/app/finish.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <thread>

#include "harness/core/error.hpp"
#include "harness/core/files.hpp"
#include "harness/record/assemble.hpp"
#include "harness/record/digest_journals.hpp"
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

/// A further folder with journals may be a run folder, or the journals' own.
fs::path journals_in(fs::path const& folder) {
  auto const inside = RunFolder{folder}.journals();
  return fs::is_directory(inside) ? inside : folder;
}

int threads() { return static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 8U)); }

}  // namespace

Finished finish(RunFolder const& folder, Conclusion const& conclude, std::vector<fs::path> const& further) {
  auto const plan = plan_from_json(read_file(folder.plan()));
  Assembler assembler(plan, Registry::instance(), threads());
  DigestSettings settings{{folder.journals()}, folder.root, threads()};
  for (auto const& other : further) settings.journals.push_back(journals_in(other));
  auto digested = digest_journals(assembler, settings);
  Finished finished{assembler.document(), digested.bad_lines, std::move(digested.not_saved)};
  auto& run = finished.document.run;
  finished.document.sidecars = std::move(digested.sidecars);
  if (auto const ended = conclude ? conclude(finished.document) : std::nullopt) {
    run.status = ended->status;
    run.exit_code = ended->exit_code;
    run.ended = ended->ended;
  }
  // What could not be saved by the run itself is being saved now.
  if (!conclude && run.exit_code == static_cast<int>(ExitCode::not_saved)) {
    auto const outcome = judge(finished.document);
    run.status = outcome.status;
    run.exit_code = static_cast<int>(outcome.code);
  }
  if (!finished.not_saved.empty()) run.exit_code = static_cast<int>(ExitCode::not_saved);
  try {
    save_atomically(folder.result(), to_json(finished.document));
  } catch (Error const& error) {
    run.exit_code = static_cast<int>(ExitCode::not_saved);
    finished.not_saved = error.what() + rescue(finished.document);
  }
  return finished;
}

}  // namespace muster
