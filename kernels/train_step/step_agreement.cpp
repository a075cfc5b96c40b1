#include "kernels/train_step/step_agreement.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <string>

namespace muster::train {
namespace {

template <class Number>
std::string bytes_of(std::span<Number const> numbers) {
  auto const bytes = std::as_bytes(numbers);
  return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

template <class Number>
std::vector<Number> numbers_of(std::string const& bytes) {
  std::vector<Number> numbers(bytes.size() / sizeof(Number));
  std::memcpy(numbers.data(), bytes.data(), bytes.size());
  return numbers;
}

TeamSums sums_of_one(std::span<double const> own) {
  TeamSums sums{{own.begin(), own.end()}, {}};
  for (double const value : own) sums.norm.push_back(std::abs(value));
  return sums;
}

TeamSums sums_over(Group& team, std::span<double const> own) {
  TeamSums sums{std::vector<double>(own.size()), std::vector<double>(own.size())};
  for (auto const& text : team.gather(bytes_of(own))) {
    auto const theirs = numbers_of<double>(text);
    for (std::size_t i = 0; i < own.size(); ++i) {
      sums.sum[i] += theirs[i];
      sums.norm[i] = std::hypot(sums.norm[i], theirs[i]);
    }
  }
  team.broadcast(std::as_writable_bytes(std::span(sums.sum)), 0);
  team.broadcast(std::as_writable_bytes(std::span(sums.norm)), 0);
  return sums;
}

}  // namespace

StepGroups::StepGroups(int tensor_parallel, Group& all)
    : all_(all), members_(step_members(tensor_parallel, all)) {}

TeamSums StepGroups::over_sharers(std::span<double const> own) {
  return members_.layer ? sums_over(*members_.layer, own) : sums_of_one(own);
}

TeamSums StepGroups::over_reducers(std::span<double const> own) { return sums_over(reducers(), own); }

std::vector<std::uint64_t> StepGroups::everyones(std::uint64_t own) {
  std::vector<std::uint64_t> numbers(static_cast<std::size_t>(all_.size()));
  auto const texts = all_.gather(bytes_of(std::span<std::uint64_t const>(&own, 1)));
  for (std::size_t rank = 0; rank < texts.size(); ++rank)
    numbers[rank] = numbers_of<std::uint64_t>(texts[rank]).front();
  all_.broadcast(std::as_writable_bytes(std::span(numbers)), 0);
  return numbers;
}

StepFindings weights_agreement(StepTeams const& teams, std::span<std::uint64_t const> hashes, int rank) {
  auto const team = StepTeams::team_of(teams.reducers, rank);
  auto const hash_of = [&](int of) { return hashes[static_cast<std::size_t>(of)]; };
  std::map<std::uint64_t, std::size_t> counts;
  for (int const member : team) ++counts[hash_of(member)];
  auto const most = std::ranges::max_element(counts, {}, [](auto const& entry) { return entry.second; });
  StepFindings findings;
  if (counts.size() == 1) return findings;
  bool const majority = 2 * most->second > team.size();
  std::vector<int> odd;
  std::ranges::copy_if(team, std::back_inserter(odd),
                       [&](int member) { return !majority || hash_of(member) != most->first; });
  if (std::ranges::find(odd, rank) == odd.end()) return findings;
  findings.fail(majority
                    ? fmt::format("weights of rank {} have other bits than those of the {} ranks that agree",
                                  fmt::join(odd, ", "), most->second)
                    : fmt::format("weights of ranks {} differ, which should be the same bits, and no "
                                  "majority of them agrees",
                                  fmt::join(odd, ", ")));
  return findings;
}

}  // namespace muster::train
