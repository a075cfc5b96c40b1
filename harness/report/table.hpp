// A table of text, rendered for people, for spreadsheets or for a page.
#pragma once
#include <string>
#include <vector>

namespace muster {

enum class Format { table, json, csv, md };

struct Column {
  std::string title;
  bool right = false;  ///< align right (numbers)
};

struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;  ///< a row of one cell is a heading (left out of csv)
};

/// Columns padded to their widest cell; a cell's width is counted in UTF-8 characters.
std::string render_text(Table const& table);
/// RFC 4180. A cell that a spreadsheet would take for a formula (=, +, -, @ first, and no number) gets a
/// leading '; control characters, breaks between lines apart, are replaced as by printable().
std::string render_csv(Table const& table);
/// No text of a cell becomes a link, an image or markup.
std::string render_markdown(Table const& table);

/// Text with everything a terminal would obey (control and escape characters, and those that turn
/// the direction of text) replaced by '?'.
std::string printable(std::string const& text);
/// The same line by line: breaks between lines stay.
std::string printable_lines(std::string const& text);

}  // namespace muster
