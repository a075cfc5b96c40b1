#include "harness/record/save.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>
#include <fstream>
#include <functional>
#include <thread>

#include "harness/core/error.hpp"
#include "tests/unit/record_fixtures.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;
using test::contents;
using test::write_file;
using testing::HasSubstr;

std::size_t files_in(fs::path const& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

std::string fault_of(std::function<void()> const& action) {
  try {
    action();
  } catch (Error const& error) {
    EXPECT_EQ(error.exit_code, ExitCode::not_saved);
    return error.what();
  }
  return "none";
}

TEST(Save, WritesWhatItWasGivenAndLeavesNothingBeside) {
  TemporaryFolder const folder;
  auto const file = folder.path() / "new" / "result.json";
  save_atomically(file, "one");
  save_atomically(file, std::string("two\0three", 9));
  EXPECT_EQ(contents(file), std::string("two\0three", 9));
  EXPECT_EQ(files_in(file.parent_path()), 1U);
}

TEST(Save, FollowsTheUsersUmask) {
  TemporaryFolder const folder;
  mode_t const before = ::umask(027);
  save_atomically(folder.path() / "result.json", "one");
  ::umask(before);
  struct stat info {};
  ASSERT_EQ(::stat((folder.path() / "result.json").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0640U);
}

TEST(Save, MayBeForItsOwnerAlone) {
  TemporaryFolder const folder;
  save_atomically(folder.path() / "request.json", "secret", 0600);
  struct stat info {};
  ASSERT_EQ(::stat((folder.path() / "request.json").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST(Save, NamesTheReasonAndARemedy) {
  TemporaryFolder const folder;
  write_file(folder.path() / "file", "");
  EXPECT_THAT(fault_of([&] { save_atomically(folder.path() / "file" / "result.json", "x"); }),
              HasSubstr("-o"));
  fs::create_directories(folder.path() / "result.json");
  std::string const fault = fault_of([&] { save_atomically(folder.path() / "result.json", "x"); });
  EXPECT_THAT(fault,
              HasSubstr("cannot save " + (folder.path() / "result.json").string() + " (is a directory)"));
  EXPECT_EQ(files_in(folder.path()), 2U);  // the draft is gone
}

TEST(Save, ALinkStaysAndItsFileIsReplaced) {
  TemporaryFolder const folder;
  fs::create_directories(folder.path() / "far");
  auto const file = folder.path() / "far" / "real.json", link = folder.path() / "link.json",
             outer = folder.path() / "outer.json";
  write_file(file, "old");
  fs::create_symlink("far/real.json", link);
  fs::create_symlink(link, outer);
  save_atomically(outer, "new");
  EXPECT_TRUE(fs::is_symlink(link) && fs::is_symlink(outer));
  EXPECT_EQ(contents(file), "new");
  fs::remove(file);
  save_atomically(link, "again");  // what it points to is not there yet
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_EQ(contents(file), "again");
  EXPECT_EQ(files_in(folder.path() / "far"), 1U);
}

TEST(Save, ALinkThatLeadsInACircleOrToAFolderIsRefused) {
  TemporaryFolder const folder;
  fs::create_symlink("circle", folder.path() / "circle");
  EXPECT_NE(fault_of([&] { save_atomically(folder.path() / "circle", "x"); }), "none");
  fs::create_symlink(".", folder.path() / "here");
  EXPECT_THAT(fault_of([&] { save_atomically(folder.path() / "here", "x"); }), HasSubstr("a directory"));
  EXPECT_EQ(files_in(folder.path()), 2U);
}

TEST(Save, APipeIsWrittenToAndStays) {
  TemporaryFolder const folder;
  auto const pipe = folder.path() / "pipe", link = folder.path() / "link";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  fs::create_symlink("pipe", link);
  std::string const sent(200000, 'x');  // more than a pipe holds
  std::string got;
  std::thread reader([&] { got = contents(pipe); });
  save_atomically(link, sent);
  reader.join();
  EXPECT_EQ(got.size(), sent.size());
  EXPECT_TRUE(fs::is_fifo(pipe) && fs::is_symlink(link));
  EXPECT_EQ(files_in(folder.path()), 2U);
}

TEST(Save, APipeWhoseReaderLeavesIsAnError) {
  TemporaryFolder const folder;
  auto const pipe = folder.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::thread reader([&] { std::ifstream(pipe).get(); });
  auto const fault = fault_of([&] { save_atomically(pipe, std::string(2000000, 'x')); });
  reader.join();
  EXPECT_THAT(fault, HasSubstr("broken pipe"));
}

/// In a process of its own that may write at most 1 KiB a file: 0 when the fault was as expected.
int save_too_much(fs::path const& file) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit const most{1024, 1024};
  ::setrlimit(RLIMIT_FSIZE, &most);
  try {
    save_atomically(file, std::string(5000, 'x'));
  } catch (Error const& error) {
    std::string const expected =
        "(file too large) raise the limit on file sizes (ulimit -f), then: muster collect ";
    bool const told =
        std::string(error.what()).find(expected + file.parent_path().string()) != std::string::npos;
    return error.exit_code == ExitCode::not_saved && told ? 0 : 1;
  }
  return 2;
}

TEST(Save, AfterAFailedWriteTheOldFileIsWhole) {
  TemporaryFolder const folder;
  fs::create_directories(folder.path() / "journal");  // what makes it a run folder
  auto const file = folder.path() / "result.json";
  save_atomically(file, "the old one");
  pid_t const child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(save_too_much(file));
  int status = -1;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(contents(file), "the old one");
  EXPECT_EQ(files_in(folder.path()), 2U);
}

/// A disk of 64 KiB, where the machine lets us mount one.
class SmallDisk {
 public:
  explicit SmallDisk(fs::path const& point) : point_(point) {
    mounted_ = ::mount("tmpfs", point.c_str(), "tmpfs", 0, "size=64k") == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount(point_.c_str());
  }
  SmallDisk(SmallDisk const&) = delete;
  SmallDisk& operator=(SmallDisk const&) = delete;
  bool mounted() const { return mounted_; }

 private:
  fs::path point_;
  bool mounted_ = false;
};

TEST(Save, AFullDiskNamesTheWayBack) {
  TemporaryFolder const folder;
  SmallDisk const disk(folder.path());
  if (!disk.mounted()) GTEST_SKIP() << "mounting a small disk is not permitted here";
  fs::create_directories(folder.path() / "journal");
  auto const file = folder.path() / "result.json";
  save_atomically(file, "the old one");
  std::string const fault = fault_of([&] { save_atomically(file, std::string(200000, 'x')); });
  EXPECT_THAT(fault, HasSubstr("(no space left on device) free some space, then: muster collect " +
                               folder.path().string()));
  EXPECT_EQ(contents(file), "the old one");
  EXPECT_EQ(files_in(folder.path()), 2U);
}

TEST(Sha256, GivesThePublishedDigests) {  // FIPS 180-2, appendix B.1, and the empty message
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

}  // namespace
}  // namespace muster
