// Other programs' results as documents of ours. What they do not say is left out; what they cannot say
// (a launch's spread, a device's state) is never made up.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/core/document.hpp"
#include "harness/record/json_archive.hpp"

namespace muster {

/// One figure of one case, as a line of the other program's output.
struct ForeignRow {
  CaseResult
      about;    ///< name, workload, parameters, metric, ranks, verification; status and message if not ok
  int run = 0;  ///< which run of that file
  double value = 0;    ///< of the metric, in its unit
  double seconds = 0;  ///< of one operation
  std::uint64_t iterations = 0;
  std::vector<Figure> figures{};
};

/// One file.
struct ForeignResult {
  Document about;  ///< all but cases and failures
  std::vector<ForeignRow> rows;
  std::vector<std::string> notes{};  ///< for people: what is not as it is in our own documents
  /// All runs of one process: independent only where there is nothing better.
  bool runs_share_process = false;
};

/// A result of Google Benchmark (`--benchmark_format=json`, json_schema_version 1). Rows that are aggregates
/// are passed over, since they can be made from the others; those with an error become failed cases.
/// Throws Error(usage) with the path of what is wrong.
ForeignResult google_benchmark_result(Json const& json);

/// What nccl-tests writes with `-J FILE` (versions 1 to 3 of that format). `name` says which collective where
/// the file does not ("all_reduce_perf").
ForeignResult nccl_tests_result(Json const& json, std::string const& name);

/// What nccl-tests prints, also in the middle of other lines. Throws Error(usage) with the line.
ForeignResult nccl_tests_result(std::string_view text, std::string const& name);

/// Is this what nccl-tests prints? By the heading of its table.
bool is_nccl_tests_text(std::string_view text);

/// Is this a baseline of SuperBench? By the names of its benchmarks.
bool is_superbench(Json const& json);

/// A baseline of SuperBench: products, copies, all-reduces of a node's 8 GPUs and training steps become cases like
/// ours; the rest is passed over. `name` stands for the file. Throws Error(usage) with the path of what is wrong.
ForeignResult superbench_result(Json const& json, std::string const& name);

/// One document of one or several files' results: a case has one figure a launch, the median where a launch
/// has several. A launch is a file, or a run within it. A case that failed anywhere has failed.
Document foreign_document(std::vector<ForeignResult> const& files);

}  // namespace muster
