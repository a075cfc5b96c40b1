#include "harness/record/matrices.hpp"

#include <algorithm>
#include <cmath>

#include "harness/core/statistics.hpp"

namespace muster {
namespace {

/// All matrices of one name: the first one seen, those that fit it (itself among them), and how many do not.
struct Alike {
  Matrix const* first;
  std::vector<Matrix const*> fitting{};
  std::size_t others = 0;
};

bool fits(Matrix const& a, Matrix const& b) {
  return a.unit == b.unit && a.rows == b.rows && a.columns == b.columns;
}

std::vector<Alike> by_name(Ranks const& ranks) {
  std::vector<Alike> all;
  for (auto const* rank : ranks) {
    if (!rank->matrices) continue;
    for (Matrix const& matrix : *rank->matrices) {
      auto same = std::ranges::find_if(all, [&](Alike const& a) { return a.first->name == matrix.name; });
      if (same == all.end()) same = all.insert(all.end(), Alike{&matrix});
      if (fits(*same->first, matrix)) {
        same->fitting.push_back(&matrix);
      } else {
        ++same->others;
      }
    }
  }
  return all;
}

double median_at(std::vector<Matrix const*> const& matrices, std::size_t index) {
  std::vector<double> measured;
  for (auto const* matrix : matrices) {
    if (std::isfinite(matrix->values[index])) measured.push_back(matrix->values[index]);
  }
  return measured.empty() ? std::nan("") : median(measured);
}

}  // namespace

std::vector<Matrix> median_matrices(Ranks const& ranks) {
  std::vector<Matrix> result;
  for (Alike const& alike : by_name(ranks)) {
    Matrix matrix = *alike.first;
    for (std::size_t i = 0; i < matrix.values.size(); ++i) matrix.values[i] = median_at(alike.fitting, i);
    result.push_back(std::move(matrix));
  }
  return result;
}

std::vector<std::string> clashes(Ranks const& ranks) {
  std::vector<std::string> warnings;
  for (Alike const& alike : by_name(ranks)) {
    if (alike.others == 0) continue;
    warnings.push_back("matrix '" + alike.first->name + "': " + std::to_string(alike.others) +
                       " of other nodes or ranks than the first one's are left out");
  }
  return warnings;
}

}  // namespace muster
