// The kernels that make and check collectives' data, against the host's versions of them.
#include "kernels/collective/collective_kernels.cuh"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/cudacpu/aligned_array.hpp"

namespace muster {
namespace {

using cuda::block_size;
using cuda::SegmentCount;

class OneThread final : public Team {
 public:
  int size() const override { return 1; }
  void run(std::function<void(int)> const& job) override { job(0); }
};

CollectiveProblem problem_of(Operation operation, ElementType type, Reduction reduction) {
  return {.operation = operation,
          .type = type,
          .reduction = reduction,
          .bytes = 3 * 1040,
          .seed = 9,
          .rank = 1,
          .ranks = 3};
}

std::string label(CollectiveProblem const& problem) {
  return std::string(name(problem.operation)) + " " + std::string(name(problem.type)) + " " +
         std::string(name(problem.reduction));
}

AlignedArray<unsigned char> filled(CollectiveProblem const& problem) {
  AlignedArray<unsigned char> source(problem.send_elements() * element_bytes(problem.type));
  cudacpu::launch({.grid = 3, .block = block_size, .order = cudacpu::Order::shuffled}, cuda::collective_fill,
                  problem.data(), reduces(problem.operation), problem.rank, static_cast<void*>(source.data()),
                  std::uint64_t{problem.send_elements()});
  return source;
}

/// What rank problem.rank has to find in its target.
AlignedArray<unsigned char> right_result(CollectiveProblem const& problem) {
  AlignedArray<unsigned char> result(problem.recv_elements() * element_bytes(problem.type));
  for (auto const& segment : segments_of(problem)) {
    for (std::size_t i = 0; i < segment.count; ++i) {
      auto const bits = segment.source == Segment::all_ranks
                            ? reduced_result(problem.data(), segment.first + i)
                            : moved_input(problem.data(), segment.source, segment.first + i);
      store_bits(problem.type, result.data(), segment.begin + i, bits);
    }
  }
  return result;
}

struct Found {
  std::vector<SegmentCount> counts;
  unsigned long long total = 0;
};

Found check(CollectiveProblem const& problem, AlignedArray<unsigned char>& result) {
  auto const segments = segments_of(problem);
  Found found{std::vector<SegmentCount>(segments.size(), SegmentCount{0, ~0ULL, 0})};
  cudacpu::launch({.grid = 2, .block = block_size, .order = cudacpu::Order::shuffled}, cuda::collective_check,
                  problem.data(), static_cast<void const*>(result.data()), segments.data(),
                  static_cast<int>(segments.size()), found.counts.data(), &found.total);
  return found;
}

template <class Action>
void for_all(Action const& action) {
  for (int type = 0; type < 12; ++type) {
    for (int reduction = 0; reduction < 6; ++reduction) {
      if (static_cast<Reduction>(reduction) != Reduction::avg)  // right_result gives sums there
        action(problem_of(Operation::reduce_scatter, static_cast<ElementType>(type),
                          static_cast<Reduction>(reduction)));
    }
    action(problem_of(Operation::all_to_all, static_cast<ElementType>(type), Reduction::sum));
  }
}

TEST(CollectiveKernels, FillAsTheHostDoes) {
  for_all([](CollectiveProblem const& problem) {
    auto ours = filled(problem);
    std::vector<unsigned char> theirs(problem.send_elements() * element_bytes(problem.type));
    OneThread team;
    fill_source(problem, theirs.data(), team);
    for (std::size_t i = 0; i < theirs.size(); ++i)
      ASSERT_EQ(ours[i], theirs[i]) << label(problem) << " byte " << i;
  });
}

TEST(CollectiveKernels, PassRightResultsAndFindEveryFlippedBitInItsSegment) {
  for_all([](CollectiveProblem const& problem) {
    auto result = right_result(problem);
    auto const right = check(problem, result);
    EXPECT_EQ(right.total, 0U) << label(problem);
    auto const segments = segments_of(problem);
    for (std::size_t s = 0; s < segments.size(); ++s) EXPECT_EQ(right.counts[s].seen, segments[s].count);
    auto const element = element_bytes(problem.type);
    for (std::size_t s = 0; s < segments.size(); ++s) {
      std::size_t const at = segments[s].begin + segments[s].count - 3;
      bool const zero = load_bits(problem.type, result.data(), at) == 0;
      if (zero && is_float(problem.type)) continue;  // a zero's sign is free
      result[at * element] ^= 1;
      auto const found = check(problem, result);
      EXPECT_EQ(found.total, 1U) << label(problem);
      EXPECT_EQ(found.counts[s].wrong, 1U);
      EXPECT_EQ(found.counts[s].first, at);
      result[at * element] ^= 1;
    }
  });
}

TEST(CollectiveKernels, AnUnwrittenTargetIsWrongEverywhereAndItsFirstElementIsNamed) {
  auto const problem = problem_of(Operation::all_to_all, ElementType::float16, Reduction::sum);
  AlignedArray<unsigned char> blank(problem.recv_elements() * 2);
  for (std::size_t i = 0; i < blank.size(); ++i) blank[i] = 0xFF;
  auto const found = check(problem, blank);
  EXPECT_GT(found.total, problem.recv_elements() - 3);
  EXPECT_EQ(found.counts[2].first, 2 * problem.count());
}

TEST(CollectiveKernels, SamplesAreCountedOnceHoweverMuchIsWrong) {
  unsigned long long total = 17, samples = 0;
  auto const close = [&] {
    cudacpu::launch({.grid = 1, .block = 1}, cuda::collective_close_sample, &total, &samples);
  };
  close();
  EXPECT_EQ(total, 0U);
  EXPECT_EQ(samples, 1U);
  close();
  EXPECT_EQ(samples, 1U);
}

}  // namespace
}  // namespace muster
