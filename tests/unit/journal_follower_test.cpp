// Journals are heard as they grow, and waited for where a shared folder shows them late.
#include "harness/launch/journal_follower.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "tests/unit/temporary_folder.hpp"

namespace muster {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class Following : public testing::Test {
 protected:
  void write(std::string const& name, std::size_t index) {
    JournalWriter(folder_.path() / name).append(CaseStarted{index, 0, ""});
  }
  void look() { journals_.follow(hear_); }

  TemporaryFolder folder_;
  std::vector<std::string> heard_;
  JournalFollower::Hear const hear_ = [this](std::string const& name, Event const& event) {
    heard_.push_back(name + " " + std::to_string(std::get<CaseStarted>(event).case_index));
  };
  JournalFollower journals_{{folder_.path(), folder_.path() / "elsewhere"},
                            [](std::string const& name) { return name.starts_with("n"); }};
};

TEST_F(Following, EveryWordIsHeardOnceAndWhatIsNotWantedNever) {
  write("n1", 1);
  write("other", 9);
  look();
  write("n1", 2);
  write("n2", 3);
  look();
  look();
  EXPECT_THAT(heard_, UnorderedElementsAre("n1 1", "n1 2", "n2 3"));
}

TEST_F(Following, WhatIsSkippedIsNotHeard) {
  write("n1", 1);
  journals_.skip();
  write("n1", 2);
  look();
  EXPECT_THAT(heard_, ElementsAre("n1 2"));
}

TEST_F(Following, AFolderThatIsMadeLaterIsFollowedToo) {
  look();
  std::filesystem::create_directory(folder_.path() / "elsewhere");
  write("elsewhere/n1", 4);
  look();
  EXPECT_THAT(heard_, ElementsAre("n1 4"));
}

TEST_F(Following, AFileThatComesLateIsWaitedFor) {
  std::thread writer([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(120));
    write("n1", 5);
  });
  journals_.follow_late_words(
      60, [this] { return !heard_.empty(); }, hear_);
  writer.join();
  EXPECT_THAT(heard_, ElementsAre("n1 5"));
}

TEST_F(Following, AFileThatNeverComesIsWaitedForAsLongAsIsAllowed) {
  journals_.follow_late_words(
      0.1, [] { return false; }, hear_);
  EXPECT_THAT(heard_, IsEmpty());
}

}  // namespace
}  // namespace muster
