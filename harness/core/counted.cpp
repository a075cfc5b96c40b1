#include "harness/core/counted.hpp"

#include <algorithm>
#include <utility>

namespace muster {

std::string counted_things(std::vector<std::string> const& things) {
  std::vector<std::pair<std::string, int>> counts;
  for (auto const& thing : things) {
    auto const found = std::ranges::find(counts, thing, &std::pair<std::string, int>::first);
    found != counts.end() ? void(++found->second) : void(counts.emplace_back(thing, 1));
  }
  std::string text;
  for (auto const& [thing, count] : counts)
    text +=
        fmt::format("{}{}{}", text.empty() ? "" : ", ", count > 1 ? fmt::format("{} x ", count) : "", thing);
  return text;
}

}  // namespace muster
