// Matrices for people: small ones whole, large ones by their lowest entries.
#include "harness/report/matrix_view.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "harness/report/result_view.hpp"

namespace muster {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Every pair of `size` nodes at 10 GB/s and a little more for later ones; the diagonal not measured.
Matrix links(std::size_t size) {
  Matrix matrix{"bandwidth", "B/s", {}, {}, {}};
  for (std::size_t i = 0; i < size; ++i) matrix.rows.push_back("n" + std::to_string(i));
  matrix.columns = matrix.rows;
  for (std::size_t row = 0; row < size; ++row) {
    for (std::size_t column = 0; column < size; ++column) {
      double const later = static_cast<double>(std::min(row, column) * size + std::max(row, column));
      matrix.values.push_back(row == column ? std::nan("") : 10e9 + 1e6 * later);
    }
  }
  return matrix;
}

std::size_t count(std::string const& text, std::string const& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(MatrixText, ASmallOneIsATableInOneUnit) {
  auto matrix = links(3);
  matrix.values[1] = matrix.values[3] = 950e6;
  EXPECT_EQ(matrix_text("collective/links", matrix),
            "  collective/links: bandwidth, GB/s\n"
            "            n0      n1     n2\n"
            "    n0       -  0.9500  10.00\n"
            "    n1  0.9500       -  10.01\n"
            "    n2   10.00   10.01      -\n");
}

TEST(MatrixText, SixteenAreShownWholeAndSeventeenAreNot) {
  EXPECT_EQ(count(matrix_text("c", links(16)), "\n"), 18U);
  EXPECT_EQ(count(matrix_text("c", links(17)), "\n"), 6U);
}

TEST(MatrixText, ALargeOneNamesItsFiveLowestEachPairOnce) {
  auto matrix = links(20);
  matrix.values[3 * 20 + 11] = matrix.values[11 * 20 + 3] = 1.25e9;
  auto const text = matrix_text("collective/links", matrix);
  EXPECT_THAT(text,
              HasSubstr("collective/links: bandwidth: the lowest of 190\n      n3 - n11: 1.250 GB/s\n"));
  EXPECT_EQ(count(text, "n11"), 1U);
  EXPECT_EQ(count(text, "GB/s"), 5U);
  EXPECT_THAT(text, HasSubstr("n0 - n4: 10.00 GB/s"));
  EXPECT_THAT(text, Not(HasSubstr("n0 - n5")));
}

TEST(MatrixText, ALargeOneWithTwoDirectionsNamesBoth) {
  auto matrix = links(20);
  matrix.values[3 * 20 + 11] = 1.25e9;
  matrix.values[11 * 20 + 3] = 1.5e9;
  auto const text = matrix_text("c", matrix);
  EXPECT_THAT(text, HasSubstr("n3 - n11: 1.250 GB/s\n      n11 - n3: 1.500 GB/s"));
}

TEST(MatrixText, OneThatNobodyMeasuredIsNotShown) {
  auto matrix = links(3);
  for (auto& value : matrix.values) value = std::nan("");
  EXPECT_EQ(matrix_text("c", matrix), "");
}

TEST(MatrixText, StandsBelowTheCasesAndOnlyForThoseThatAreOk) {
  Document document;
  document.cases.resize(2);
  for (auto& result : document.cases) {
    result.name = result.workload = "collective/links";
    result.status = CaseStatus::ok;
    result.launches.resize(1);
    result.launches[0].metric.median = 1;
    result.matrices = {links(2)};
  }
  document.cases[1].name = "collective/links/bad";
  document.cases[1].status = CaseStatus::crashed;
  auto const text = result_text(document);
  EXPECT_THAT(text, HasSubstr("collective/links: bandwidth, GB/s"));
  EXPECT_THAT(text, Not(HasSubstr("bad: bandwidth")));
  EXPECT_LT(text.find("bandwidth, GB/s"), text.find("1 cases verified"));
}

}  // namespace
}  // namespace muster
