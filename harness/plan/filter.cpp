// gcc 12 and 13 warn inside their own <regex> when sanitizers are on (gcc bug 105562).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include "harness/plan/filter.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <regex>
#include <utility>

#include "harness/core/error.hpp"

namespace muster {
namespace {

std::string a_few_names(std::vector<PlannedCase> const& cases) {
  constexpr std::size_t few = 5;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(few, cases.size()); ++i) names.push_back(cases[i].name);
  return fmt::format("{}{}", fmt::join(names, ", "), cases.size() > few ? ", ..." : "");
}

std::regex pattern_of(std::string const& filter, bool inverted) {
  try {
    return std::regex(filter.substr(inverted ? 1 : 0), std::regex::ECMAScript | std::regex::optimize);
  } catch (std::regex_error const& error) {
    throw Error(ExitCode::usage,
                fmt::format("--filter '{}' is no regular expression ({}) correct it; a plain part of a "
                            "name works too",
                            filter, error.what()));
  }
}

}  // namespace

std::function<bool(std::string const&)> name_filter(std::string const& filter) {
  if (filter.empty()) return [](std::string const&) { return true; };
  bool const inverted = filter.front() == '-';
  return [inverted, pattern = pattern_of(filter, inverted)](std::string const& name) {
    return std::regex_search(name, pattern) != inverted;
  };
}

std::vector<PlannedCase> filtered(std::vector<PlannedCase> cases, std::string const& filter) {
  if (filter.empty()) return cases;
  bool const inverted = filter.front() == '-';
  auto const keeps = name_filter(filter);
  std::vector<PlannedCase> kept;
  std::ranges::copy_if(cases, std::back_inserter(kept),
                       [&](PlannedCase const& candidate) { return keeps(candidate.name); });
  if (!kept.empty()) return kept;
  throw Error(ExitCode::usage,
              fmt::format("--filter '{}' leaves nothing to run ({} the {} cases) choose among: {}", filter,
                          inverted ? "its pattern is found in all of" : "its pattern is found in none of",
                          cases.size(), a_few_names(cases)));
}

}  // namespace muster
