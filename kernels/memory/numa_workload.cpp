#include "kernels/contract/multiple.hpp"
#include "kernels/contract/workload.hpp"

namespace muster {

namespace {

constexpr char const* docs =
    R"(bandwidth in B/s of the SLOWEST pair of NUMA nodes: threads on one node ("node1") working on a
buffer that lies on another ("node0"); every pair's own figure is in the document as "node1<-node0". read:
bytes read / seconds; copy: bytes read plus written / seconds, the target lying on the threads' own node.
Host only, one rank, on the CPUs that the rank may use: nodes without any of them appear as memory only.
Each buffer is bound to its node (mbind). Every pair is measured in set-up, the median of three; the
slowest is then sampled.
Checked bit for bit over every pair, before the first sample and after the last.
The bound is the slowest pair of threads and memory on one node: percent of it is what remote memory costs.)";

Workload declare() {
  Workload workload;
  workload.name = "memory/numa";
  workload.summary =
      "Memory bandwidth between the host's NUMA nodes, every pair: the slowest, and all as a matrix";
  workload.docs = docs;
  workload.params = {{.name = "op",
                      .kind = ParamSpec::Kind::choice,
                      .fallback = "read",
                      .help = "read moves 1 byte per byte of the buffer, copy 2",
                      .choices = {"read", "copy"}},
                     {.name = "bytes",
                      .kind = ParamSpec::Kind::bytes,
                      .unit = "B",
                      .fallback = std::int64_t{256} << 20,
                      .help = "Size of each node's buffer; several times the last cache",
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
