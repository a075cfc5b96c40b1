#include "harness/report/page/parts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/counted.hpp"
#include "harness/report/breakable.hpp"

namespace muster {
namespace {

constexpr std::size_t longest_cell = 400;  // letters; names and messages of a document may be 64 KiB long

std::string clipped(std::string const& text) {
  if (text.size() <= longest_cell) return text;
  std::size_t end = longest_cell;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return fmt::format("{}… ({} more bytes)", text.substr(0, end), text.size() - end);
}

/// Where an expectation comes from is no matter for a phone.
std::vector<Attribute> class_of(Column const& column) {
  if (column.right) return {{"class", "number"}};
  if (column.title == "source") return {{"class", "aside"}};
  return {};
}

Markup head_of(Table const& table) {
  Markup cells;
  for (auto const& column : table.columns) {
    auto attributes = class_of(column);
    attributes.push_back({"scope", "col"});
    cells += element("th", attributes, column.title);
  }
  return element("thead", element("tr", cells));
}

Markup row_of(Table const& table, std::vector<std::string> const& row) {
  if (row.size() == 1 && table.columns.size() > 1) {
    return element("tr", {{"class", "group"}},
                   element("th", {{"colspan", std::to_string(table.columns.size())}, {"scope", "colgroup"}},
                           clipped(row.front())));
  }
  Markup cells;
  for (std::size_t i = 0; i < row.size(); ++i) {
    cells += i == 0 ? element("th", {{"scope", "row"}}, breakable(clipped(row[i])))
                    : element("td", class_of(table.columns[i]),
                              table.columns[i].right ? Markup(clipped(row[i])) : breakable(clipped(row[i])));
  }
  return element("tr", cells);
}

}  // namespace

Markup sentence(std::string const& text) { return element("p", {{"class", "says"}}, text); }

Markup html_table(Table const& table, std::string const& caption) {
  Markup rows;
  for (auto const& row : table.rows) rows += row_of(table, row);
  Markup content = element("caption", caption);
  content += head_of(table);
  content += element("tbody", rows);
  return element(
      "div", {{"class", "scroll"}, {"tabindex", "0"}, {"role", "region"}, {"aria-label", clipped(caption)}},
      element("table", content));
}

Markup lines_of(std::string const& text) {
  Markup lines;
  for (std::size_t start = 0; start < text.size();) {
    auto const end = std::min(text.find('\n', start), text.size());
    if (!lines.empty()) lines += Markup::empty_element("br", {});
    lines += text.substr(start, end - start);
    start = end + 1;
  }
  return lines;
}

Markup folded(std::string const& summary, Markup const& content) {
  return element("details", {{"class", "printed"}}, {element("summary", summary), content});
}

Markup folded_table(Table const& table, std::string const& caption, Paper paper) {
  if (table.rows.empty()) return {};
  bool const printed = paper == Paper::if_short && table.rows.size() <= printed_rows;
  return element(
      "details", {{"class", printed ? "printed" : "unprinted"}},
      {element("summary", fmt::format("Table: {} ({})", caption, counted(table.rows.size(), "row"))),
       html_table(table, caption)});
}

Markup chart_block(std::string const& says, Markup const& chart, Table const& table,
                   std::string const& caption) {
  Markup content = element("figcaption", {{"class", "says"}}, says);
  content += chart;
  return {element("figure", content), folded_table(table, caption)};
}

Markup capped_list(std::vector<std::string> const& lines, std::size_t most) {
  Markup items;
  for (std::size_t i = 0; i < std::min(lines.size(), most); ++i) items += element("li", clipped(lines[i]));
  if (lines.size() > most)
    items += element("li", fmt::format("and {} more, in the document", lines.size() - most));
  return element("ul", items);
}

}  // namespace muster
