// What a described cluster is made of, as far as a projection needs it. plan/ reads it from the cluster's
// file, project/ computes with it. Every number has its source, or says that it is assumed.
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace muster {

/// A number of a description, and who says so: a source's name, or "assumed".
struct Stated {
  double value = 0;
  std::string source = "assumed";
  bool assumed() const { return source.starts_with("assumed"); }
};

/// One GPU. Rates are peaks of its data sheet, in base units.
struct GpuPart {
  Stated fp16_peak;                            ///< FLOP/s, dense, tensor cores (bf16 likewise)
  std::optional<Stated> fp64_peak{};           ///< FLOP/s, tensor cores where it has them for fp64
  std::optional<Stated> memory_bandwidth{};    ///< B/s
  std::optional<Stated> memory_bytes{};        ///< B
  std::optional<Stated> nvlink_bandwidth{};    ///< B/s in one direction, all links of one GPU
  std::optional<Stated> watts{};               ///< at full load
  std::optional<Stated> compute_capability{};  ///< 8.0, 9.0: NCCL's constants depend on it
};

/// One node, without its GPUs.
struct NodePart {
  int nics = 0;                    ///< for computing; 0: one node alone
  Stated nic_bandwidth{};          ///< B/s in one direction, each
  Stated nic_latency{};            ///< s, one message between two nodes, as NCCL counts it
  std::string cpu_vendor = "amd";  ///< "amd" or "intel": NCCL's constants depend on it
  std::optional<Stated> watts{};   ///< of all but the GPUs
  std::string source = "assumed";  ///< of the number of NICs
};

/// The network between nodes.
struct FabricPart {
  std::string kind;     ///< "InfiniBand HDR", "Ethernet", "assumed: ..."
  int rails = 1;        ///< NICs of one number in every node share switches
  int levels = 2;       ///< of switches
  int leaf_nodes = 20;  ///< nodes (of one rail) on one leaf switch
  Stated oversubscription{
      1, "assumed"};        ///< >= 1: how much less leaves can send upwards than their nodes to them
  Stated switch_latency{};  ///< s, one switch
  Stated noise{};  ///< s a step that one node is late on average (others' traffic, its daemons); n wait for
                   ///< the latest: noise x (H_n - 1)
  std::string source =
      "assumed";  ///< of kind, rails, levels and leaf_nodes; what is assumed of them, if anything is
};

struct StoragePart {
  std::optional<Stated> capacity{};        ///< B
  Stated bandwidth{};                      ///< B/s, of all nodes together
  std::optional<Stated> node_bandwidth{};  ///< B/s, of one node
  std::optional<Stated> data{};            ///< B that training reads in an epoch; absent: all of the capacity
  std::optional<Stated> cache_bytes{};     ///< B of a node's memory that hold its share of the data
  bool cached = false;  ///< the scenario: epochs after the first come from there where the share fits
};

struct FailurePart {
  Stated rate{};              ///< of one node, 1/s (files say it per 1,000 node-days)
  Stated restart{};           ///< s from a failure to the first step again
  Stated checkpoint_write{};  ///< s that training waits for one checkpoint
};

/// What was said of the cluster, held beside what is projected: "peak_fp16", "storage_bandwidth", "rank".
struct Claim {
  std::string name, unit;  ///< unit: "FLOP/s", "B/s", "B", "rank"
  Stated said;
  std::string note{};
};

/// One reading of the description: all parts, with what the scenario changes in place.
struct Scenario {
  std::string name, summary;
  int nodes = 1, gpus = 1;  ///< gpus: of a node
  GpuPart gpu;
  NodePart node;
  FabricPart fabric;
  std::optional<StoragePart> storage{};
  std::optional<FailurePart> failures{};
  int channel_reading = 0;             ///< of NCCL's search (project/nccl_model.hpp): 0, or the other one
  std::vector<std::string> changes{};  ///< "nics = 4": what sets it apart from the first
};

/// What a projection needs beside ClusterDescription. The first scenario is the description as it stands.
struct ClusterParts {
  std::vector<Scenario> scenarios;
  std::optional<Scenario> described{};  ///< the description as it stands, where `scenarios` are a choice
  /// What results are taken to be from.
  Scenario const& measured_on() const { return described ? *described : scenarios.front(); }
  std::vector<Claim> claims{};
  std::string announcement{};  ///< "" or what was only announced, by whom, when
};

}  // namespace muster
