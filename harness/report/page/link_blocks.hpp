// A matrix of pairs, small enough to be drawn, and its worst pairs.
#pragma once
#include <cstddef>
#include <vector>

#include "kernels/contract/work.hpp"

namespace muster {

/// Blocks of a matrix; of each block the worst of its values. NaN: nobody measured a pair of it.
struct LinkBlocks {
  std::size_t rows = 0, columns = 0, pairs = 1;  ///< pairs: rows and columns of the matrix in one of a block
  std::vector<double> values;                    ///< row by row
};

/// Are lower values the worse ones? Of times the higher ones are.
bool lower_is_worse(Matrix const& matrix);

/// At most `most` rows and columns.
LinkBlocks blocks_of(Matrix const& matrix, std::size_t most);

struct Pair {
  std::size_t row = 0, column = 0;
  double value = 0;
};

/// All that were measured, the worst first; of a symmetric matrix each once.
std::vector<Pair> worst_first(Matrix const& matrix);

}  // namespace muster
