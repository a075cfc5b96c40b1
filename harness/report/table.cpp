#include "harness/report/table.hpp"

#include <algorithm>
#include <cstdlib>

namespace muster {
namespace {

std::size_t width(std::string const& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string pad(std::string const& text, std::size_t to, bool right) {
  std::string const space(to > width(text) ? to - width(text) : 0, ' ');
  return right ? space + text : text + space;
}

bool is_number(std::string const& text) {
  char* end = nullptr;
  std::strtod(text.c_str(), &end);
  return !text.empty() && *end == '\0';
}

std::string csv_cell(std::string const& cell) {
  auto text = printable_lines(cell);
  if (!text.empty() && std::string_view("=+-@\t").find(text[0]) != std::string_view::npos && !is_number(text))
    text = "'" + text;
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (char const c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

/// Whatever Markdown would take for markup, as itself; of addresses what makes GitHub's readers link them.
std::string markdown_cell(std::string text) {
  constexpr std::string_view marks = R"(\|[]<>`*_#~&)";  // \ too: it would undo the escape after it
  std::ranges::replace(text, '\n', ' ');
  text = printable(text);
  std::string escaped;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto const here = std::string_view(text).substr(i);
    bool const address = here.starts_with("://") || (here[0] == '.' && escaped.ends_with("www"));
    if (address || marks.find(here[0]) != std::string_view::npos) escaped += '\\';
    escaped += here[0];
  }
  return escaped;
}

std::vector<std::size_t> widths(Table const& table) {
  std::vector<std::size_t> list;
  for (auto const& column : table.columns) list.push_back(width(column.title));
  for (auto const& row : table.rows) {
    for (std::size_t i = 0; row.size() > 1 && i < row.size(); ++i) list[i] = std::max(list[i], width(row[i]));
  }
  return list;
}

template <class Cell>
std::string join(std::size_t count, char const* between, Cell cell) {
  std::string line;
  for (std::size_t i = 0; i < count; ++i) line += (i ? between : "") + cell(i);
  return line;
}

std::string without_trailing_space(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

/// Bytes of the character at the start of `text` that a terminal would obey; 0 where it is an ordinary one.
std::size_t obeyed(std::string_view text) {
  auto const byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  if (byte(0) < 0x20 || byte(0) == 0x7f) return 1;
  if (byte(0) == 0xc2 && byte(1) >= 0x80 && byte(1) < 0xa0)
    return 2;  // U+009B begins a sequence as ESC [ does
  if (byte(0) != 0xe2) return 0;
  // Those that turn the direction of text, so that it reads as what it is not: U+200E/F, U+202A-E, U+2066-9.
  bool const turns = byte(1) == 0x80
                         ? byte(2) == 0x8e || byte(2) == 0x8f || (byte(2) >= 0xaa && byte(2) <= 0xae)
                         : byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9;
  return turns ? 3 : 0;
}

}  // namespace

std::string printable(std::string const& text) {
  std::string clean;
  for (std::size_t i = 0; i < text.size();) {
    auto const bytes = obeyed(std::string_view(text).substr(i));
    clean += bytes > 0 ? '?' : text[i];
    i += std::max<std::size_t>(bytes, 1);
  }
  return clean;
}

std::string printable_lines(std::string const& text) {
  std::string clean;
  for (std::size_t start = 0; start < text.size();) {
    auto const end = std::min(text.find('\n', start), text.size());
    clean += printable(text.substr(start, end - start));
    if (end < text.size()) clean += '\n';
    start = end + 1;
  }
  return clean;
}

std::string render_text(Table const& table) {
  auto const wide = widths(table);
  auto const line = [&](auto cell) {
    return without_trailing_space("  " + join(wide.size(), "  ", [&](std::size_t i) {
                                    return pad(cell(i), wide[i], table.columns[i].right);
                                  }));
  };
  std::string text = line([&](std::size_t i) { return table.columns[i].title; });
  for (auto const& row : table.rows) {
    text +=
        row.size() == 1 ? printable(row[0]) + "\n" : line([&](std::size_t i) { return printable(row[i]); });
  }
  return text;
}

std::string render_csv(Table const& table) {
  std::string text =
      join(table.columns.size(), ",", [&](std::size_t i) { return csv_cell(table.columns[i].title); }) + "\n";
  for (auto const& row : table.rows) {
    if (row.size() > 1) text += join(row.size(), ",", [&](std::size_t i) { return csv_cell(row[i]); }) + "\n";
  }
  return text;
}

std::string render_markdown(Table const& table) {
  auto const count = table.columns.size();
  std::string text =
      "| " + join(count, " | ", [&](std::size_t i) { return markdown_cell(table.columns[i].title); }) +
      " |\n";
  text +=
      "|" +
      join(count, "|", [&](std::size_t i) { return std::string(table.columns[i].right ? "---:" : "---"); }) +
      "|\n";
  for (auto const& row : table.rows) {
    text += "| " +
            join(count, " | ",
                 [&](std::size_t i) {
                   return i < row.size() ? (row.size() == 1 ? "**" + markdown_cell(row[i]) + "**"
                                                            : markdown_cell(row[i]))
                                         : std::string();
                 }) +
            " |\n";
  }
  return text;
}

}  // namespace muster
