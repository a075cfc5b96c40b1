// A result document that has been parsed already.
#pragma once
#include <string>

#include "harness/core/document.hpp"
#include "harness/record/json_archive.hpp"

namespace muster {

/// Throws Error(usage) with the path of what is wrong; all values that contradict each other at once.
Document document_from_tree(Json const& json);

/// For people, where a newer muster wrote it; "" otherwise.
std::string newer_schema_note(Json const& json);

}  // namespace muster
