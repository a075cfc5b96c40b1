// Rows of nccl-tests, however they were written, as cases named like our own collectives.
#pragma once
#include <cstdint>
#include <limits>
#include <string>

#include "harness/record/foreign.hpp"

namespace muster {

/// The run that a row belongs to.
struct NcclRun {
  std::string program;  ///< "all_reduce_perf", or a text that has it in it; "" where nothing says it
  int ranks = 0;        ///< 0: not said
  int number = 0;       ///< in its file
};

/// One placement's part of a row, in nccl-tests' units.
struct NcclRow {
  std::uint64_t bytes = 0, count = 0;
  std::string type, reduction;
  int root = -1;
  bool in_place = false;
  double microseconds = 0;
  bool cpu_time = false;  ///< `microseconds` is what the call took of the CPU (-C 1), not the operation
  double algorithm_gb = 0, bus_gb = 0;                      ///< GB/s, rounded as printed
  double wrong = std::numeric_limits<double>::quiet_NaN();  ///< elements; NaN: not checked
};

/// "collective/all_reduce/float32/bytes:1048576", as our own cases are called. Bus bandwidth is computed from
/// the time, which has more digits than the printed one, where the operation and its ranks are known.
ForeignRow nccl_row(NcclRun const& run, NcclRow const& row);

/// Of one rank's device, as nccl-tests says it; nodes appear in the order in which they are added.
void add_nccl_device(Document& document, std::string const& host, int device, std::string const& pci,
                     std::string const& name);

/// 22809 -> "2.28.9"; of versions before 2.9 2708 -> "2.7.8".
std::string nccl_version_words(int version);

/// What is not as in our own documents, once a file.
void note_nccl_limits(ForeignResult& result);

}  // namespace muster
