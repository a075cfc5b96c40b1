// What the importers share: numbers and times as other programs write them.
#pragma once
#include <string>
#include <string_view>

#include "harness/record/json_archive.hpp"

namespace muster {

/// The same text with every bare NaN, Infinity or inf (Google Benchmark and nccl-tests print them) as an
/// empty string of the same length, so that it is JSON and every position stays.
std::string without_bare_non_finite(std::string_view text);

/// NaN for null, "", "nan" and the like. Throws Error(usage) for what is no number.
double foreign_number(Json const& json, Path const& path);

/// "2025-06-01T12:00:00+02:00" or "2025-06-01 12:00:00" as "2025-06-01T10:00:00Z"; without a zone the time
/// stays as it is, and without Z. "" for anything else.
std::string iso_time(std::string_view text);

}  // namespace muster
