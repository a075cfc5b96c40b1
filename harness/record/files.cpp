#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <system_error>

#include "harness/core/files.hpp"
#include "harness/record/environment_parts.hpp"

namespace muster {
namespace {

constexpr std::string_view blanks = " \t\r\n";

std::string trimmed(std::string_view text) {
  auto const first = text.find_first_not_of(blanks);
  if (first == text.npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(blanks) - first + 1));
}

}  // namespace

std::string file_text(std::filesystem::path const& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  if (stream) text << stream.rdbuf();
  return std::move(text).str();
}

std::string first_line(std::filesystem::path const& file) {
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);  // some files of /sys exist and cannot be read: "" then too
  return trimmed(line);
}

std::optional<std::int64_t> number_in(std::filesystem::path const& file) {
  std::string const text = first_line(file);
  std::int64_t value = 0;
  auto const [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string> names_in(std::filesystem::path const& folder) {
  std::vector<std::string> names;
  for (auto const& entry : entries_of(folder)) names.push_back(entry.filename().string());
  std::ranges::sort(
      names, [](auto const& a, auto const& b) { return a.size() != b.size() ? a.size() < b.size() : a < b; });
  return names;
}

std::string link_name(std::filesystem::path const& link) {
  std::error_code failed;
  auto const target = std::filesystem::read_symlink(link, failed);
  return failed ? "" : target.filename().string();
}

std::string value_of_key(std::string_view text, std::string_view key, char separator) {
  while (!text.empty()) {
    auto const line = text.substr(0, text.find('\n'));
    auto const split = line.find(separator);
    if (split != line.npos && trimmed(line.substr(0, split)) == key) return trimmed(line.substr(split + 1));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return {};
}

}  // namespace muster
