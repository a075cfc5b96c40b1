// Texts from files on their way out: to a terminal, into a spreadsheet, into a Markdown table.
#include <algorithm>

#include "harness/report/table.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace muster;

namespace {

bool control(unsigned char c) { return c < 0x20 || c == 0x7f; }

bool has_c1(std::string_view text) {
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    auto const next = static_cast<unsigned char>(text[i + 1]);
    if (static_cast<unsigned char>(text[i]) == 0xc2 && next >= 0x80 && next < 0xa0) return true;
  }
  return false;
}

/// RFC 4180 backwards: the cells of the only row.
std::vector<std::string> cells(std::string_view row) {
  std::vector<std::string> list(1);
  bool quoted = false;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (row[i] == '"' && quoted && i + 1 < row.size() && row[i + 1] == '"') {
      list.back() += row[++i];
    } else if (row[i] == '"') {
      quoted = !quoted;
    } else if (row[i] == ',' && !quoted) {
      list.emplace_back();
    } else {
      list.back() += row[i];
    }
  }
  fuzz::require(!quoted, "a quotation without end", row);
  return list;
}

/// What a spreadsheet would compute: begins as a formula does, and is no number.
bool formula(std::string const& cell) {
  if (cell.empty() || std::string_view("=+-@").find(cell[0]) == std::string_view::npos) return false;
  char* end = nullptr;
  std::strtod(cell.c_str(), &end);
  return *end != '\0';
}

void check_csv(std::string const& text) {
  auto const csv = render_csv({{{"a"}, {"b"}}, {{text, "end"}}});
  auto const row = std::string_view(csv).substr(4);  // after "a,b\n"
  fuzz::require(row.ends_with('\n'), "a row without end", csv);
  auto const read = cells(row.substr(0, row.size() - 1));
  fuzz::require(read.size() == 2 && read[1] == "end", "a cell ran into the next", csv);
  auto const shown = printable_lines(text);
  fuzz::require(read[0] == shown || read[0] == "'" + shown, "a cell changed", csv);
  fuzz::require(!formula(read[0]), "a formula", csv);
  fuzz::require(std::ranges::none_of(
                    read[0], [](char c) { return c != '\n' && control(static_cast<unsigned char>(c)); }),
                "a terminal would obey", csv);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string const text(fuzz::text_of(data, size));
  auto const line = printable(text);
  fuzz::require(std::ranges::none_of(line, control) && !has_c1(line), "a terminal would obey", line);
  auto const lines = printable_lines(text);
  fuzz::require(std::ranges::count(lines, '\n') == std::ranges::count(text, '\n'), "a line was lost", lines);
  auto const table = render_text({{{"a"}, {"b"}}, {{text, "end"}}});
  fuzz::require(std::ranges::count(table, '\n') == 2, "a cell broke its line", table);
  auto const markdown = render_markdown({{{"a"}, {"b"}}, {{text, "end"}}});
  fuzz::require(std::ranges::count(markdown, '\n') == 3, "a cell broke its row", markdown);
  check_csv(text);
  return 0;
}
