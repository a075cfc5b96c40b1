// A TOML file, parsed.
#pragma once
#include <toml++/toml.h>

#include <filesystem>
#include <optional>
#include <string_view>

#include "harness/plan/faults.hpp"

namespace muster {

/// Absent, with a fault, where the text is not TOML. Throws Error(usage) when the file cannot be read; `what`
/// names it in the message: "the suite".
std::optional<toml::table> read_toml(std::filesystem::path const& file, std::string_view what,
                                     Faults& faults);

}  // namespace muster
