// AlgorithmCache: what is kept, what is refused, and who wins when several write.
#include "kernels/gemm/algorithm_cache.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace muster {
namespace {

namespace fs = std::filesystem;

class AlgorithmCacheTest : public testing::Test {
 protected:
  AlgorithmCacheTest() { fs::remove_all(folder_); }
  ~AlgorithmCacheTest() override { fs::remove_all(folder_); }

  AlgorithmCache cache(std::string key = "library 1, device x, 8 x 8 x 8") const {
    return {folder_, std::move(key)};
  }
  std::optional<ChosenAlgorithm> read(AlgorithmCache const& cache) {
    return cache.read(usable_, [this](std::string text) { notes_.push_back(std::move(text)); });
  }
  ChosenAlgorithm publish(AlgorithmCache const& cache, ChosenAlgorithm const& mine) {
    return cache.publish(mine, usable_, [this](std::string text) { notes_.push_back(std::move(text)); });
  }
  static std::string content(fs::path const& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
  }
  std::size_t files() const {
    auto const in = folder_ / "gemm-algorithms";
    return fs::exists(in) ? static_cast<std::size_t>(std::distance(fs::directory_iterator(in), {})) : 0;
  }

  ChosenAlgorithm const some_{"00ff 12 tile 128x256", 0.0015, 0.0014123456789, 17, 0.81};
  AlgorithmCache::Usable usable_ = [](std::string const&) { return true; };
  std::vector<std::string> notes_;
  fs::path folder_ =
      fs::path(testing::TempDir()) / ("muster-algorithms-" + std::to_string(getpid()) + "-" +
                                      testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(AlgorithmCacheTest, GivesBackWhatWasPublishedToTheLastDigit) {
  EXPECT_FALSE(read(cache()));
  EXPECT_EQ(publish(cache(), some_), some_);
  EXPECT_EQ(read(cache()), some_);
  EXPECT_EQ(files(), 1U) << "nothing temporary is left";
  EXPECT_TRUE(notes_.empty());
}

TEST_F(AlgorithmCacheTest, OfAnotherKeyHasAnotherEntry) {
  publish(cache("key a"), some_);
  EXPECT_FALSE(read(cache("key b")));
  EXPECT_TRUE(read(cache("key a")));
}

// Two keys of one file name, as two keys of one hash would be: the file moved to where the other's belongs.
TEST_F(AlgorithmCacheTest, OfAForeignKeyInTheSameFileIsRefused) {
  publish(cache("key a"), some_);
  fs::rename(cache("key a").file(), cache("key b").file());
  EXPECT_FALSE(read(cache("key b")));
  EXPECT_EQ(notes_.size(), 1U);
}

TEST_F(AlgorithmCacheTest, TheFirstWhoPublishesWins) {
  publish(cache(), some_);
  auto late = some_;
  late.algorithm = "another";
  EXPECT_EQ(publish(cache(), late), some_);
  EXPECT_EQ(read(cache()), some_);
}

TEST_F(AlgorithmCacheTest, ManyAtOnceAgreeOnOne) {
  constexpr int ranks = 16;
  std::vector<ChosenAlgorithm> in_force(ranks);
  std::vector<std::thread> threads;
  for (int rank = 0; rank < ranks; ++rank) {
    threads.emplace_back([&, rank] {
      auto mine = some_;
      mine.algorithm = "of rank " + std::to_string(rank);
      in_force[static_cast<std::size_t>(rank)] = cache().publish(mine, usable_, [](std::string) {});
    });
  }
  for (auto& thread : threads) thread.join();
  std::set<std::string> all;
  for (auto const& each : in_force) all.insert(each.algorithm);
  EXPECT_EQ(all.size(), 1U);
  EXPECT_EQ(files(), 1U);
}

TEST_F(AlgorithmCacheTest, CutOffAtAnyByteIsRefusedNotedAndRemoved) {
  publish(cache(), some_);
  auto const file = cache().file();
  auto const good = content(file);
  for (std::size_t size = 0; size + 1 < good.size(); ++size) {  // without the last line's end it is whole
    std::ofstream(file, std::ios::binary | std::ios::trunc) << good.substr(0, size);
    notes_.clear();
    ASSERT_FALSE(read(cache())) << size;
    ASSERT_EQ(notes_.size(), 1U) << size;
    ASSERT_FALSE(fs::exists(file)) << size;
  }
  EXPECT_EQ(files(), 0U);
}

TEST_F(AlgorithmCacheTest, WithImpossibleTimesIsRefused) {
  for (auto const* bad : {"nan", "inf", "-1", "0", "1 2", "x"}) {
    publish(cache(), some_);
    auto text = content(cache().file());
    auto const at = text.find("chosen_seconds ") + 15;
    text.replace(at, text.find('\n', at) - at, bad);
    std::ofstream(cache().file(), std::ios::trunc) << text;
    EXPECT_FALSE(read(cache())) << bad;
  }
}

TEST_F(AlgorithmCacheTest, OneThatTheLibraryRefusesMakesRoomForAnother) {
  publish(cache(), some_);
  usable_ = [&](std::string const& algorithm) { return algorithm != some_.algorithm; };
  EXPECT_FALSE(read(cache()));
  auto other = some_;
  other.algorithm = "usable";
  EXPECT_EQ(publish(cache(), other), other);
  EXPECT_EQ(read(cache()), other);
}

TEST_F(AlgorithmCacheTest, WithoutAFolderKeepsNothing) {
  AlgorithmCache const none({}, "key");
  EXPECT_EQ(publish(none, some_), some_);
  EXPECT_FALSE(read(none));
  EXPECT_TRUE(none.file().empty());
}

TEST_F(AlgorithmCacheTest, ThatCannotBeWrittenIsNoted) {
  std::ofstream(folder_.string()) << "a file";
  EXPECT_EQ(publish(cache(), some_), some_);
  ASSERT_EQ(notes_.size(), 1U);
  EXPECT_NE(notes_[0].find("cannot be kept"), std::string::npos) << notes_[0];
}

}  // namespace
}  // namespace muster
