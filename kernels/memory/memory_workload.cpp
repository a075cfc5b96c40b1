#include "kernels/contract/multiple.hpp"
#include "kernels/contract/workload.hpp"

namespace muster {

namespace {

constexpr char const* docs =
    R"(bandwidth = bytes the operation reads and writes / seconds, in B/s. Of an array of n bytes: read and
write n, copy (a = b) and scale (a = 3 b) 2 n, add (a = b + c) and triad (a = b + 3 c) 3 n; a
write-allocate's extra read is not counted. copy to triad are STREAM's operations (J. McCalpin, "Memory
bandwidth and machine balance", 1995); read sums the source's 8-byte words as integers, write writes a
pattern that costs one addition a word.
Checked before the first sample and after the last, every element bit for bit: the data are made so that
each answer is exact. read: the sum, and that the source is unchanged.
The bound is the memory's own bandwidth (GPU: memory clock x bus width x 2; host: measured), given where
the arrays together are at least 4 times the last cache, STREAM's rule; below, it is the caches' bandwidth
that is measured, and no bound is claimed. For the memory's own figure use arrays of 25 times the last
cache (1 GiB on an A100); a sweep of `bytes` from 1 MiB up shows the caches.
Published for comparison (gpu-benches): A100-80 1897 GB/s write, 1769 read, 1759 triad; H200 3898, 2756,
3534, with one double a thread.)";

Workload declare() {
  Workload workload;
  workload.name = "memory";
  workload.summary =
      "Memory bandwidth: read, write, copy a = b, scale a = 3 b, add a = b + c, triad a = b + 3 c";
  workload.docs = docs;
  workload.params = {
      {.name = "op",
       .kind = ParamSpec::Kind::choice,
       .unit = "",
       .fallback = "triad",
       .help = "read, write move 1 byte per byte of an array; copy, scale 2; add, triad 3 (write-allocate "
               "reads are "
               "not counted)",
       .choices = {"read", "write", "copy", "scale", "add", "triad"}},
      {.name = "type",
       .kind = ParamSpec::Kind::choice,
       .unit = "",
       .fallback = "fp64",
       .help = "Type of the elements",
       .choices = {"fp64", "fp32"}},
      {.name = "bytes",
       .kind = ParamSpec::Kind::bytes,
       .unit = "B",
       .fallback = std::int64_t{256} << 20,
       .help =
           "Size of one array; 25 times the last cache for the memory's own bandwidth, less for the caches'",
       .low = 4096,
       .high = 1LL << 45},
      regime_param()};
  workload.metric = {"bandwidth", "B/s", Quantity::bytes, Better::higher};
  workload.scope = Scope::each_rank;
  workload.check = must_be_multiple("bytes", 16, "the kernels move 16 bytes at a time");
  return workload;
}

Registration const registration{declare()};

}  // namespace

}  // namespace muster
