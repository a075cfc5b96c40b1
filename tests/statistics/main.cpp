// Answers lines of numbers with statistics, for a second implementation to check:
//   ranks ALPHA : first group : second group   ->  u p exact(1/0) shift low high confidence exact(1/0)
//   bh : p values                              ->  q values
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "harness/analyze/false_discovery.hpp"
#include "harness/analyze/mann_whitney.hpp"
#include "harness/analyze/shift.hpp"

namespace {

std::vector<double> numbers(std::string const& text) {
  std::istringstream stream(text);
  std::vector<double> list;
  for (double x = 0; stream >> x;) list.push_back(x);
  return list;
}

std::string ranks(double alpha, std::vector<double> const& first, std::vector<double> const& second) {
  auto const test = muster::mann_whitney(first, second);
  auto const shift = muster::hodges_lehmann(first, second, alpha);
  return fmt::format("{} {} {} {} {} {} {} {}", test.u, test.p, test.exact ? 1 : 0, shift.estimate,
                     shift.interval.low, shift.interval.high, shift.confidence, shift.exact ? 1 : 0);
}

std::string answer(std::string const& line) {
  std::istringstream parts(line);
  std::string head, first, second;
  std::getline(parts, head, ':');
  std::getline(parts, first, ':');
  std::getline(parts, second, ':');
  if (head.starts_with("bh"))
    return fmt::format("{}", fmt::join(muster::benjamini_hochberg(numbers(first)), " "));
  return ranks(std::stod(head.substr(head.find(' '))), numbers(first), numbers(second));
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) fmt::print("{}\n", answer(line));
}
