#include "harness/report/matrix_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "harness/core/quantities.hpp"
#include "harness/report/step_table.hpp"
#include "harness/report/table.hpp"

namespace muster {
namespace {

constexpr std::size_t most_shown = 16, lowest_shown = 5;

struct Entry {
  std::size_t row = 0, column = 0;
  double value = 0;
};

double at(Matrix const& matrix, std::size_t row, std::size_t column) {
  return matrix.values[row * matrix.columns.size() + column];
}

/// Does its other half say the same again?
bool symmetric(Matrix const& matrix) {
  if (matrix.rows != matrix.columns) return false;
  for (std::size_t row = 0; row < matrix.rows.size(); ++row) {
    for (std::size_t column = 0; column < row; ++column) {
      double const one = at(matrix, row, column), other = at(matrix, column, row);
      if (one != other && !(std::isnan(one) && std::isnan(other))) return false;
    }
  }
  return true;
}

std::vector<Entry> measured(Matrix const& matrix) {
  bool const half = symmetric(matrix);
  std::vector<Entry> entries;
  for (std::size_t row = 0; row < matrix.rows.size(); ++row) {
    for (std::size_t column = half ? row : 0; column < matrix.columns.size(); ++column) {
      double const value = at(matrix, row, column);
      if (std::isfinite(value)) entries.push_back({row, column, value});
    }
  }
  return entries;
}

std::string title(std::string const& case_name, Matrix const& matrix, std::string const& unit) {
  return fmt::format("  {}: {}{}", printable(case_name), printable(matrix.name),
                     unit.empty() ? "" : ", " + unit);
}

std::string as_table(std::string const& case_name, Matrix const& matrix, Scale const& scale) {
  Table table{{{""}}, {}};
  for (auto const& name : matrix.columns) table.columns.push_back({printable(name), true});
  for (std::size_t row = 0; row < matrix.rows.size(); ++row) {
    table.rows.push_back({"  " + matrix.rows[row]});
    for (std::size_t column = 0; column < matrix.columns.size(); ++column) {
      double const value = at(matrix, row, column) / scale.divisor;
      table.rows.back().push_back(std::isfinite(value) ? fmt::format("{:#.4g}", value) : "-");
    }
  }
  return title(case_name, matrix, scale.unit) + "\n" + render_text(table);
}

std::string as_lowest(std::string const& case_name, Matrix const& matrix, std::vector<Entry> entries) {
  auto const shown = std::min(entries.size(), lowest_shown);
  std::ranges::partial_sort(entries, entries.begin() + static_cast<std::ptrdiff_t>(shown), {}, &Entry::value);
  auto text = fmt::format("{}: the lowest of {}\n", title(case_name, matrix, ""), entries.size());
  for (auto const& [row, column, value] : std::span(entries).first(shown)) {
    text += fmt::format("      {} - {}: {}\n", printable(matrix.rows[row]), printable(matrix.columns[column]),
                        human(value, matrix.unit));
  }
  return text;
}

}  // namespace

std::string matrix_text(std::string const& case_name, Matrix const& matrix) {
  auto const entries = measured(matrix);
  if (entries.empty()) return {};
  bool const small = matrix.rows.size() <= most_shown && matrix.columns.size() <= most_shown;
  if (!small) return as_lowest(case_name, matrix, entries);
  double const largest = std::ranges::max_element(entries, {}, &Entry::value)->value;
  return as_table(case_name, matrix, common_scale(largest, matrix.unit));
}

std::string matrices_text(Document const& document) {
  std::string text;
  for (auto const& result : document.cases) {
    // A training step's are of ranks and of time: drawn on the page, and told in words in its table.
    if (result.status != CaseStatus::ok || !step_parts(result).empty()) continue;
    for (auto const& matrix : result.matrices) text += matrix_text(result.name, matrix);
  }
  return text;
}

}  // namespace muster
