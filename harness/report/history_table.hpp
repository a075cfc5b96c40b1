// A history as text: for people, for spreadsheets, for a page of Markdown.
#pragma once
#include <string>

#include "harness/core/history.hpp"
#include "harness/report/table.hpp"

namespace muster {

/// A row a case, its changes below it; then what differs at each, which runs are no points, and a summary.
std::string history_text(History const& history);
std::string history_markdown(History const& history);

/// Raw numbers, a row a change; cases without any have one row too.
std::string history_csv(History const& history);

}  // namespace muster
