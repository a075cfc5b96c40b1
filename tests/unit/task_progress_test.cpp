#include "harness/report/task_progress.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <string>

namespace muster {
namespace {

/// What is written while `task` runs with a clock that it moves.
std::string written(bool terminal, std::function<void(TaskProgress&, double&)> const& task) {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* const out = open_memstream(&text, &size);
  {
    double now = 100;
    TaskProgress progress("making", out, terminal, [&] { return now; });
    task(progress, now);
  }
  std::fclose(out);
  std::string const result(text, size);
  std::free(text);
  return result;
}

TEST(TaskProgress, PlainLinesComeAtTenthsAndNotForShortTasks) {
  EXPECT_EQ(written(false, [](TaskProgress& progress, double&) { progress.on(0.9, "soon"); }), "");
  EXPECT_EQ(written(false,
                    [](TaskProgress& progress, double& now) {
                      now += 3;
                      progress.on(0.05, "5 of 100");
                      progress.on(0.11, "11 of 100");
                      progress.on(0.19, "19 of 100");
                      progress.on(0.35, "35 of 100");
                    }),
            "making: 11 % (11 of 100)\nmaking: 35 % (35 of 100)\n");
}

TEST(TaskProgress, ATerminalsLineIsRewrittenTenTimesASecondAndClearedInTheEnd) {
  auto const text = written(true, [](TaskProgress& progress, double& now) {
    now += 10;
    progress.on(0.5, "first");
    progress.on(0.6, "too soon");
    now += 1;
    progress.on(0.6, "second\033[2J");
  });
  EXPECT_NE(text.find("[============>...........] making: first  ETA 0:10"), std::string::npos) << text;
  EXPECT_EQ(text.find("too soon"), std::string::npos);
  EXPECT_NE(text.find("second?[2J"), std::string::npos) << "what a terminal would obey must not reach it";
  EXPECT_TRUE(text.ends_with("\r\033[K"));
}

}  // namespace
}  // namespace muster
