// What a projection starts from: figures of one or several documents (or of a published data set), as values
// that say nothing of how they were read. All times in seconds, rates in base units.
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace muster::project {

/// One bucket of gradients.
struct Bucket {
  double ready = 0;  ///< share of the backward pass after which it can be summed, 0 to 1, rising
  double bytes = 0;
};

/// Sums over the ranks that share layers, inside a node; the compute lane waits for each.
struct TensorSums {
  int ranks = 1;
  double bytes = 0;  ///< of one
  double count = 0;  ///< in a step
};

/// One training step of one rank, with nothing to wait for.
struct StepPremise {
  std::string name;  ///< of the case, or of the published system
  std::string model;
  double samples = 0;  ///< of a rank and step
  double forward = 0, backward = 0, optimiser = 0;
  double compute_doubt = 0;  ///< of these three, of the logarithm, where they are of another GPU
  double sum_slowdown = 0;   ///< of the backward pass beside sums of gradients, relative
  bool overlap = true;       ///< sums run beside the backward pass
  std::vector<Bucket> buckets;
  std::optional<TensorSums> tensor{};
  /// Compute time of GPUs over their median: what sets them apart for good. Of one rank it says nothing.
  std::vector<double> gpu_spread{1};
  /// A step's time over the median step: what differs from step to step.
  std::vector<double> step_spread{1};
  double flops = 0;                          ///< of a sample: the model's
  double tokens = 0;                         ///< of a sample; 0: has none
  double input_bytes = 0;                    ///< of a sample, as stored; 0: makes no demand on storage
  std::optional<double> watts{};             ///< of a GPU in the step
  double watts_doubt = 0;                    ///< of it, of the logarithm, where it is of another GPU
  std::optional<double> checkpoint_bytes{};  ///< of the whole state
  int nodes = 1, ranks = 1;                  ///< that it was measured on
  /// Step times as measured there, one a launch. What they hold beyond the parts goes on with any nodes.
  std::vector<double> measured{};
  std::string kind = "measured";  ///< as Origin::kind
  bool changed = false;           ///< a what-if of the step that was measured
};

/// One measured sum over ranks.
struct CollectivePoint {
  double bytes = 0;
  int nodes = 1, gpus = 1;  ///< gpus: of a node
  double seconds = 0;
  std::string algorithm{};  ///< "ring", "tree", "" where unknown
};

/// Every GPU's figure of one product or memory kernel.
struct DevicePremise {
  std::string name, unit;     ///< "FLOP/s" or "B/s"
  std::vector<double> rates;  ///< of GPUs, medians over launches
};

/// What one node reads from storage, and how it was read.
struct StoragePremise {
  std::string name;
  std::vector<double> rates;  ///< B/s of a node, one a launch or node
};

/// Where premises come from.
struct Origin {
  std::string label, file, sha256;
  std::string kind = "measured";      ///< "measured" or "published"
  std::vector<std::string> stamps{};  ///< "partial", "throttled", "oversubscribed", "host backend", ...
};

struct Premises {
  std::vector<Origin> origins;
  std::string gpu{};        ///< their model
  int nodes = 1, gpus = 1;  ///< of the largest measurement; gpus: of a node
  std::vector<StepPremise> steps;
  std::vector<CollectivePoint> collectives;  ///< all-reduces
  std::vector<DevicePremise> devices;
  std::vector<StoragePremise> storage;
  std::vector<std::string> missing{};  ///< "problem (why) remedy": figures that would make it better
};

}  // namespace muster::project
