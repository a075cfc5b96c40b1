#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <fstream>
#include <mutex>
#include <set>
#include <thread>

#include "kernels/train_step/checkpoint.hpp"
#include "kernels/train_step/decomposition.hpp"
#include "kernels/train_step/fixed_batch_host.hpp"
#include "kernels/train_step/host_machine_host.hpp"
#include "tests/kernels/null_machine.hpp"
#include "tests/kernels/support.hpp"
#include "tests/kernels/train_step_networks.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace muster::train {
namespace {

namespace fs = std::filesystem;

/// The real calls, on whatever the test's folder lies, with faults planted by the number of a call.
class FaultyLayer final : public FileLayer {
 public:
  int fails_at = 0;  ///< the write that fails, counted from 1; 0: none
  int error = 0;
  int most_bytes = 0;     ///< of a write; 0: all
  int refuses_files = 0;  ///< the error of making one; 0: none
  bool refuses_direct = false, refuses_room = false, refuses_name = false, refuses_flush = false;
  std::uint64_t free = ~std::uint64_t{0};
  std::string filesystem = "ext4";
  std::function<void()> before_flush = [] {};
  int writes = 0;

  int create(fs::path const& path, bool direct) override {
    if (refuses_files != 0) return -refuses_files;
    return direct && refuses_direct ? -EINVAL : FileLayer::create(path, direct);
  }
  int reserve(int descriptor, std::uint64_t bytes) override {
    return refuses_room ? -ENOSPC : FileLayer::reserve(descriptor, bytes);
  }
  std::int64_t write(int descriptor, std::span<std::byte const> bytes, std::uint64_t at) override {
    if (++writes == fails_at) return -error;
    if (most_bytes > 0) bytes = bytes.first(std::min(bytes.size(), static_cast<std::size_t>(most_bytes)));
    return FileLayer::write(descriptor, bytes, at);
  }
  int flush(int descriptor) override {
    before_flush();
    return refuses_flush ? -EIO : FileLayer::flush(descriptor);
  }
  int rename(fs::path const& from, fs::path const& to) override {
    return refuses_name ? -EACCES : FileLayer::rename(from, to);
  }
  std::uint64_t free_bytes(fs::path const& folder) override {
    return std::min(free, FileLayer::free_bytes(folder));
  }
  dataload::Storage storage_under(fs::path const&) override { return {filesystem, {}, "it is a test"}; }
};

/// What a machine has of a state: numbers that each step changes.
class StateMachine final : public test::NullMachine {
 public:
  explicit StateMachine(StepPlan const& plan) : parameters_(plan.parameters), state_(3 * plan.parameters) {
    next_update();
  }
  std::uint64_t wrong_from = ~std::uint64_t{0};  ///< bytes of the state from there on are copied wrongly
  int its_rank = 0, its_ranks = 1;               ///< among those with the same weights

  int rank() const override { return its_rank; }
  int ranks() const override { return its_ranks; }
  void next_update() override {
    ++updates_;
    for (std::size_t i = 0; i < state_.size(); ++i)
      state_[i] = static_cast<float>(i) + static_cast<float>(updates_) / 8;
  }
  std::uint64_t updates() override { return updates_; }
  void copy_state(std::uint64_t begin, std::uint64_t end, std::byte* to) override {
    std::memcpy(to, reinterpret_cast<std::byte const*>(state_.data()) + begin, end - begin);
    for (auto at = std::max(begin, wrong_from); at < end; ++at) to[at - begin] ^= std::byte{1};
  }
  std::vector<double> read(Array array, int, std::span<std::uint64_t const> indices) override {
    std::vector<double> values;
    auto const first = array == Array::weight ? 0 : (array == Array::first_moment ? 1 : 2) * parameters_;
    for (auto const index : indices) values.push_back(static_cast<double>(state_.at(first + index)));
    return values;
  }

 private:
  std::uint64_t parameters_, updates_ = 0;
  std::vector<float> state_;
};

StepPlan small_plan(bool background = false) {
  StepPlan plan;
  plan.parameters = 10'000;  // 120'000 bytes of state: no whole number of blocks
  plan.options.checkpoint = 2;
  plan.options.background = background;
  return plan;
}

class CheckpointTest : public testing::Test {
 protected:
  std::unique_ptr<StepCheckpoint> make(StepPlan const& plan) {
    machine_ = std::make_unique<StateMachine>(plan);
    return std::make_unique<StepCheckpoint>(plan, *machine_, group_, folder(), layer_);
  }
  void step(StepCheckpoint& checkpoint) {
    machine_->next_update();
    if (checkpoint.due(step_++)) checkpoint.take(*machine_);
  }
  fs::path folder() const { return temporary_.path() / "checkpoint-1"; }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    std::error_code error;
    for (auto const& entry : fs::directory_iterator(folder(), error))
      names.push_back(entry.path().filename().string());
    std::ranges::sort(names);
    return names;
  }
  template <class Error>
  static std::string message_of(std::function<void()> const& call) {
    try {
      call();
    } catch (Error const& error) {
      return error.what();
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
  }
  static double figure(StepCheckpoint& checkpoint, std::string const& name) {
    for (auto const& figure : checkpoint.figures()) {
      if (figure.name == name) return figure.value;
    }
    return -1;
  }
  static void plant_byte(fs::path const& file, std::streamoff at) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(at);
    auto const byte = static_cast<char>(stream.get() ^ 1);
    stream.seekp(at);
    stream.put(byte);
  }

  std::uint64_t step_ = 0;
  TemporaryFolder temporary_;
  FaultyLayer layer_;
  muster::test::SoloGroup group_;
  std::unique_ptr<StateMachine> machine_;
};

TEST_F(CheckpointTest, EveryOtherStepsStateIsWrittenInTwoFilesByTurns) {
  auto const checkpoint = make(small_plan());
  step(*checkpoint);
  EXPECT_TRUE(files().empty());
  step(*checkpoint);
  EXPECT_EQ(files(), (std::vector<std::string>{"rank-0-a"}));
  step(*checkpoint), step(*checkpoint);
  EXPECT_EQ(files(), (std::vector<std::string>{"rank-0-a", "rank-0-b"}));
  EXPECT_EQ(fs::file_size(folder() / "rank-0-a"), CheckpointFiles::file_bytes(120'000));
  EXPECT_EQ(figure(*checkpoint, "checkpoints"), 2);
  EXPECT_EQ(figure(*checkpoint, "checkpoint_bytes"), 120'000);
  EXPECT_GT(figure(*checkpoint, "checkpoint_bandwidth"), 0);
  EXPECT_GT(figure(*checkpoint, "checkpoint_seconds"), 0);
  EXPECT_TRUE(checkpoint->verify().ok());
}

TEST_F(CheckpointTest, WhatVerificationWritesIsNoFigure) {
  auto const checkpoint = make(small_plan());
  EXPECT_TRUE(checkpoint->verify().ok());
  EXPECT_EQ(figure(*checkpoint, "checkpoints"), 0);
  EXPECT_EQ(figure(*checkpoint, "checkpoint_bandwidth"), -1);
}

TEST_F(CheckpointTest, NothingIsLeftAtTheEnd) {
  {
    auto const checkpoint = make(small_plan());
    for (int i = 0; i < 4; ++i) step(*checkpoint);
  }
  EXPECT_FALSE(fs::exists(folder()));
}

TEST_F(CheckpointTest, InTheBackgroundTheNextStepsGoOnAndTheNextCheckpointWaits) {
  std::mutex mutex;
  std::condition_variable changed;
  bool may_end = false;
  int flushes = 0;
  layer_.before_flush = [&] {
    std::unique_lock lock(mutex);
    ++flushes;
    changed.wait(lock, [&] { return may_end; });
  };
  auto const checkpoint = make(small_plan(true));
  step(*checkpoint), step(*checkpoint);
  EXPECT_TRUE(checkpoint->busy());
  step(*checkpoint);             // returns, and changes the state that is being written
  auto const written = files();  // looked at once: the writer goes on meanwhile
  EXPECT_TRUE(written == std::vector<std::string>{"rank-0.part"} || written.empty());
  std::thread waits([&] { step(*checkpoint); });
  {
    std::lock_guard const lock(mutex);
    EXPECT_LE(flushes, 1);
    may_end = true;
  }
  changed.notify_all();
  waits.join();
  EXPECT_EQ(figure(*checkpoint, "checkpoints"), 2);
  EXPECT_EQ(flushes, 2);
  EXPECT_TRUE(checkpoint->verify().ok());
}

TEST_F(CheckpointTest, APlantedByteIsFound) {
  auto const checkpoint = make(small_plan());
  step(*checkpoint), step(*checkpoint);
  plant_byte(folder() / "rank-0-a", 77'777);
  auto const verdict = checkpoint->verify();
  EXPECT_FALSE(verdict.ok());
  EXPECT_NE(verdict.detail.find("rank-0-a' is not what was written"), std::string::npos) << verdict.detail;
}

TEST_F(CheckpointTest, AFooterOfAnotherStepIsFound) {
  auto const checkpoint = make(small_plan());
  step(*checkpoint), step(*checkpoint);
  auto const older = folder() / "kept";
  fs::copy_file(folder() / "rank-0-a", older);
  for (int i = 0; i < 4; ++i) step(*checkpoint);
  fs::rename(older, folder() / "rank-0-a");
  auto const verdict = checkpoint->verify();
  EXPECT_NE(verdict.detail.find("step 2"), std::string::npos) << verdict.detail;
}

TEST_F(CheckpointTest, AShortFileIsFound) {
  auto const checkpoint = make(small_plan());
  step(*checkpoint), step(*checkpoint);
  fs::resize_file(folder() / "rank-0-a", 8192);
  auto const verdict = checkpoint->verify();
  EXPECT_NE(verdict.detail.find("cut short: 8192 of 126976 bytes"), std::string::npos) << verdict.detail;
}

TEST_F(CheckpointTest, AStateThatWasCopiedWronglyIsFound) {
  for (std::uint64_t const from : {std::uint64_t{0}, std::uint64_t{60'000}, std::uint64_t{119'999}}) {
    auto const checkpoint = make(small_plan());
    machine_->wrong_from = from;
    auto const verdict = checkpoint->verify();
    EXPECT_NE(verdict.detail.find("of the state is"), std::string::npos) << from << verdict.detail;
  }
}

TEST_F(CheckpointTest, AFullDiskIsToldAndLeavesTheCheckpointBefore) {
  auto const checkpoint = make(small_plan());
  step(*checkpoint), step(*checkpoint);
  layer_.fails_at = layer_.writes + 1;
  layer_.error = ENOSPC;
  step(*checkpoint), step(*checkpoint);  // other ranks are in the middle of the step: it does not throw
  step(*checkpoint), step(*checkpoint);  // nor writes any more
  EXPECT_EQ(files(), (std::vector<std::string>{"rank-0-a"}));
  auto const message = message_of<BadInput>([&] { checkpoint->verify(); });
  EXPECT_NE(message.find("No space left on device) free some space"), std::string::npos) << message;
}

TEST_F(CheckpointTest, RoomThatIsMissingIsToldBeforeAnythingIsWritten) {
  auto const checkpoint = make(small_plan());
  layer_.refuses_room = true;
  int const before = layer_.writes;
  auto const message = message_of<BadInput>([&] { checkpoint->verify(); });
  EXPECT_NE(message.find("No space left on device"), std::string::npos) << message;
  EXPECT_EQ(layer_.writes, before);
  EXPECT_TRUE(files().empty());
}

TEST_F(CheckpointTest, AFaultInTheBackgroundIsToldAsWell) {
  auto const checkpoint = make(small_plan(true));
  layer_.refuses_flush = true;
  step(*checkpoint), step(*checkpoint);
  auto const message = message_of<DeviceError>([&] { checkpoint->verify(); });
  EXPECT_NE(message.find("Input/output error) check the disk"), std::string::npos) << message;
  EXPECT_TRUE(files().empty());
}

TEST_F(CheckpointTest, AnUnfinishedFileGetsNoName) {
  auto const checkpoint = make(small_plan());
  layer_.refuses_name = true;
  auto const message = message_of<BadInput>([&] { checkpoint->verify(); });
  EXPECT_NE(message.find("Permission denied) make the folder writable"), std::string::npos) << message;
  EXPECT_TRUE(files().empty());
}

TEST_F(CheckpointTest, TooLittleFreeSpaceIsRefusedBeforeTheFirstStep) {
  layer_.free = 3 * CheckpointFiles::file_bytes(120'000) - 1;
  auto const message = message_of<BadInput>([&] { make(small_plan()); });
  EXPECT_NE(message.find("3 files of 1 MB need 1 MB, 0 MB are free"), std::string::npos) << message;
  EXPECT_FALSE(fs::exists(folder()));
  layer_.free += 1;
  EXPECT_NE(make(small_plan()), nullptr);
}

TEST_F(CheckpointTest, ARamDiskIsNoStorage) {
  layer_.filesystem = "tmpfs";
  auto const message = message_of<Unsupported>([&] { make(small_plan()); });
  EXPECT_NE(message.find("lies in RAM (tmpfs), which is no storage"), std::string::npos) << message;
}

TEST_F(CheckpointTest, AFolderThatCannotBeWrittenIsToldBeforeTheFirstStep) {
  std::ofstream(folder()) << "a file where the folder should be";
  auto const message = message_of<BadInput>([&] { make(small_plan()); });
  EXPECT_NE(message.find("cannot be written"), std::string::npos) << message;
}

TEST_F(CheckpointTest, AReadOnlyFolderIsToldBeforeTheFirstStep) {
  layer_.refuses_files = EROFS;
  auto const message = message_of<BadInput>([&] { make(small_plan()); });
  EXPECT_NE(message.find("Read-only file system) make the folder writable"), std::string::npos) << message;
  EXPECT_FALSE(fs::exists(folder()));
}

TEST_F(CheckpointTest, WhereDirectWritesAreRefusedThePageCacheIsUsedAndItIsSaid) {
  layer_.refuses_direct = true;
  auto const checkpoint = make(small_plan());
  EXPECT_NE(checkpoint->note().find("are refused (Invalid argument)"), std::string::npos);
  EXPECT_NE(checkpoint->facts().at(0).second.find("page cache"), std::string::npos);
  step(*checkpoint), step(*checkpoint);
  EXPECT_TRUE(checkpoint->verify().ok());
}

TEST_F(CheckpointTest, ShortWritesGoOn) {
  layer_.most_bytes = 8192;
  auto const checkpoint = make(small_plan());
  EXPECT_TRUE(checkpoint->verify().ok());
  EXPECT_GE(layer_.writes, 120'000 / 8192);
  layer_.refuses_direct = true;
  layer_.most_bytes = 5000;
  auto const buffered = make(small_plan());
  EXPECT_TRUE(buffered->verify().ok());
}

TEST_F(CheckpointTest, AWriteThatWritesNothingEnds) {
  auto const checkpoint = make(small_plan());
  layer_.most_bytes = checkpoint->note().empty() ? 512 : 0;  // less than a block of a direct write
  if (layer_.most_bytes == 0) GTEST_SKIP() << "no direct writes here: " << checkpoint->note();
  EXPECT_THROW(checkpoint->verify(), CaseError);
}

TEST(CheckpointRanks, RanksWithTheSameWeightsWriteOneCheckpointTogether) {
  TemporaryFolder const temporary;
  muster::test::ThreadGroup ranks(4);
  std::array<double, 4> bytes{};
  std::mutex mutex;
  std::set<std::string> folders;
  ranks.run([&](Group& group) {
    auto const plan = small_plan();
    FaultyLayer layer;
    StateMachine machine(plan);  // two share layers: ranks 0 and 2 hold one part of each, 1 and 3 the other
    machine.its_rank = group.rank() / 2;
    machine.its_ranks = 2;
    auto const folder = checkpoint_folder(temporary.path(), group);
    {
      std::lock_guard const lock(mutex);
      folders.insert(folder.string());
    }
    StepCheckpoint checkpoint(plan, machine, group, folder, layer);
    EXPECT_TRUE(checkpoint.verify().ok());
    bytes.at(static_cast<std::size_t>(group.rank())) = checkpoint.figures().at(0).value;
    group.barrier();
  });
  EXPECT_EQ(folders.size(), 1);
  EXPECT_EQ(bytes[0] + bytes[2], 120'000);
  EXPECT_EQ(bytes[1] + bytes[3], 120'000);
  EXPECT_EQ(bytes[0], bytes[1]);
  EXPECT_GT(bytes[2], 0);
  EXPECT_TRUE(fs::is_empty(temporary.path()));
}

StepPlan two_buckets() {
  NetworkLayer const layer{.name = "a", .rows = 4, .outputs = 64, .inputs = 64};
  return plan_step(
      test::network_of_layers({layer, layer}),
      {.type = Type::fp32, .bucket_bytes = 4 * 64 * 64, .input = false, .checkpoint = 1, .background = true});
}

/// What the second of two steps is made of, on one of several ranks, where storage holds the first's
/// checkpoint.
StepTime held_step(Group& group, fs::path const& folder) {
  auto const plan = two_buckets();
  HostDevice device{OpenOptions{}};
  Context context{.device = device, .group = group, .seed = 42};
  FixedInput input(plan, context);
  HostMachine machine(plan, input, context);
  FaultyLayer layer;
  layer.before_flush = [] { std::this_thread::sleep_for(std::chrono::milliseconds(200)); };
  StepCheckpoint checkpoint(plan, machine, group, folder, layer);
  StepMarks const marks(plan);
  std::vector<double> times(static_cast<std::size_t>(marks.count()));
  for (std::uint64_t step = 0; step < 2; ++step) {
    EXPECT_TRUE(checkpoint.due(step));
    enqueue_step(plan, marks, {}, machine, &checkpoint);
    EXPECT_TRUE(machine.take_times(times));
  }
  checkpoint.finish();
  group.barrier();
  return decompose(marks, times);
}

TEST(CheckpointRanks, WhatTheHostWaitsForStorageIsNotTheSums) {
  TemporaryFolder const temporary;
  std::array<StepTime, 2> told{};
  muster::test::ThreadGroup(2).run([&](Group& group) {
    auto const folder = checkpoint_folder(temporary.path(), group);
    told.at(static_cast<std::size_t>(group.rank())) = held_step(group, folder);
  });
  for (auto const& step : told) {
    EXPECT_GT(step.checkpoint, step.step / 2);
    EXPECT_LT(step.communication, step.checkpoint / 2);
  }
}

TEST(CheckpointLeftovers, OfKilledRunsAreRemovedAndThoseInUseAreNot) {
  TemporaryFolder const temporary;
  auto const old = fs::file_time_type::clock::now() - std::chrono::hours(1);
  auto const make_old = [&](std::string const& name) {
    auto const folder = temporary.path() / name;
    fs::create_directories(folder);
    std::ofstream(folder / "rank-9-a") << "left";
    fs::last_write_time(folder, old);
    return folder;
  };
  auto const leftover = make_old("checkpoint-1"), used = make_old("checkpoint-2"),
             other = make_old("pictures");
  FaultyLayer layer;
  CheckpointFiles const files(used, 0, layer);
  fs::last_write_time(used, old);
  fs::create_directories(temporary.path() / "checkpoint-3");  // of a run that begins now
  remove_leftovers(temporary.path(), "checkpoint-");
  EXPECT_FALSE(fs::exists(leftover));
  EXPECT_TRUE(fs::exists(used));
  EXPECT_TRUE(fs::exists(other));
  EXPECT_TRUE(fs::exists(temporary.path() / "checkpoint-3"));
}

}  // namespace
}  // namespace muster::train
