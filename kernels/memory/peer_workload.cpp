#include "kernels/contract/multiple.hpp"
#include "kernels/contract/workload.hpp"

namespace muster {

namespace {

constexpr char const* docs =
    R"(bandwidth = bytes copied from one GPU's memory to another's / seconds, in B/s, of the SLOWEST
ordered pair of the GPUs that this process sees; every pair's own figure is in the document as "0->1",
"1->0", ...
One process drives all GPUs, as nvbandwidth does, so the case wants ranks = 1 and every GPU visible. Set-up
copies over every pair in turn, nothing else at work, and times three copies on the GPU's own clock (the
median is the pair's figure); the slowest pair is then what is sampled. Each sample crosses to the GPU that
does the copying and back
by events, some 10 us, so use copies of 256 MiB and more.
engine: copy_engine is cudaMemcpyPeerAsync, kernel our own copy kernel on the other GPU's pointer (it needs
peer access). direction: write has the source's GPU do the copying (it pushes), read the target's (it
pulls).
Checked bit for bit over every pair, before the first sample and after the last.
The bound is NVLink's rate per direction (links x rate a link), or PCIe's where there is none. Published
for comparison: 282 GB/s on A100 with NVLink 3 (SuperBench, 729 nodes; 300 is the links' rate).)";

Workload declare() {
  Workload workload;
  workload.name = "memory/peer";
  workload.summary = "Copies between GPUs of a node, every ordered pair: the slowest, and all as a matrix";
  workload.docs = docs;
  workload.params = {{.name = "engine",
                      .kind = ParamSpec::Kind::choice,
                      .fallback = "copy_engine",
                      .help = "Who copies: the GPU's copy engines, or a kernel on its multiprocessors",
                      .choices = {"copy_engine", "kernel"}},
                     {.name = "direction",
                      .kind = ParamSpec::Kind::choice,
                      .fallback = "write",
                      .help = "write: the source's GPU pushes; read: the target's GPU pulls",
                      .choices = {"write", "read"}},
                     {.name = "bytes",
                      .kind = ParamSpec::Kind::bytes,
                      .unit = "B",
                      .fallback = std::int64_t{512} << 20,
                      .help = "Size of each copy; every GPU holds two buffers of it",
                      .low = 4096,
                      .high = 1LL << 40}};
  workload.metric = {"bandwidth", "B/s", Quantity::bytes, Better::higher};
  workload.scope = Scope::each_rank;
  workload.check = must_be_multiple("bytes", 16, "the kernels move 16 bytes at a time");
  return workload;
}

Registration const registration{declare()};

}  // namespace

}  // namespace muster
