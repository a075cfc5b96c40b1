// The result document as values. record/ turns it to JSON and back; compare, check, project and report read
// only this.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/status.hpp"
#include "kernels/contract/device.hpp"
#include "kernels/contract/params.hpp"
#include "kernels/contract/verdict.hpp"
#include "kernels/contract/work.hpp"

namespace muster {

inline constexpr int schema_major = 1;
inline constexpr int schema_minor = 5;

/// A fact with a name, kept in the order it was found.
using Facts = std::vector<std::pair<std::string, std::string>>;

/// Order statistics of the metric over one launch's samples, in the metric's unit.
struct Summary {
  double median = 0, p05 = 0, p95 = 0, min = 0, max = 0, mean = 0;
  std::uint64_t samples = 0;
  std::optional<double> half_width{};  ///< 95 % interval of the median, relative
};

/// Lowest, middle and highest of what a sensor showed while samples were taken.
struct Range {
  double min = 0, median = 0, max = 0;
};

/// What a rank's device did while its samples were taken: from pulses all through it, and from counters
/// before and after. Absent is what the device does not tell.
struct Telemetry {
  std::uint64_t readings = 0;
  double readings_hz = 0;
  std::optional<Range> clock_hz{}, memory_clock_hz{}, power_watts{}, temperature_c{}, memory_temperature_c{};
  /// Seconds that each reason was active: as counted by the device where it counts, else by pulses.
  std::vector<std::pair<std::string, double>> throttled_seconds{};
  std::uint64_t throttled_samples = 0;    ///< samples during which any reason was active
  std::optional<double> energy_joules{};  ///< used in the window between both states
  std::optional<double> mean_watts{};     ///< that energy per second, or the mean of pulses
  std::optional<std::uint64_t> corrected_errors{}, uncorrected_errors{}, pcie_replays{},
      nvlink_errors{};  ///< new ones
};

/// How samples were taken.
struct Sampling {
  std::string regime = "plain";
  double soak_seconds = 0;
  bool steady = false;
  std::string unrest{};
  std::string stopped_by{};
  bool recorded = false;
  double window_seconds = 0;
};

/// One rank's figures in one launch.
struct RankFigures {
  int launch = 0;
  int rank = 0;
  std::string node;
  int device = 0;
  std::string device_uuid;
  Summary metric;
  std::optional<double> percent_of_bound{},
      percent_at_clock{};             ///< at_clock: of the bound at the clock it really ran
  std::optional<double> per_joule{};  ///< the metric's quantity per joule
  std::optional<Summary> alone{};     ///< of samples taken while the node's other ranks waited
  std::string fingerprint{};          ///< of the answer's bits, in hexadecimal
  Sampling sampling{};
  std::optional<Telemetry> telemetry{};
  DeviceState before{}, after{};
};

/// How the ranks of one node lie apart: of each rank the median over its launches.
struct NodeSpread {
  std::string node;
  int ranks = 0;
  double median = 0;
  double min = 0;
  int min_rank = 0;
  double max = 0;
  int max_rank = 0;
};

/// The same over all ranks, in place of one entry a rank and launch where these would be too many.
struct RankSpread {
  std::uint64_t ranks = 0, entries = 0;  ///< entries: a rank counts once a launch
  double median = 0, p05 = 0, p95 = 0, min = 0, max = 0;
  std::vector<NodeSpread> nodes;
};

/// One launch's figure of a case: the unit of replication. Scope each_rank: the median over ranks of their
/// medians (p05, p95, min, max likewise over all ranks' values); scope group: of the slowest rank's time,
/// sample by sample. Over several worlds (nodes): the median of their medians and means, the outermost of the
/// other order statistics, the widest interval.
struct LaunchFigures {
  int index = 0;
  Summary metric;
  double seconds_per_op = 0;            ///< median time of one launch() call
  std::optional<double> seconds_p99{};  ///< scope group, samples of one call each: the 99th percentile
  std::uint64_t ops_per_sample = 1;     ///< launch() calls timed together as one sample
  std::uint64_t iterations = 0;         ///< as Google Benchmark counts them: samples
};

/// Where every node runs a case as a world of its own: how many did, and how that ended.
struct Worlds {
  int planned = 0;  ///< nodes that were to run it
  int ok = 0;       ///< of those, nodes on which every launch was ok
  int wrong = 0;    ///< nodes whose answer was wrong: they have no figures
};

/// Everything known of one case over all launches. Where every node is a world of its own, figures are those
/// of the nodes that ended ok.
struct CaseResult {
  std::string name, workload, backend;
  Params params;
  std::vector<std::string> labels{};  ///< what the case stands for: "llama-3-8b/qkv/forward"
  std::string phase{};                ///< of the cluster's run
  int planned_launches = 1;
  std::optional<Worlds> worlds{};
  int ranks = 1;
  CaseStatus status = CaseStatus::not_run;
  std::string message;  ///< why the status is not ok
  Metric metric;
  std::optional<Bound> bound;
  std::optional<double> percent_of_bound;  ///< of the median over launches
  std::optional<double>
      percent_at_clock{};             ///< median over ranks and launches, each at its own measured clock
  std::optional<double> per_joule{};  ///< likewise
  /// Scope each_rank: how much slower ranks are with the whole node at work than alone, in percent (median).
  std::optional<double> slower_together_percent{};
  Work work;
  Verdict verification;
  std::vector<LaunchFigures> launches;
  std::vector<RankFigures> rank_figures;    ///< none in a large run, which has `rank_spread`
  std::optional<RankSpread> rank_spread{};  ///< of a large run only
  std::vector<Figure> figures;
  std::vector<std::string> warnings;
  /// Why its figures are none of a healthy device that did nothing else; such a case never counts as clean.
  std::vector<std::string> tainted{};
  Facts facts{};  ///< what the workload told of itself; where ranks differ, all that they said
  std::vector<Matrix> matrices{};  ///< by name: element by element the median over launches and ranks
};

struct Failure {
  std::string case_name;
  int launch = 0;
  std::string node;   ///< "" where unknown
  int rank = -1;      ///< -1: unknown
  std::string phase;  ///< "start", "set up", "verify", "sample", "sample alone", "verify again", "save"
  CaseStatus kind = CaseStatus::internal;
  std::string message;
  std::string time;  ///< UTC, ISO 8601
};

struct Nic {
  std::string name, driver, state, fabric;  ///< fabric: "ethernet" or "infiniband"
  double bits_per_second = 0;               ///< 0: the interface does not say
  int numa = -1;
  std::string firmware{};  ///< "" where it does not say
};

struct Storage {
  std::string use;  ///< "results", "data", "cache"
  std::string path, filesystem, source;
  std::string device_model;  ///< of the block device behind it, if one is
  std::uint64_t free_bytes = 0, total_bytes = 0;
};

struct Cpu {
  std::string model, architecture, governor;
  int sockets = 0, cores = 0, threads = 0, usable = 0, numa_nodes = 0;
  std::vector<std::pair<std::string, std::uint64_t>> caches;  ///< {"L3", bytes}
  std::vector<std::string>
      features;  ///< of those that matter to a figure: avx2, fma, avx512f, avx512_bf16, amx_bf16
};

/// Where a rank worked: for one backend, on one node.
struct Placement {
  int rank = 0;
  std::string backend;
  int device = 0;          ///< its number among the node's
  std::string cpus;        ///< that the rank's threads are kept on, "0-7,64-71"
  int threads = 0;         ///< of the rank's team
  std::string numa_nodes;  ///< of those CPUs; "" where unknown
  int device_node = -1;    ///< NUMA node of its device; -1: unknown, or the device is the CPUs
  int distance = -1;       ///< from there to the farthest of the CPUs' nodes (10: the same one); -1: unknown
};

struct Node {
  std::string name;
  Cpu cpu;
  std::uint64_t memory_bytes = 0;
  std::vector<DeviceInfo> gpus;
  std::vector<Nic> nics;
  std::vector<Storage> storage;
  std::vector<Placement> placement{};  ///< by backend and rank
  Facts software;  ///< kernel, libc, driver, CUDA, NCCL, MPI, OpenBLAS, oneDNN, libjpeg-turbo, io_uring, ...
  Facts env;       ///< allow-listed environment variables only
};

/// Google Benchmark's context, as its own reporter gave it.
struct BenchmarkContext {
  std::string date, host_name, executable, library_version, library_build_type;
  int num_cpus = 0;
  double mhz_per_cpu = 0;
  bool cpu_scaling_enabled = false;
  std::vector<double> load_avg;
};

struct Sidecar {
  std::string path;  ///< relative to the document's folder
  std::string sha256;
  std::uint64_t bytes = 0;
};

/// A node that what followed went on without.
struct ExcludedNode {
  std::string node, phase, reason;
};

/// Which nodes a cluster's run is about.
struct Coverage {
  int planned = 0, spares = 0;
  int seen = 0;  ///< nodes that answered
  int good = 0;  ///< nodes that phases of the last start ran on and that nothing was found against
  std::vector<ExcludedNode> excluded;
};

/// A journal that could not be written where it belongs.
struct Elsewhere {
  std::string node, folder, reason;
};

struct Document {
  struct Run {
    std::string id;
    RunStatus status = RunStatus::running;
    int exit_code = 0;
    std::string started, ended;  ///< UTC, ISO 8601
    std::vector<std::string> argv;
    std::string suite, config_path, config_sha256;
    std::uint64_t seed = 0;
    std::string launcher;         ///< "direct", "mpirun", "direct+mpirun"
    std::string backend;          ///< what `auto` became
    std::string backend_reason;   ///< why it is the host although a GPU was hoped for; "" otherwise
    std::string version, commit;  ///< of muster
    bool dirty = false;           ///< built from a tree with changes
    bool oversubscribed = false;
    int planned_cases = 0, launches = 1, done_cases = 0;
    std::vector<Elsewhere> elsewhere{};  ///< journals in other folders than the run's, as far as found
    int restarts = 0;            ///< how often it was gone on with, not counting starts for more launches
    int scheduler_restarts = 0;  ///< how often Slurm started the job anew (SLURM_RESTART_COUNT)
  } run;
  BenchmarkContext context;
  std::string comparability_workload, comparability_platform;  ///< SHA-256 of stable inputs only
  std::vector<Node> nodes;
  std::optional<Coverage> coverage{};  ///< of a run on the nodes of an allocation
  std::vector<CaseResult> cases;
  std::vector<Failure> failures;
  std::vector<Sidecar> sidecars;
};

}  // namespace muster
