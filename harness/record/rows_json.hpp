// Rows of text as JSON, for commands whose answer is a table.
#pragma once
#include <string>
#include <vector>

namespace muster {

/// An array of objects, one a row, with `keys` as names; a row of another length is a heading and left out.
std::string rows_to_json(std::vector<std::string> const& keys,
                         std::vector<std::vector<std::string>> const& rows);

}  // namespace muster
