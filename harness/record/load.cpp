#include "harness/record/load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/core/error.hpp"
#include "harness/core/files.hpp"
#include "harness/record/bounded_text.hpp"
#include "harness/record/document_tree.hpp"
#include "harness/record/foreign.hpp"
#include "harness/record/foreign_values.hpp"
#include "harness/record/save.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;

std::string label_of(fs::path const& file) {
  auto const absolute = fs::absolute(file).lexically_normal();
  std::error_code ignored;
  if (file.filename() == "result.json") return absolute.parent_path().filename().string();
  if (!fs::is_directory(file, ignored)) return file.stem().string();
  return (absolute.has_filename() ? absolute : absolute.parent_path()).filename().string();
}

[[noreturn]] void refuse(fs::path const& file, Error const& error) {
  throw Error(error.exit_code, fmt::format("{}: {}", file.string(), error.what()));
}

/// A file's content as what it turned out to be.
struct Read {
  std::string sha;
  ResultKind kind = ResultKind::muster;
  Document document{};      ///< of our own
  ForeignResult foreign{};  ///< of the others
  std::vector<std::string> notes{};
};

std::string_view without_mark(std::string_view text) {
  constexpr std::string_view utf8 = "\xEF\xBB\xBF";
  return text.substr(text.starts_with(utf8) ? utf8.size() : 0);
}

[[noreturn]] void unknown(std::string_view text) {
  auto const hint = text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")
                        ? "it is UTF-16: save it as UTF-8"
                        : "give a result document, Google Benchmark's JSON, or nccl-tests' output or JSON";
  throw Error(ExitCode::usage, fmt::format("line 1: no result of any known kind ({})", hint));
}

bool has_list(Json const& json, char const* key) {
  auto const found = json.find(key);
  return found != json.end() && found->is_array();
}

/// Ours have Google Benchmark's rows in them, so `schema` is looked for first.
void read_json(Read& read, std::string_view text, std::string const& name) {
  bool const ours = text.find("\"muster.result\"") != std::string_view::npos;
  auto const json = ours ? parse_json(text) : parse_json(without_bare_non_finite(text));
  if (json.is_object() && json.contains("schema")) {
    read.document = document_from_tree(json);
    if (auto note = newer_schema_note(json); !note.empty()) read.notes.push_back(std::move(note));
  } else if (json.is_object() && has_list(json, "benchmarks")) {
    read.kind = ResultKind::google_benchmark;
    read.foreign = google_benchmark_result(json);
  } else if (json.is_object() && has_list(json, "results")) {
    read.kind = ResultKind::nccl_tests;
    read.foreign = nccl_tests_result(json, name);
  } else if (is_superbench(json)) {
    read.kind = ResultKind::superbench;
    read.foreign = superbench_result(json, name);
  } else {
    throw Error(ExitCode::usage,
                "the top level: no result of any known kind (no `schema` of muster, `benchmarks` of Google "
                "Benchmark, `results` of nccl-tests, or names of SuperBench's benchmarks) give one of these");
  }
}

Read read_text(std::string_view text, std::string const& name) {
  Read read;
  read.sha = sha256(text);
  text = without_mark(text);
  auto const first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) throw Error(ExitCode::usage, "empty (a run that was cut off?)");
  if (text[first] == '{' || text[first] == '[') {
    read_json(read, text, name);
  } else if (is_nccl_tests_text(text)) {
    read.kind = ResultKind::nccl_tests;
    read.foreign = nccl_tests_result(text, name);
  } else {
    unknown(text);
  }
  return read;
}

Read read_file_as_result(fs::path const& file) {
  try {
    return read_text(bounded_text(file, JsonLimits::text_bytes), file.stem().string());
  } catch (Error const& error) {
    bool const named = std::string_view(error.what()).find(file.string()) != std::string_view::npos;
    if (named) throw;
    refuse(file, error);
  }
}

bool repeats(ForeignResult const& foreign) {
  return std::ranges::any_of(foreign.rows, [](ForeignRow const& row) { return row.run > 0; });
}

/// Several files of other programs are the launches of one result.
void join(LoadedResult& result, std::vector<Read> const& files) {
  std::vector<ForeignResult> foreign;
  std::string hashes;
  for (auto const& file : files) {
    foreign.push_back(file.foreign);
    hashes += file.sha;
    for (auto const& note : file.foreign.notes) {
      if (std::ranges::find(result.notes, note) == result.notes.end()) result.notes.push_back(note);
    }
  }
  result.sha256 = files.size() == 1 ? files[0].sha : sha256(hashes);
  if (files.size() == 1 && foreign[0].runs_share_process && repeats(foreign[0]))
    result.notes.push_back(
        "repetitions of one process stand for launches: they share what differs from start "
        "to start, so intervals are too narrow; a folder of several runs' files is better");
  try {
    result.document = foreign_document(foreign);
  } catch (Error const& error) {
    refuse(result.file, error);
  }
  result.document.run.id = result.sha256.substr(0, 16);
}

std::vector<fs::path> foreign_files(fs::path const& folder) {
  constexpr std::array<std::string_view, 4> endings{".json", ".txt", ".log", ".out"};
  std::vector<fs::path> files;
  std::error_code ignored;
  for (auto const& entry : entries_of(folder)) {
    if (std::ranges::find(endings, entry.extension().string()) != endings.end() &&
        fs::is_regular_file(entry, ignored))
      files.push_back(entry);
  }
  std::ranges::sort(files);
  return files;
}

void load_folder(LoadedResult& result, fs::path const& folder) {
  std::vector<Read> read;
  for (auto const& file : foreign_files(folder)) {
    read.push_back(read_file_as_result(file));
    if (read.back().kind == ResultKind::muster || read.back().kind != read.front().kind) {
      throw Error(
          ExitCode::usage,
          fmt::format("{}: a result of {} among others (a folder is one result: of Google Benchmark's "
                      "files alone, or of nccl-tests') give results one by one",
                      file.string(), name(read.back().kind)));
    }
  }
  if (read.empty()) {
    throw Error(
        ExitCode::usage,
        fmt::format("{} holds no result.json (no run folder, or the run was cut off) give a run's folder "
                    "or a document; `muster collect {}` makes the document of a run that was cut off",
                    folder.string(), folder.string()));
  }
  result.kind = read.front().kind;
  join(result, read);
}

void fill(LoadedResult& result, Read read) {
  result.kind = read.kind;
  if (result.kind != ResultKind::muster) {
    std::vector<Read> one;
    one.push_back(std::move(read));
    return join(result, one);
  }
  result.sha256 = read.sha;
  result.document = std::move(read.document);
  result.notes = std::move(read.notes);
}

}  // namespace

std::string_view name(ResultKind kind) {
  switch (kind) {
    case ResultKind::muster:
      return "muster";
    case ResultKind::google_benchmark:
      return "google_benchmark";
    case ResultKind::nccl_tests:
      return "nccl_tests";
    case ResultKind::superbench:
      return "superbench";
  }
  return "muster";
}

NamedPath named_path(std::string const& argument) {
  auto const equals = argument.find('=');
  std::error_code ignored;
  if (equals == std::string::npos || equals == 0 || argument.find('/') < equals ||
      fs::exists(argument, ignored))
    return {"", argument};
  return {argument.substr(0, equals), argument.substr(equals + 1)};
}

LoadedResult load_result(std::string const& argument) {
  auto [label, path] = named_path(argument);
  std::error_code ignored;
  bool const folder = fs::is_directory(path, ignored);
  bool const ours = folder && fs::exists(path / "result.json", ignored);
  if (ours) path /= "result.json";
  LoadedResult result;
  result.label = label.empty() ? label_of(path) : label;
  result.file = path;
  if (folder && !ours) {
    load_folder(result, path);
  } else {
    fill(result, read_file_as_result(path));
  }
  return result;
}

LoadedResult result_from_text(std::string_view text, std::string const& name) {
  LoadedResult result;
  result.label = name;
  result.file = name;
  fill(result, read_text(text, name));
  return result;
}

}  // namespace muster
