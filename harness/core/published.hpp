// Published figures of training, Linpack and sums at several sizes of a system, and what is known of how they
// came about. plan/ reads them from files, project/ predicts the larger ones from the smaller ones.
#pragma once
#include <string>
#include <vector>

#include "harness/core/cluster_parts.hpp"

namespace muster {

enum class Sums { overlapped, after_backward };
/// What ranks hold only a share of, as fully sharded data parallel training counts it.
enum class Sharding { none, gradients, full };
enum class PublishedKind {
  step,     ///< of training
  linpack,  ///< one FLOP of a GPU: work as long as one likes, whose exchanges are not what limits it
  sum       ///< an all-reduce
};

struct PublishedPoint {
  int nodes = 1, gpus = 1;  ///< gpus: in all; fewer than a node has: of one node
  double local = 1;         ///< samples of a GPU in one batch
  int accumulation = 1;     ///< batches of a step, whose gradients are summed once
  double seconds = 0;       ///< of a step, a unit of work, or a sum
  double spread = 0;        ///< of its runs, relative standard deviation; 0: not published
  double bytes = 0;         ///< of a sum
  std::string algorithm{};  ///< of a sum: "ring", "tree", "" where not said
  std::string software{};   ///< where it differs within a series
  std::string differs{};    ///< what its source says is not as at other sizes; "" where nothing
  long line = 0;
};

/// One workload on one system, with all else alike as far as its source says.
struct PublishedSeries {
  std::string name, family;  ///< family: who published it; constants are never found and tested on one family
  std::string source;
  PublishedKind kind = PublishedKind::step;
  Scenario system;  ///< its nodes' parts; how many of them, points say
  Sums sums = Sums::overlapped;
  Sharding sharding = Sharding::none;
  int tensor = 1;             ///< GPUs of a node that share layers
  double gradient_bytes = 0;  ///< of a rank
  std::vector<PublishedPoint> points;
};

struct ValidationData {
  std::vector<std::string> files;  ///< names
  std::vector<PublishedSeries> series;
};

}  // namespace muster
