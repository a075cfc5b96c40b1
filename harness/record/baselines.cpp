#include "harness/record/baselines.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

#include "harness/core/error.hpp"
#include "harness/core/files.hpp"
#include "harness/record/environment.hpp"
#include "harness/record/fields.hpp"
#include "harness/record/json_archive.hpp"
#include "harness/record/load.hpp"
#include "harness/record/save.hpp"

namespace muster {

void fields(auto& a, Is<Baseline> auto& v) {
  a("name", v.name);
  a("sha256", v.sha256);
  a("run", v.run);
  a("source", v.source);
  a("added", v.added);
  a.when(!v.file.empty(), "file", v.file);
}

namespace {

namespace fs = std::filesystem;

bool is_name(std::string const& text) {
  constexpr std::size_t longest = 64;
  auto const plain = [](unsigned char c) { return c < 0x80 && std::isalnum(c); };
  return !text.empty() && text.size() <= longest && plain(static_cast<unsigned char>(text[0])) &&
         std::ranges::all_of(text,
                             [&](unsigned char c) { return plain(c) || c == '.' || c == '_' || c == '-'; });
}

void check_name(std::string const& name) {
  if (is_name(name)) return;
  throw Error(
      ExitCode::usage,
      fmt::format("'{}' is no name for a baseline (letters, digits, '.', '_' and '-', a letter or digit "
                  "first, at most 64) choose another",
                  name));
}

bool is_hash(std::string const& text) {
  return text.size() == 64 &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c) || (c >= 'a' && c <= 'f'); });
}

Baseline read(fs::path const& file) {
  Baseline baseline;
  try {
    decode(parse_json(read_file(file)), Path(), baseline);
    if (!is_hash(baseline.sha256)) Path(Path(), "sha256").fail("no SHA-256");
    if (fs::path(baseline.file).filename() != baseline.file || baseline.file == "..")
      Path(Path(), "file").fail("no file's name");
  } catch (Error const& error) {
    throw Error(error.exit_code,
                fmt::format("{}: {} (no baseline's file) remove it, or add the baseline anew", file.string(),
                            error.what()));
  }
  return baseline;
}

bool has_bytes(fs::path const& file, std::string const& hash) { return sha256(read_file(file)) == hash; }

LoadedResult load_one(std::string const& result) {
  auto loaded = load_result(result);
  if (fs::is_directory(loaded.file))
    throw Error(ExitCode::usage,
                fmt::format("{} is a folder of another program's files (a baseline is one file) add one of "
                            "them, or compare with the folder itself",
                            loaded.file.string()));
  return loaded;
}

}  // namespace

bool holds_baselines(fs::path const& folder) {
  return std::ranges::any_of(entries_of(folder / "documents"),
                             [](fs::path const& entry) { return is_hash(entry.stem().string()); });
}

fs::path Baselines::file_of(std::string const& name) const { return folder_ / (name + ".json"); }
fs::path Baselines::document_of(Baseline const& baseline) const {
  auto const documents = folder_ / "documents";
  return baseline.file.empty() ? documents / (baseline.sha256 + ".json")
                               : documents / baseline.sha256 / baseline.file;
}

Baseline Baselines::add(std::string const& name, std::string const& result, bool replace) const {
  check_name(name);
  auto const loaded = load_one(result);
  bool const ours = loaded.kind == ResultKind::muster;
  Baseline const baseline{name,
                          loaded.sha256,
                          loaded.document.run.id,
                          fs::absolute(loaded.file).string(),
                          utc_now(),
                          ours ? "" : loaded.file.filename().string()};
  auto const text = read_file(loaded.file);
  if (sha256(text) != baseline.sha256)
    throw Error(ExitCode::usage,
                fmt::format("{} was changed while it was read (a run is still at work) wait for its end",
                            loaded.file.string()));
  auto const document = document_of(baseline);
  if (!save_new(document, text) && !has_bytes(document, baseline.sha256)) save_atomically(document, text);
  auto const record = pretty(encode(baseline, Path()));
  if (replace) {
    save_atomically(file_of(name), record);
  } else if (!save_new(file_of(name), record)) {
    throw Error(ExitCode::usage, fmt::format("there is a baseline {} (it is kept) choose another name, or "
                                             "--replace it",
                                             name));
  }
  return baseline;
}

std::vector<Baseline> Baselines::list() const {
  std::vector<Baseline> all;
  for (auto const& entry : entries_of(folder_)) {
    if (entry.extension() == ".json" && is_name(entry.stem().string())) all.push_back(read(entry));
  }
  std::ranges::sort(all, {}, &Baseline::name);
  return all;
}

Baseline Baselines::find(std::string const& name) const {
  check_name(name);
  std::error_code failed;
  if (fs::exists(file_of(name), failed)) return read(file_of(name));
  std::vector<std::string> names;
  for (auto const& one : list()) names.push_back(one.name);
  throw Error(
      ExitCode::usage,
      fmt::format(
          "there is no baseline {} in {} ({}) add it: muster baseline add {} RESULT", name, folder_.string(),
          names.empty() ? "there are none" : fmt::format("there are: {}", fmt::join(names, ", ")), name));
}

std::string Baselines::argument_of(Baseline const& baseline) const {
  auto const file = document_of(baseline);
  if (sha256(read_file(file, "add the baseline anew")) != baseline.sha256)
    throw Error(
        ExitCode::usage,
        fmt::format("{} is not the document that was added (its hash differs) add the baseline {} anew",
                    file.string(), baseline.name));
  return baseline.name + "=" + fs::absolute(file).string();
}

std::string to_json(std::vector<Baseline> const& baselines) { return pretty(encode(baselines, Path())); }

}  // namespace muster
