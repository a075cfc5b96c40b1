#include "kernels/dataload/cufile_path.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <sstream>

namespace muster::dataload {
namespace {

/// "1,234".
std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

std::string counts_of(CufileReads const& reads) {
  return fmt::format("{} reads by nvidia-fs, {} by PCIe peer-to-peer, {} by POSIX", grouped(reads.nvfs),
                     grouped(reads.p2p), grouped(reads.posix));
}

constexpr char const* not_direct =
    "cuFile did not read directly ({}): the figure is that of reads through the host's memory; see the "
    "gdscheck tool and nvidia-fs for what GPUDirect Storage needs";

}  // namespace

std::optional<std::uint64_t> nvidia_fs_reads(std::string const& stats) {
  std::istringstream lines(stats);
  for (std::string line; std::getline(lines, line);) {
    auto const number = line.find("n=");
    if (line.starts_with("Reads") && number != std::string::npos)
      return std::strtoull(line.c_str() + number + 2, nullptr, 10);
  }
  return std::nullopt;
}

PathProof judge_path(std::uint64_t made, std::optional<CufileReads> const& counted,
                     std::optional<std::uint64_t> in_kernel) {
  std::string const kernel =
      in_kernel ? fmt::format("; nvidia-fs counted {} in the kernel", grouped(*in_kernel)) : "";
  if (!counted) {
    std::string const text = "path not proven: this libcufile does not count its reads" + kernel;
    return {text, fmt::format(not_direct, text)};
  }
  std::string const counts = counts_of(*counted) + kernel;
  std::uint64_t const direct = counted->nvfs + counted->p2p;
  if (direct >= made && counted->posix == 0) return {"GPUDirect Storage, proven: " + counts, ""};
  std::string const text = (direct == 0 ? "compatibility mode: " : "only partly direct: ") + counts;
  return {text, fmt::format(not_direct, text)};
}

}  // namespace muster::dataload
