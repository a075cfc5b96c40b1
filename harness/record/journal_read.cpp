#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "harness/core/files.hpp"
#include "harness/record/file_descriptor.hpp"
#include "harness/record/journal.hpp"
#include "harness/record/journal_lines.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;

void add_journal(fs::path const& file, JournalContents& contents) {
  std::string const text = journal_text(file, 0);
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
  for (auto const& file : entries_of(folder.journals())) {
    if (is_journal(file.filename().string()) && file != folder.supervisor_journal()) files.push_back(file);
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace

bool is_journal(std::string_view file_name) {
  return file_name == "supervisor.ndjson" || file_name.ends_with(".agent.ndjson") ||
         file_name.ends_with(".node.ndjson");
}

namespace {

std::size_t bytes_after(int file, std::uintmax_t offset) {
  struct stat info {};
  if (::fstat(file, &info) != 0) return 0;
  auto const size = static_cast<std::uintmax_t>(info.st_size);
  return size > offset ? size - offset : 0;
}

}  // namespace

void read_journal_text(fs::path const& file, std::uintmax_t offset, std::string& text) {
  FileDescriptor const opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  text.resize(opened.open() ? bytes_after(opened.get(), offset) : 0);
  std::size_t done = 0;
  while (done < text.size()) {
    auto const got =
        ::pread(opened.get(), text.data() + done, text.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;  // what cannot be read now is read again the next time round
    done += static_cast<std::size_t>(got);
  }
  text.resize(done);
}

std::string journal_text(fs::path const& file, std::uintmax_t offset) {
  std::string text;
  read_journal_text(file, offset, text);
  return text;
}

std::vector<Event> JournalTail::poll() {
  std::vector<Event> events;
  std::string const text = journal_text(path_, offset_);
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
