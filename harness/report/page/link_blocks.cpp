#include "harness/report/page/link_blocks.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace muster {
namespace {

double at(Matrix const& matrix, std::size_t row, std::size_t column) {
  return matrix.values[row * matrix.columns.size() + column];
}

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

bool symmetric(Matrix const& matrix) {
  if (matrix.rows != matrix.columns) return false;
  for (std::size_t row = 0; row < matrix.rows.size(); ++row) {
    for (std::size_t column = 0; column < row; ++column) {
      if (!same(at(matrix, row, column), at(matrix, column, row))) return false;
    }
  }
  return true;
}

}  // namespace

bool lower_is_worse(Matrix const& matrix) { return matrix.unit != "s"; }

LinkBlocks blocks_of(Matrix const& matrix, std::size_t most) {
  auto const largest = std::max({matrix.rows.size(), matrix.columns.size(), std::size_t{1}});
  LinkBlocks blocks;
  blocks.pairs = (largest + most - 1) / most;
  blocks.rows = (matrix.rows.size() + blocks.pairs - 1) / blocks.pairs;
  blocks.columns = (matrix.columns.size() + blocks.pairs - 1) / blocks.pairs;
  blocks.values.assign(blocks.rows * blocks.columns, std::numeric_limits<double>::quiet_NaN());
  bool const lower = lower_is_worse(matrix);
  for (std::size_t row = 0; row < matrix.rows.size(); ++row) {
    for (std::size_t column = 0; column < matrix.columns.size(); ++column) {
      double const value = at(matrix, row, column);
      auto& worst = blocks.values[row / blocks.pairs * blocks.columns + column / blocks.pairs];
      if (std::isfinite(value) && (std::isnan(worst) || (lower ? value < worst : value > worst)))
        worst = value;
    }
  }
  return blocks;
}

std::vector<Pair> worst_first(Matrix const& matrix) {
  bool const half = symmetric(matrix), lower = lower_is_worse(matrix);
  std::vector<Pair> pairs;
  for (std::size_t row = 0; row < matrix.rows.size(); ++row) {
    for (std::size_t column = half ? row : 0; column < matrix.columns.size(); ++column) {
      if (std::isfinite(at(matrix, row, column))) pairs.push_back({row, column, at(matrix, row, column)});
    }
  }
  std::ranges::stable_sort(
      pairs, [lower](Pair const& a, Pair const& b) { return lower ? a.value < b.value : a.value > b.value; });
  return pairs;
}

}  // namespace muster
