// What sections are put together from: headings, sentences, tables, charts with their tables.
#pragma once
#include <string>
#include <vector>

#include "harness/report/markup.hpp"
#include "harness/report/table.hpp"

namespace muster {

Markup sentence(std::string const& text);  ///< what a chart shows

/// A row of a single cell is a heading over all columns. Scrolls by itself where the screen is narrower.
Markup html_table(Table const& table, std::string const& caption);

/// The table behind a chart, folded. Up to `printed_rows` rows are unfolded on paper; longer ones are not
/// printed.
/// Nor is one that is too wide for it.
enum class Paper { if_short, never };
Markup folded_table(Table const& table, std::string const& caption, Paper paper = Paper::if_short);
inline constexpr std::size_t printed_rows = 60;

/// Its lines as lines.
Markup lines_of(std::string const& text);

/// Folded away under a line of its own.
Markup folded(std::string const& summary, Markup const& content);

/// What it shows, the chart, its table.
Markup chart_block(std::string const& says, Markup const& chart, Table const& table,
                   std::string const& caption);

/// A list of so many lines, then how many more there are.
Markup capped_list(std::vector<std::string> const& lines, std::size_t most);

}  // namespace muster
