// A grid of coloured cells. The colours grow lighter with the value, so that they can be told apart without
// colour, on paper and in grey.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "harness/report/markup.hpp"
#include "harness/report/svg_marks.hpp"

namespace muster {

struct HeatMap {
  std::size_t rows = 0, columns = 0;
  std::vector<double> values;  ///< row by row; NaN: a hole
  double low = 0, high = 1;    ///< darkest and lightest
};

/// Cells of this size from this corner on.
Markup svg_heat_map(HeatMap const& map, Point corner, double cell);

/// A strip of all colours, with what they stand for at its ends.
Markup svg_heat_scale(Point corner, double width, std::string const& low, std::string const& high);

/// Is text on a cell of that value better white (else black)?
bool dark_cell(HeatMap const& map, double value);

}  // namespace muster
