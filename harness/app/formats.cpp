#include "harness/app/formats.hpp"

#include <fmt/format.h>

#include <fstream>

#include "harness/record/rows_json.hpp"

namespace muster {

Format format_named(std::string const& name) {
  if (name == "json") return Format::json;
  if (name == "csv") return Format::csv;
  if (name == "md") return Format::md;
  return Format::table;
}

void print_table(Table const& table, Format format) {
  if (format == Format::json) {
    std::vector<std::string> keys;
    for (auto const& column : table.columns) keys.push_back(column.title);
    return fmt::print("{}", rows_to_json(keys, table.rows));
  }
  if (format == Format::csv) return fmt::print("{}", render_csv(table));
  if (format == Format::md) return fmt::print("{}", render_markdown(table));
  fmt::print("{}", render_text(table));
}

std::vector<std::string> given_arguments() {
  std::ifstream stream("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> list;
  for (std::string argument; std::getline(stream, argument, '\0');) list.push_back(argument);
  return list;
}

}  // namespace muster
