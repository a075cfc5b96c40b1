#include "kernels/dataload/dataset/tools.hpp"

#include <fmt/format.h>

#include <mutex>

#include "kernels/dataload/dataset/index.hpp"
#include "kernels/dataload/dataset/parallel.hpp"
#include "kernels/dataload/dataset/shard_check.hpp"

namespace muster::dataload {
namespace {

void join(std::vector<std::string>& all, std::vector<std::string> const& more) {
  all.insert(all.end(), more.begin(), more.end());
}

/// Findings in the order of the shards, whichever thread had them.
std::vector<ShardFindings> check_shards(Index const& index, DatasetRequest const& request) {
  std::vector<ShardFindings> findings(index.shards().size());
  std::mutex mutex;
  std::uint64_t done = 0;
  in_parallel(findings.size(), request.threads, [&](std::uint64_t shard, int) {
    findings[shard] = check_shard(index, shard, [&] {
      std::lock_guard const lock(mutex);
      ++done;
      request.progress(static_cast<double>(done) / static_cast<double>(index.size()),
                       fmt::format("{} of {} records checked", done, index.size()));
      return !request.stop();
    });
  });
  return findings;
}

}  // namespace

DatasetReport check_dataset(DatasetRequest const& request) {
  DatasetReport report;
  try {
    Index const index(request.folder / index_name);
    report.origin = origin_of(index.head());
    report.shards = index.shards().size();
    report.records = index.size();
    report.bytes = index.head().record_bytes;
    report.index_bytes = index.head().file_bytes;
    report.complete = index.complete();
    for (auto const& found : check_shards(index, request)) {
      join(report.wrong, found.wrong);
      join(report.unreadable, found.unreadable);
    }
  } catch (BadIndex const& error) {
    report.wrong.push_back(error.what());
  }
  return report;
}

}  // namespace muster::dataload
