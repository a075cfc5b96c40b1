#include "kernels/contract/multiple.hpp"
#include "kernels/contract/workload.hpp"

namespace muster {

namespace {

constexpr char const* docs =
    R"(bandwidth = bytes that crossed the link between host and GPU / seconds, in B/s: `bytes` in one
direction (h2d, d2h), twice that for both at once. One cudaMemcpyAsync a direction and launch, timed by the
GPU's own events; for both, the second copy runs in a stream of its own, which the timed one waits for.
memory: pinned is page-locked host memory, which the GPU's copy engine reaches itself; pageable is copied
through a buffer of the driver's by the calling thread (so both directions one after the other).
numa: on which NUMA node of the host the buffer lies: any (where this rank's threads run), local (the GPU's
own node), remote (the farthest from it); the difference is the price of the link between the nodes.
Checked bit for bit, on the GPU or on the host, before the first sample and after the last.
The bound is PCIe's rate per direction, from generation, width and coding (the most that GPU and slot agree
on), doubled for both. Published for comparison: 25.9 GB/s each way on PCIe 4 x16 (SuperBench, 729 A100
nodes).)";

Workload declare() {
  Workload workload;
  workload.name = "memory/transfer";
  workload.summary =
      "Copies between host and GPU: each way and both at once, pinned and pageable, by NUMA node";
  workload.docs = docs;
  workload.params = {
      {.name = "direction",
       .kind = ParamSpec::Kind::choice,
       .fallback = "h2d",
       .help = "h2d: host to device; d2h: device to host; both: at once, the sum",
       .choices = {"h2d", "d2h", "both"}},
      {.name = "memory",
       .kind = ParamSpec::Kind::choice,
       .fallback = "pinned",
       .help = "Host memory: page-locked, or ordinary",
       .choices = {"pinned", "pageable"}},
      {.name = "bytes",
       .kind = ParamSpec::Kind::bytes,
       .unit = "B",
       .fallback = std::int64_t{256} << 20,
       .help = "Size of each copy",
       .low = 4096,
       .high = 1LL << 40},
      {.name = "numa",
       .kind = ParamSpec::Kind::choice,
       .fallback = "any",
       .help = "Host node that the memory lies on: any, the GPU's (local), or the farthest (remote)",
       .choices = {"any", "local", "remote"},
       .naming = ParamSpec::Naming::unless_default}};
  workload.metric = {"bandwidth", "B/s", Quantity::bytes, Better::higher};
  workload.scope = Scope::each_rank;
  workload.check = must_be_multiple("bytes", 16, "the check moves 16 bytes at a time");
  return workload;
}

Registration const registration{declare()};

}  // namespace

}  // namespace muster
