// What the two sides of an A/B run come to, by the rules of `muster compare`.
#pragma once
#include <filesystem>

#include "harness/analyze/compare.hpp"
#include "harness/core/comparison.hpp"
#include "harness/core/versus.hpp"
#include "harness/report/table.hpp"

namespace muster {

std::filesystem::path comparison_file(std::filesystem::path const& root);

/// Have both sides a document?
bool figures_on_both_sides(std::filesystem::path const& root);

Comparison compare_arms(std::filesystem::path const& root, Versus const& versus);

/// `first`, with what the fresh launches in that folder say of the suspects.
Comparison confirm_arms(Comparison const& first, std::filesystem::path const& fresh, Versus const& versus);

void save_comparison(Comparison const& comparison, std::filesystem::path const& root, Versus const& versus);
void print_comparison(Comparison const& comparison, Format format);
int gate(Comparison const& comparison, Versus const& versus);  ///< the exit code

}  // namespace muster
