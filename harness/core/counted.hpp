// A number of things in words.
#pragma once
#include <fmt/format.h>

#include <concepts>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

/// "1 case", "2 cases"; where an s does not do: counted(2, "launch", "launches").
template <std::integral Number>
std::string counted(Number count, std::string_view one, std::string_view many = "") {
  if (count == 1) return fmt::format("1 {}", one);
  return many.empty() ? fmt::format("{} {}s", count, one) : fmt::format("{} {}", count, many);
}

/// "8 x A, B": what there is of each, in order of first appearance.
std::string counted_things(std::vector<std::string> const& things);

}  // namespace muster
