// What is well-formed, of the right types, and still no result of any run.
#pragma once
#include <string>
#include <vector>

#include "harness/core/document.hpp"

namespace muster {

/// "cases[3].launches[1].index: -4 (launches are counted from 0)", in the order of the document; at most 20.
std::vector<std::string> document_faults(Document const& document);

}  // namespace muster
