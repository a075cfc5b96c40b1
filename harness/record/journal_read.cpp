#include <algorithm>
#include <fstream>
#include <sstream>
#include <system_error>

#include "harness/record/journal.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;

std::string read_from(fs::path const& file, std::uintmax_t offset) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return {};
  stream.seekg(static_cast<std::streamoff>(offset));
  std::ostringstream text;
  text << stream.rdbuf();
  return std::move(text).str();
}

/// Calls `use` with every line; returns how many bytes were whole lines. A last line without its end counts
/// as one only if `also_unfinished`.
template <class F>
std::size_t each_line(std::string_view text, bool also_unfinished, F&& use) {
  std::size_t start = 0;
  for (auto end = text.find('\n'); end != text.npos; start = end + 1, end = text.find('\n', start)) {
    use(text.substr(start, end - start));
  }
  if (also_unfinished && start < text.size()) use(text.substr(start));
  return start;
}

void add_journal(fs::path const& file, JournalContents& contents) {
  std::string const text = read_from(file, 0);
  each_line(text, true, [&](std::string_view line) {
    if (line.empty()) return;
    if (auto event = from_line(line)) {
      contents.events.push_back(*std::move(event));
    } else {
      ++contents.bad_lines;
    }
  });
}

/// Agents before the workers of their nodes.
std::vector<fs::path> node_journals(RunFolder const& folder) {
  std::vector<fs::path> files;
  std::error_code failed;
  for (auto const& entry : fs::directory_iterator(folder.journals(), failed)) {
    auto const name = entry.path().filename().string();
    if (name.ends_with(".node.ndjson") || name.ends_with(".agent.ndjson")) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace

std::vector<Event> JournalTail::poll() {
  std::vector<Event> events;
  std::string const text = read_from(path_, offset_);
  offset_ += each_line(text, false, [&](std::string_view line) {
    if (auto event = from_line(line)) events.push_back(*std::move(event));
  });
  return events;
}

void JournalTail::skip() {
  std::error_code none;  // nothing there yet
  auto const size = fs::file_size(path_, none);
  offset_ = none ? 0 : size;
}

JournalContents read_journals(RunFolder const& folder) {
  JournalContents contents;
  add_journal(folder.supervisor_journal(), contents);
  for (auto const& file : node_journals(folder)) add_journal(file, contents);
  return contents;
}

}  // namespace muster
