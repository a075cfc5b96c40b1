// A dataset of a terabyte is read in orders and batches without its size showing in memory.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernels/dataload/dataset/open.hpp"
#include "kernels/dataload/read_ahead.hpp"
#include "kernels/dataload/read_sequence.hpp"
#include "tests/kernels/dataset_large.hpp"

namespace muster::dataload::test {
namespace {

/// Opens, plans and audits an epoch of one rank in eight as dataload/pipeline does, and reads some batches.
bool work_on(fs::path const& folder) {
  auto const set = records_from_dataset(folder, 0, Wanted::pictures);
  EpochShare const share(5, 3, 8);
  EpochOrder order(set, share);
  EpochAudit audit(set, share);
  std::uint64_t bytes = 0;
  for (std::uint64_t i = 0; i < order.per_epoch(); ++i) {
    auto const turn = order.next();
    audit.add(turn.epoch, turn.record);
    bytes += set.records[turn.record].length;
  }
  ReadAhead reader(set, {.batch = 64}, share);
  for (int i = 0; i < 20; ++i) {
    auto const* const batch = reader.next();
    for (auto const& image : batch->images) bytes += image.bytes.size() - length;
    reader.give_back(batch);
  }
  RecordSequence sequence(set, share, std::size_t{8} << 20, 4096);
  for (int i = 0; i < 1000; ++i) bytes += sequence.next().length - length;
  return audit.faults() == 0 && set.records.size() == many && set.bytes() == many * length &&
         bytes == order.per_epoch() * length;
}

int in_a_child(fs::path const& folder) {
  pid_t const child = fork();
  if (child == 0) {  // its high-water mark is its own
    bool const right = work_on(folder);
    long const most = status_kib("VmHWM:"), kept = status_kib("RssAnon:");
    std::fprintf(stderr, "a terabyte: at most %ld MiB resident, %ld MiB anonymous at the end\n", most / 1024,
                 kept / 1024);
    _exit(!right ? 1 : most < 0 || most >= 1 << 20 ? 2 : 0);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(DataloadMemory, ATerabyteIsReadInOrderInUnderAGibibyte) {
  TestFolder const folder;
  write_large_dataset(folder.path());
  EXPECT_EQ(in_a_child(folder.path()), 0) << "1: a record twice or never; 2: more than 1 GiB";
}

TEST(DataloadMemory, ABatchHasRoomForTheLongestRecordsAsOftenAsTheyMayCome) {
  RecordSet set;
  for (std::uint64_t const bytes : {10'000u, 90'000u, 20'000u, 40'000u})
    set.records.push_back({.length = bytes});
  auto const capacity = [&](int batch, std::uint64_t per_epoch) {
    return batch_capacity(set, batch, 1, per_epoch);
  };
  EXPECT_GE(capacity(1, 4), 90'000u);
  EXPECT_LT(capacity(1, 4), 95'000u);
  EXPECT_GE(capacity(2, 4), 180'000u);  // the last of one epoch, the first of the next
  EXPECT_GE(capacity(3, 4), 220'000u);
  EXPECT_LT(capacity(3, 4), 225'000u);
  EXPECT_GE(capacity(5, 1), 450'000u);  // one record of this rank an epoch: it may be the longest each time
  EXPECT_GE(capacity(12, 4), 4 * 90'000u + 4 * 40'000u + 4 * 20'000u);
  EXPECT_LT(capacity(12, 4), 4 * 90'000u + 4 * 40'000u + 4 * 20'000u + 10'000u);
}

}  // namespace
}  // namespace muster::dataload::test
