// The lines of an A/B run.
#include "harness/report/turns.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace muster {
namespace {

class TurnsTest : public ::testing::Test {
 protected:
  TurnsTest() : out_(open_memstream(&text_, &size_)) {}
  ~TurnsTest() override {
    std::fclose(out_);
    std::free(text_);
  }
  std::string said() {
    std::fflush(out_);
    return {text_, size_};
  }

  char* text_ = nullptr;
  std::size_t size_ = 0;
  std::FILE* out_;
  double now_ = 100;
};

TEST_F(TurnsTest, PlainLinesEveryHalfMinuteAndAtTheEnd) {
  TurnProgress progress(out_, false, [this] { return now_; });
  progress.begin("[1/2] base launch 1");
  for (; now_ < 165; now_ += 1) progress.on("case " + std::to_string(static_cast<int>(now_)));
  progress.end("1 min 05 s");
  EXPECT_EQ(
      said(),
      "[1/2] base launch 1: case 130\n[1/2] base launch 1: case 160\n[1/2] base launch 1: 1 min 05 s\n");
}

TEST_F(TurnsTest, ATerminalsLineIsDrawnOverAndHoldsNothingThatItWouldObey) {
  {
    TurnProgress progress(out_, true, [this] { return now_; });
    progress.begin("[1/2] base launch 1");
    progress.on("too soon");
    now_ += 1;
    progress.on("bad \033[31m words");
    progress.end("ok");
  }
  EXPECT_EQ(said(), "\r\033[K[1/2] base launch 1: bad ?[31m words\r\033[K[1/2] base launch 1: ok\n");
}

}  // namespace
}  // namespace muster
