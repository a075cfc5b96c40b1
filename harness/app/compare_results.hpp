// What `muster compare` shares with whoever else compares results.
#pragma once
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "harness/analyze/compare.hpp"
#include "harness/core/compare_rules.hpp"

namespace muster {

void add_compare_rules(CLI::App& command, CompareRules& rules);

/// Throws Error(usage) for a margin that is none.
CompareOptions options_of(CompareRules const& rules);

/// Prints them, or writes them to the file, and tells people what the gate says. The exit code. `format`:
/// table, json, csv, md or junit.
int deliver_comparisons(std::vector<Comparison> const& comparisons, CompareRules const& rules,
                        std::string const& format, std::string const& file);

}  // namespace muster
