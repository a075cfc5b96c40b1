// The model of the tensor cores' products against products of whole matrices.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/cudacpu/cudacpu.hpp"
// After the execution model.
#include "kernels/cuda/matrix.cuh"

namespace muster {
namespace {

struct Matrices {
  float a[16][16], b[16][8], sums[16][8];
};

// Small whole numbers, no two rows or columns alike.
Matrices some_matrices() {
  Matrices all{};
  for (int row = 0; row < 16; ++row) {
    for (int k = 0; k < 16; ++k) all.a[row][k] = static_cast<float>((row * 7 + k * k + row * k) % 23 - 11);
    for (int column = 0; column < 8; ++column) {
      all.b[row][column] = static_cast<float>((column * 5 + row * row * 3 + column * row) % 19 - 9);
      all.sums[row][column] = static_cast<float>(row * 8 + column);
    }
  }
  return all;
}

unsigned pair(float low, float high) { return to_fp16(low) | static_cast<unsigned>(to_fp16(high)) << 16; }

// Each lane takes its share and puts its sums back, by the PTX manual's layouts; lanes from `lanes` on do not
// take part.
void multiply_shares(Matrices* all, int lanes) {
  int const lane = static_cast<int>(threadIdx.x), g = lane / 4, k = lane % 4 * 2;
  if (lane >= lanes) return;
  unsigned const a[4]{pair(all->a[g][k], all->a[g][k + 1]), pair(all->a[g + 8][k], all->a[g + 8][k + 1]),
                      pair(all->a[g][k + 8], all->a[g][k + 9]),
                      pair(all->a[g + 8][k + 8], all->a[g + 8][k + 9])};
  float sums[4]{all->sums[g][k], all->sums[g][k + 1], all->sums[g + 8][k], all->sums[g + 8][k + 1]};
  cuda::multiply_add(sums, a, pair(all->b[k][g], all->b[k + 1][g]), pair(all->b[k + 8][g], all->b[k + 9][g]));
  for (int i = 0; i < 4; ++i) all->sums[g + i / 2 * 8][k + i % 2] = sums[i];
}

TEST(TensorCores, AddTheProductOfTheWarpsMatrices) {
  for (auto const order : cudacpu::all_orders) {
    Matrices const before = some_matrices();
    Matrices after = before;
    cudacpu::launch({.block = 32, .order = order}, multiply_shares, &after, 32);
    for (int row = 0; row < 16; ++row) {
      for (int column = 0; column < 8; ++column) {
        float sum = before.sums[row][column];
        for (int k = 0; k < 16; ++k) sum += before.a[row][k] * before.b[k][column];
        EXPECT_EQ(after.sums[row][column], sum) << row << ", " << column;
      }
    }
  }
}

// Lane 31 has the last of rows 7 and 15, and of column 7.
TEST(TensorCores, ALaneThatHasReturnedShows) {
  Matrices after = some_matrices();
  cudacpu::launch({.block = 32}, multiply_shares, &after, 31);
  EXPECT_TRUE(std::isnan(after.sums[7][0]));
  EXPECT_TRUE(std::isnan(after.sums[15][0]));
  EXPECT_FALSE(std::isnan(after.sums[0][0]));
}

void wait_differently(int) {
  if (threadIdx.x == 0) return __syncwarp();
  Matrices all = some_matrices();
  multiply_shares(&all, 32);
}

TEST(TensorCores, AWarpThatIsNotTogetherIsReported) {
  EXPECT_THROW(cudacpu::launch({.block = 32}, wait_differently, 0), cudacpu::DivergentBarrier);
}

}  // namespace
}  // namespace muster
