#include "harness/plan/spelling.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace muster {

std::size_t edit_distance(std::string_view left, std::string_view right) {
  std::vector<std::vector<std::size_t>> cost(left.size() + 1, std::vector<std::size_t>(right.size() + 1));
  for (std::size_t i = 0; i <= left.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= right.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= left.size(); ++i) {
    for (std::size_t j = 1; j <= right.size(); ++j) {
      std::size_t const replace = cost[i - 1][j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
      cost[i][j] = std::min({replace, cost[i - 1][j] + 1, cost[i][j - 1] + 1});
      bool const swapped = i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
      if (swapped) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[left.size()][right.size()];
}

std::string nearest(std::string_view word, std::vector<std::string> const& known) {
  constexpr std::size_t longest = 200;  // what is longer is no name
  if (word.size() > longest) return {};
  std::string best;
  std::size_t best_distance = 0;
  for (auto const& candidate : known) {
    std::size_t const distance = edit_distance(word, candidate);
    bool const near = distance <= std::max<std::size_t>(1, candidate.size() / 3);
    if (near && (best.empty() || distance < best_distance)) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string suggestion(std::string_view word, std::vector<std::string> const& known) {
  if (known.empty()) return "there are none";
  auto const best = nearest(word, known);
  return fmt::format("{}there are: {}", best.empty() ? "" : fmt::format("did you mean '{}'? ", best),
                     fmt::join(known, ", "));
}

}  // namespace muster
