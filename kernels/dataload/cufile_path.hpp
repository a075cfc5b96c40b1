// Which way cuFile's reads went, from what was counted.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "kernels/dataload/read_engine.hpp"

namespace muster::dataload {

/// cuFile's own counters of reads, over all GPUs.
struct CufileReads {
  std::uint64_t nvfs = 0;   ///< by nvidia-fs, straight into the GPU's memory
  std::uint64_t p2p = 0;    ///< by the kernel's peer-to-peer transfers, likewise
  std::uint64_t posix = 0;  ///< through the host's memory: compatibility mode

  CufileReads operator-(CufileReads const& before) const {
    return {nvfs - before.nvfs, p2p - before.p2p, posix - before.posix};
  }
};

/// Reads that the kernel's nvidia-fs counted for all processes, from the text of /proc/driver/nvidia-fs/stats
/// ("Reads : n=12 ok=12 ..."). Absent where there is none.
std::optional<std::uint64_t> nvidia_fs_reads(std::string const& stats);

/// GPUDirect Storage is said only of reads of which every one was counted on the direct path and none as
/// POSIX. `made`: reads that were asked for; `counted`: absent where the library does not count;
/// `in_kernel`: nvidia-fs's count, for the record.
PathProof judge_path(std::uint64_t made, std::optional<CufileReads> const& counted,
                     std::optional<std::uint64_t> in_kernel);

}  // namespace muster::dataload
