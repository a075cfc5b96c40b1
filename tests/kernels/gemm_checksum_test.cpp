// The checksum that compares results bit for bit: what it must see, it sees.
#include "kernels/gemm/gemm_checksum.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <numeric>
#include <utility>
#include <vector>

#include "kernels/contract/random.hpp"
#include "kernels/gemm/gemm_samples.hpp"
#include "tests/kernels/support.hpp"

namespace muster {
namespace {

std::vector<std::byte> random_bytes(std::size_t count) {
  std::vector<std::byte> bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>(random_word(5, i));
  return bytes;
}

std::uint64_t checksum(std::vector<std::byte> const& bytes) {
  test::ThisThread team;
  return gemm_checksum(bytes.data(), bytes.size(), team);
}

// The literals come from a second implementation of the documented recipe (Python's integers).
TEST(GemmChecksum, IsTheDocumentedOneAlsoForAWordThatIsNotWhole) {
  std::vector<std::byte> bytes(16);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i);
  EXPECT_EQ(checksum(bytes), 0x32B9034C9765933FULL);
  bytes.resize(13);
  EXPECT_EQ(checksum(bytes), 0x4724DC796C9270BCULL);
}

TEST(GemmChecksum, SeesEverySingleBitOfAShortArray) {
  auto const right = random_bytes(203);
  for (std::size_t bit = 0; bit < right.size() * 8; ++bit) {
    auto wrong = right;
    wrong[bit / 8] ^= std::byte{1} << (bit % 8);
    ASSERT_NE(checksum(wrong), checksum(right)) << "bit " << bit;
  }
}

TEST(GemmChecksum, SeesOneFlippedBitAtRandomPlacesOfALongArray) {
  auto bytes = random_bytes(1 << 20);
  auto const right = checksum(bytes);
  for (std::uint64_t i = 0; i < 500; ++i) {
    auto const bit = random_word(11, i) % (bytes.size() * 8);
    auto const mask = std::byte{1} << (bit % 8);
    bytes[bit / 8] ^= mask;
    ASSERT_NE(checksum(bytes), right) << "bit " << bit;
    bytes[bit / 8] ^= mask;
  }
  EXPECT_EQ(checksum(bytes), right);
}

TEST(GemmChecksum, SeesTwoElementsThatChangedPlacesInEveryElementSize) {
  auto const right = random_bytes(1 << 14);
  for (std::size_t const size : {2U, 4U, 8U}) {
    for (std::uint64_t i = 0; i < 300; ++i) {
      auto const a = random_word(3, 2 * i) % (right.size() / size) * size;
      auto const b = random_word(3, 2 * i + 1) % (right.size() / size) * size;
      if (std::memcmp(right.data() + a, right.data() + b, size) == 0) continue;
      auto wrong = right;
      std::memcpy(wrong.data() + a, right.data() + b, size);
      std::memcpy(wrong.data() + b, right.data() + a, size);
      ASSERT_NE(checksum(wrong), checksum(right)) << "elements at " << a << " and " << b;
    }
  }
}

TEST(GemmChecksum, TeamsOfAnySizeAgree) {
  auto const bytes = random_bytes(100'003);
  HostTeam several({0, 0, 0});
  EXPECT_EQ(gemm_checksum(bytes.data(), bytes.size(), several), checksum(bytes));
}

TEST(GemmSamples, OneThatDiffersIsCountedAndNamed) {
  GemmSamples samples;
  for (unsigned long long i = 0; i < 20; ++i) count_sample(samples, i == 7 || i == 9 ? 12 : 5, i);
  ASSERT_TRUE(complaint(samples));
  EXPECT_EQ(*complaint(samples), "bitwise checksum differs in 2 of 20 results, first in sample 7");
}

TEST(GemmSamples, EqualOnesAreNoFault) {
  GemmSamples samples;
  for (unsigned long long i = 0; i < 20; ++i) count_sample(samples, 5, i);
  EXPECT_FALSE(complaint(samples));
  EXPECT_EQ(samples.reference, 5U);
}

TEST(GemmSamples, AVerifiedReferenceJudgesTheFirstSampleToo) {
  GemmSamples samples{.reference = 4};
  count_sample(samples, 5, 0);
  EXPECT_TRUE(complaint(samples));
}

}  // namespace
}  // namespace muster
