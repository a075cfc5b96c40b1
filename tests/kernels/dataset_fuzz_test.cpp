// Thousands of spoilt indexes and tar files, the same ones each time: each is refused, or everything in it
// lies inside. Under AddressSanitizer this says that nothing is read outside either.
#include <gtest/gtest.h>

#include <algorithm>

#include "kernels/dataload/dataset/open.hpp"
#include "kernels/dataload/dataset/shard_check.hpp"
#include "kernels/dataload/random.hpp"
#include "kernels/dataload/tar.hpp"
#include "tests/kernels/dataset_support.hpp"

namespace muster::dataload::test {
namespace {

/// Values at which arithmetic goes wrong.
std::uint64_t edge(RowRandom& random) {
  constexpr std::uint64_t values[] = {0,
                                      1,
                                      2,
                                      7,
                                      8,
                                      39,
                                      40,
                                      127,
                                      128,
                                      511,
                                      512,
                                      4095,
                                      4096,
                                      65535,
                                      65536,
                                      INT32_MAX,
                                      UINT32_MAX,
                                      INT64_MAX,
                                      UINT64_MAX,
                                      UINT64_MAX - 511,
                                      UINT64_MAX / 40,
                                      UINT64_MAX / 64};
  return values[random.below(std::size(values))] + random.below(3) - 1;
}

void overwrite(std::string& bytes, std::size_t at, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size && at + i < bytes.size(); ++i)
    bytes[at + i] = static_cast<char>(value >> (8 * i));
}

std::size_t place(RowRandom& random, std::string const& bytes) {
  return random.below(static_cast<std::uint32_t>(std::max<std::size_t>(1, bytes.size())));
}

void mutate(std::string& bytes, RowRandom& random, std::size_t unit) {
  switch (random.below(7)) {
    case 0:
      for (auto times = random.below(8) + 1; times > 0; --times)
        if (!bytes.empty()) bytes[place(random, bytes)] ^= static_cast<char>(1 << random.below(8));
      return;
    case 1:
      return overwrite(bytes, place(random, bytes) / 8 * 8, edge(random), 8);
    case 2:
      return overwrite(bytes, place(random, bytes) / 4 * 4, edge(random), 4);
    case 3:
      return bytes.resize(place(random, bytes));
    case 4:
      return bytes.resize(bytes.size() + random.below(5000), static_cast<char>(random.next()));
    case 5: {  // a piece comes twice
      auto const at = place(random, bytes) / unit * unit;
      bytes.insert(at, bytes.substr(at, unit));
      return;
    }
    default:  // a piece is missing
      bytes.erase(place(random, bytes) / unit * unit, unit);
  }
}

/// Everything that the program does with an index it has accepted.
void use(Index const& index) {
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < index.size(); ++i) {
    auto const record = index.record(i);
    auto const& shard = index.shards().at(record.shard);
    ASSERT_LE(record.length, shard.bytes);
    ASSERT_LE(record.offset, shard.bytes - record.length);
    sum += record.length;
  }
  ASSERT_EQ(sum, index.head().record_bytes);
  for (std::uint64_t i = 0; i < index.shards().size(); ++i) {
    ASSERT_EQ(index.path_of(i).filename().string(), index.shards()[i].name);
    check_shard(index, i, [] { return true; });
  }
  index.shard_faults();
}

TEST(DatasetFuzz, ASpoiltIndexIsRefusedOrHarmless) {
  TestFolder const folder;
  Forged forged;
  forged.settle();
  for (auto const& shard : forged.shards)
    write_text(folder / shard.name, std::string(Forged::shard_bytes, 'x'));
  int accepted = 0, refused = 0;
  for (std::uint64_t round = 0; round < 6000; ++round) {
    RowRandom random(stream_key(2024, round));
    std::string body = forged.body();
    bool const sealed = random.below(8) != 0;  // else the checksum would save the rest from being tried
    for (auto times = random.below(3) + 1; times > 0; --times) mutate(body, random, times % 2 == 0 ? 40 : 64);
    if (random.below(2) == 0 && body.size() >= 24) overwrite(body, 16, body.size() + 8, 8);
    write_text(folder / index_name, sealed ? Forged::sealed(body) : body);
    try {
      Index const index(folder / index_name);
      use(index);
      ++accepted;
    } catch (BadIndex const&) {
      ++refused;
    }
    if (testing::Test::HasFatalFailure()) FAIL() << "round " << round;
  }
  EXPECT_GT(accepted, 20) << "mutations are too coarse to reach what comes after opening";
  EXPECT_GT(refused, 3000);
}

std::string a_tar(TestFolder const& folder) {
  fs::path const file = folder / "base.tar";
  TarWriter shard(file);
  shard.add("one.jpg", std::as_bytes(std::span("abcdefg", 7)));
  shard.add(std::string(150, 'n') + ".jpg", picture(0));
  shard.add("two.cls", std::as_bytes(std::span("7", 1)));
  shard.finish();
  return bytes_of(file);
}

/// Gives every header a checksum that fits: the reader then looks further.
void mend_checksums(std::string& bytes) {
  for (std::size_t at = 0; at + 512 <= bytes.size(); at += 512) {
    if (bytes.compare(at + 257, 5, "ustar") != 0) continue;
    unsigned sum = 8 * ' ';
    for (std::size_t i = 0; i < 512; ++i)
      if (i < 148 || i >= 156) sum += static_cast<unsigned char>(bytes[at + i]);
    std::string digits(6, '0');
    for (std::size_t i = 6; i-- > 0; sum /= 8) digits[i] = static_cast<char>('0' + sum % 8);
    bytes.replace(at + 148, 8, digits + std::string("\0 ", 2));
  }
}

TEST(DatasetFuzz, ASpoiltTarNeverListsWhatIsNotThere) {
  TestFolder const folder;
  std::string const base = a_tar(folder);
  int whole = 0, cut = 0;
  for (std::uint64_t round = 0; round < 6000; ++round) {
    RowRandom random(stream_key(77, round));
    std::string bytes = base;
    for (auto times = random.below(3) + 1; times > 0; --times) {
      if (random.below(3) == 0) {  // size, type or the text of a header
        constexpr std::size_t fields[] = {124, 125, 135, 156, 0, 148, 257, 345, 512, 514, 520};
        auto const header = place(random, bytes) / 512 * 512;
        overwrite(bytes, header + fields[random.below(std::size(fields))], edge(random), 1 + random.below(8));
      } else {
        mutate(bytes, random, 512);
      }
    }
    if (random.below(4) != 0) mend_checksums(bytes);
    write_text(folder / "x.tar", bytes);
    auto const listing = list_tar(folder / "x.tar");
    (listing.fault.empty() ? whole : cut) += 1;
    ASSERT_LE(listing.members.size(), bytes.size() / 512) << "round " << round;
    for (auto const& member : listing.members) {
      ASSERT_LE(member.size, bytes.size()) << "round " << round;
      ASSERT_LE(member.offset, bytes.size() - member.size) << "round " << round;
    }
  }
  EXPECT_GT(whole, 500);
  EXPECT_GT(cut, 500);
}

}  // namespace
}  // namespace muster::dataload::test
