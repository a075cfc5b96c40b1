#include "harness/record/load.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/error.hpp"
#include "harness/core/files.hpp"
#include "harness/record/document_json.hpp"
#include "harness/record/json_archive.hpp"
#include "harness/record/save.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;

struct Named {
  std::string label;
  fs::path path;
};

/// A path that exists is one, whatever it looks like; so is everything with a / before its first =.
Named named(std::string const& argument) {
  auto const equals = argument.find('=');
  std::error_code ignored;
  if (equals == std::string::npos || equals == 0 || argument.find('/') < equals ||
      fs::exists(argument, ignored))
    return {"", argument};
  return {argument.substr(0, equals), argument.substr(equals + 1)};
}

fs::path document_of(fs::path const& path) {
  std::error_code failed;
  if (!fs::is_directory(path, failed)) return path;
  if (auto file = path / "result.json"; fs::exists(file, failed)) return file;
  throw Error(
      ExitCode::usage,
      fmt::format("{} holds no result.json (no run folder, or the run was cut off) give a run's folder "
                  "or a document; `muster collect {}` makes the document of a run that was cut off",
                  path.string(), path.string()));
}

std::string label_of(fs::path const& file) {
  return file.filename() == "result.json" && file.has_parent_path()
             ? fs::absolute(file).parent_path().filename().string()
             : file.stem().string();
}

/// Before anything of it is read: a document of gigabytes is none.
void check_size(fs::path const& file) {
  std::error_code failed;
  auto const bytes = fs::file_size(file, failed);
  if (!failed && bytes > JsonLimits::text_bytes) {
    throw Error(ExitCode::usage,
                fmt::format("{}: {} bytes (a document has at most {}) give a result document", file.string(),
                            bytes, JsonLimits::text_bytes));
  }
}

Document parse(fs::path const& file, std::string const& text) {
  try {
    return document_from_json(text);
  } catch (Error const& error) {
    throw Error(error.exit_code, fmt::format("{}: {}", file.string(), error.what()));
  }
}

LoadedResult loaded(std::string const& label, fs::path const& file) {
  check_size(file);
  auto const text = read_file(file, "give a result document or a run's folder");
  return {label.empty() ? label_of(file) : label, file, sha256(text), parse(file, text)};
}

std::vector<fs::path> run_folders(fs::path const& folder) {
  std::vector<fs::path> list;
  std::error_code failed;
  if (!fs::is_directory(folder, failed) || fs::exists(folder / "result.json", failed)) return list;
  for (auto const& entry : entries_of(folder)) {
    if (fs::exists(entry / "result.json", failed)) list.push_back(entry);
  }
  std::ranges::sort(list);
  return list;
}

}  // namespace

LoadedResult load_result(std::string const& argument) {
  auto const [label, path] = named(argument);
  return loaded(label, document_of(path));
}

std::vector<LoadedResult> load_runs(std::string const& argument) {
  auto const [label, path] = named(argument);
  auto const folders = run_folders(path);
  if (folders.empty()) return {load_result(argument)};
  auto const own = label.empty() ? fs::absolute(path / ".").parent_path().filename().string() : label;
  std::vector<LoadedResult> list;
  for (auto const& folder : folders) list.push_back(loaded(own, folder / "result.json"));
  return list;
}

}  // namespace muster
