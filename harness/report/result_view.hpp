// A result document as a table that a person can read, and as one row a case for programs.
#pragma once
#include <string>

#include "harness/core/document.hpp"
#include "harness/report/table.hpp"

namespace muster {

/// "muster 0.1 | node17: 8 x NVIDIA A100-SXM4-80GB, driver 550.54 | suite quick, 41 cases".
std::string headline(Document const& document);

/// Cases by family (compute, memory, network, input), with failures and warnings below.
std::string result_text(Document const& document);

/// One row a case, plain numbers in base units.
Table result_rows(Document const& document);

}  // namespace muster
