// The declarations of all collectives: one workload each, of the same parameters but for what an operation
// lacks.
#include <fmt/format.h>

#include "kernels/contract/collective.hpp"
#include "kernels/contract/workload.hpp"

namespace muster {

namespace {

struct Row {
  Operation operation;
  char const* summary;
  char const* factor;  ///< bus bandwidth = factor x algorithm bandwidth
  char const* size;    ///< what `bytes` counts
};

constexpr Row rows[] = {
    {Operation::all_reduce, "Every rank's buffer reduced, on every rank", "2 (n - 1) / n",
     "each rank's buffer"},
    {Operation::all_gather, "Every rank's part, on every rank", "(n - 1) / n",
     "the gathered buffer, n parts"},
    {Operation::reduce_scatter, "Every rank's buffer reduced, each rank gets its part", "(n - 1) / n",
     "each rank's source, n parts"},
    {Operation::broadcast, "The root's buffer, on every rank", "1", "the buffer"},
    {Operation::reduce, "Every rank's buffer reduced, on the root", "1", "each rank's buffer"},
    {Operation::all_to_all, "A part from each rank for each rank", "(n - 1) / n",
     "each rank's buffer, n parts"},
    {Operation::all_to_all_v, "The same with parts of different sizes, as experts' tokens have",
     "(n - 1) / n",
     "each rank's buffer, n parts on the mean; the figure counts the most that any rank sends or receives"},
    {Operation::gather, "Every rank's part, on the root", "(n - 1) / n", "the gathered buffer, n parts"},
    {Operation::scatter, "A part of the root's buffer for each rank", "(n - 1) / n",
     "the root's buffer, n parts"},
    {Operation::send_recv, "A ring: each rank sends to the next and receives from the one before", "1",
     "the message"},
    {Operation::pairwise, "Each rank and the one half the group away send to each other at once", "1",
     "the message, per direction"},
};

std::string docs(Row const& row) {
  return fmt::format(
      R"(bus bandwidth = {0} x algorithm bandwidth, algorithm bandwidth = S / seconds, both in B/s, with n ranks and S the size of
{1}. Bus bandwidth is what crosses each rank's link when rings carry it, so that figures of different n and operations
compare with the link's own rate; formulas and roundings are nccl-tests' (doc/PERFORMANCE.md, src/*.cu). The slowest
rank's time counts, sample by sample.
timing: pipelined has operations back to back, as nccl-tests (-z 0): its figures compare with that. isolated has one
operation at a time, from a common start until it is complete on this rank, by the host's clock: true latency; the
document has its median and p99. Never compare one with the other.
Checked: every element, on every rank, before the first sample and after the last, and after each sample, with data
whose results are exact in the type in any order (averages over numbers of ranks that are no power of two: to 2 units
in the last place); a fault names rank, element and the rank it came from. Sums that take the place of their own input
(placement in_place, timing pipelined) are checked on fresh data before and after instead.
The bound is what healthy links reach at large sizes: NVLink 235 of 300 GB/s, PCIe 24 of 31.5, RDMA 24 of 25, TCP 10 of
12.5 (published; `kernels/collective/expected.hpp` names the sources); on one host, a copy's bandwidth. Small messages
are limited by latency and reach a small part of it. Between nodes, node_sent_bytes is what a node's ports really sent
per operation.)",
      row.factor, row.size);
}

std::vector<std::string> type_faults(Params const& params) {
  auto const type = element_type_named(params.text("type"));
  std::vector<std::string> faults;
  auto const bytes = static_cast<std::uint64_t>(params.integer("bytes"));
  if (bytes < element_bytes(type)) {
    faults.push_back(fmt::format("parameter 'bytes' = {} holds no element (a {} has {} bytes) use {} or more",
                                 bytes, name(type), element_bytes(type), element_bytes(type)));
  }
  return faults;
}

ParamSpec choice(std::string name, std::string fallback, std::string help, std::vector<std::string> choices,
                 ParamSpec::Naming naming = ParamSpec::Naming::unless_default) {
  return {.name = std::move(name),
          .kind = ParamSpec::Kind::choice,
          .fallback = std::move(fallback),
          .help = std::move(help),
          .choices = std::move(choices),
          .naming = naming};
}

void add_members(std::vector<ParamSpec>& specs) {
  specs.push_back(
      choice("group", "world",
             "Who works together: world: all ranks; node: each node for itself; rail: the same GPU of "
             "every node; pair: nodes by twos; random: by twos, drawn by the seed",
             {"world", "node", "rail", "pair", "random"}));
  specs.push_back({.name = "nodes",
                   .kind = ParamSpec::Kind::integer,
                   .fallback = std::int64_t{0},
                   .help = "Only the first so many nodes take part (for scaling curves); 0: all",
                   .low = 0,
                   .high = 1 << 20,
                   .naming = ParamSpec::Naming::unless_default});
}

std::vector<ParamSpec> params_of(Row const& row) {
  std::vector<ParamSpec> specs{choice("type", "float32", "Type of the elements",
                                      {"int8", "uint8", "int32", "uint32", "int64", "uint64", "float16",
                                       "float32", "float64", "bfloat16", "float8_e4m3", "float8_e5m2"},
                                      ParamSpec::Naming::always)};
  if (reduces(row.operation)) {
    specs.push_back(choice("reduction", "sum",
                           "How elements become one; premul_sum: each rank's times a scalar first",
                           {"sum", "prod", "min", "max", "avg", "premul_sum"}));
  }
  if (has_in_place(row.operation)) {
    specs.push_back(choice("placement", "out_of_place",
                           "in_place: source and target overlap, as NCCL defines it",
                           {"out_of_place", "in_place"}));
  }
  specs.push_back(choice("timing", "pipelined",
                         "pipelined: back to back, as nccl-tests; isolated: one at a time, for latency",
                         {"pipelined", "isolated"}));
  specs.push_back(
      choice("graph", "no_graph", "graph: operations are repeated from a CUDA graph", {"no_graph", "graph"}));
  specs.push_back(
      choice("registration", "none",
             "How NCCL knows the buffers: not at all, registered by the user, in a symmetric window",
             {"none", "user_buffer", "symmetric_window"}));
  add_members(specs);
  if (has_root(row.operation)) {
    specs.push_back({.name = "root",
                     .kind = ParamSpec::Kind::integer,
                     .fallback = std::int64_t{0},
                     .help = "The rank that has the data, or gets them; by the group's own numbers",
                     .low = 0,
                     .high = 1 << 20,
                     .naming = ParamSpec::Naming::unless_default});
  }
  if (row.operation == Operation::all_to_all_v) {
    specs.push_back({.name = "spread",
                     .kind = ParamSpec::Kind::real,
                     .fallback = 0.5,
                     .help = "How far a pair's part may lie from the mean, relative; drawn evenly",
                     .low = 0,
                     .high = 1,
                     .naming = ParamSpec::Naming::unless_default});
  }
  specs.push_back({.name = "bytes",
                   .kind = ParamSpec::Kind::bytes,
                   .unit = "B",
                   .fallback = std::int64_t{64} << 20,
                   .help = std::string("Size of ") + row.size,
                   .low = 1,
                   .high = 1LL << 40});
  return specs;
}

Workload declare(Row const& row) {
  Workload workload;
  workload.name = fmt::format("collective/{}", name(row.operation));
  workload.summary = row.summary;
  workload.docs = docs(row);
  workload.params = params_of(row);
  workload.metric = {"bus_bandwidth", "B/s", Quantity::wire_bytes, Better::higher};
  workload.scope = Scope::group;
  workload.needs = {.min_ranks = 2};
  workload.check = type_faults;
  return workload;
}

struct AllRegistrations {
  AllRegistrations() {
    for (auto const& row : rows) Registry::instance().add(declare(row));
  }
};
AllRegistrations const registrations;

}  // namespace

}  // namespace muster
