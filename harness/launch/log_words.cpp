#include "harness/launch/log_words.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>
#include <system_error>
#include <vector>

namespace muster {

namespace fs = std::filesystem;

namespace {

/// "muster: ...", "rank 3: ..." or "rank 3 on node17: ...".
bool said_by_worker(std::string const& line) {
  static std::regex const form(R"(^(muster|rank \d+( on \S+)?): )");
  return std::regex_search(line, form);
}

}  // namespace

std::uintmax_t log_size(fs::path const& file) {
  std::error_code none;  // not there yet: nothing in it
  auto const size = fs::file_size(file, none);
  return none ? 0 : size;
}

std::string log_after(fs::path const& log, std::uintmax_t start) {
  constexpr std::uintmax_t most = 256 << 10;
  std::error_code none;  // a log that is not there says nothing
  auto const size = fs::file_size(log, none);
  if (none || size <= start) return {};
  std::ifstream stream(log, std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(std::max(start, size - std::min(size, most))));
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string last_words(std::string const& log, bool only_workers) {
  std::vector<std::string> lines, own;
  std::istringstream stream(log);
  for (std::string line; std::getline(stream, line);) {
    bool const empty = line.find_first_not_of(" \t-") == std::string::npos;
    auto& list = said_by_worker(line) ? own : lines;
    if (!empty && std::ranges::find(list, line) == list.end()) list.push_back(line);
  }
  auto const& words = own.empty() && !only_workers ? lines : own;
  std::string text;
  auto const first = words.size() > 3 ? words.size() - 3 : 0;
  for (auto i = first; i < words.size(); ++i) text += (text.empty() ? "" : " | ") + words[i].substr(0, 300);
  return text;
}

}  // namespace muster
