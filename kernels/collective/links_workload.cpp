// The declaration of the link search.
#include "kernels/contract/workload.hpp"

namespace muster {

namespace {

constexpr char const* docs =
    R"(bandwidth = bytes / seconds of the slowest pair's exchange, in B/s and per direction: each rank of it sends `bytes` and
receives as much at the same time. Set-up finds that pair; the node x node matrix of all that was measured is in the
document (and one for each rail, where a node has several ranks), and facts and warnings name what is slow.
The search: nodes meet by twos in rounds, rank r of one with rank r of the other, all rails and all pairs of a round at
once, so that shared parts of the network are loaded as in training. After `rounds` random perfect matchings, none of
which repeats a pair (or a tournament, in which every pair meets), a pair is suspect on a rail where it stays more than
`margin` below the usual rate: the median over all pairs and rails (of up to five nodes, of each node's upper median).
Whoever was fast with anybody is cleared. Suspects that are not meet a partner that is, as many as possible in the same
round; pairs that this does not explain meet once more. Slow with a cleared partner too, on all rails: the node; on one
rail: its NIC, or the way to it; both ends cleared and slow together, twice: the link. Where nobody is cleared, it says so
and accuses nobody. Three matchings of many nodes see every node and NIC but few of the links: for those take the
tournament. On a single node the ranks (GPUs) themselves are the ends.
Sampling then repeats the slowest pair's exchange with nobody else at work, which may be faster than it was among others.
An exchange is timed three times for 20 ms or more (the median counts) after one that connects the pair.
Checked bit by bit, every element on both ranks: what the last exchange of each measurement of the search left, and of the
sampled pair before the first sample, after the last and after each one; a fault names both ranks. The bound is what a healthy link reaches, as of the other collectives.)";

ParamSpec seldom(ParamSpec spec) {
  spec.naming = ParamSpec::Naming::unless_default;
  return spec;
}

Workload declare() {
  Workload workload;
  workload.name = "collective/links";
  workload.summary = "Which node, NIC or link is slow: exchanges of pairs, and a matrix of them";
  workload.docs = docs;
  workload.params = {seldom({.name = "search",
                             .kind = ParamSpec::Kind::choice,
                             .fallback = "matchings",
                             .help = "matchings: random ones, then suspects again; tournament: every pair",
                             .choices = {"matchings", "tournament"}}),
                     seldom({.name = "rounds",
                             .kind = ParamSpec::Kind::integer,
                             .fallback = std::int64_t{3},
                             .help = "Random matchings before suspects are tested again",
                             .low = 1,
                             .high = 1000}),
                     seldom({.name = "margin",
                             .kind = ParamSpec::Kind::real,
                             .fallback = 0.1,
                             .help = "How far below the usual rate a pair is suspect, relative",
                             .low = 0.01,
                             .high = 1}),
                     {.name = "bytes",
                      .kind = ParamSpec::Kind::bytes,
                      .unit = "B",
                      .fallback = std::int64_t{64} << 20,
                      .help = "Size of the message, per direction",
                      .low = 8,
                      .high = 1LL << 40}};
  workload.metric = {"bandwidth", "B/s", Quantity::bytes, Better::higher};
  workload.scope = Scope::group;
  workload.needs = {.min_ranks = 2};
  return workload;
}

Registration const registration{declare()};

}  // namespace

}  // namespace muster
