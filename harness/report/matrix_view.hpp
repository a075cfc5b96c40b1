// A case's matrices for people.
#pragma once
#include <string>

#include "harness/core/document.hpp"

namespace muster {

/// Up to 16 x 16 as a table, larger ones as their five lowest entries; pairs that were not measured are "-".
std::string matrix_text(std::string const& case_name, Matrix const& matrix);

/// Of all cases that are ok; "" where there is none.
std::string matrices_text(Document const& document);

}  // namespace muster
