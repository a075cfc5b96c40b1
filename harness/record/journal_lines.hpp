// Journals as text.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace muster {

/// Is it the name of a supervisor's, an agent's or a node's journal?
bool is_journal(std::string_view file_name);

/// From `offset` to its end; "" where there is no such file, or no more.
std::string journal_text(std::filesystem::path const& file, std::uintmax_t offset);
void read_journal_text(std::filesystem::path const& file, std::uintmax_t offset, std::string& text);

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

}  // namespace muster
