// Published figures made up for tests: a system of 8 A100 a node, and series on it.
#pragma once
#include <utility>
#include <vector>

#include "harness/core/published.hpp"

namespace muster {

inline Scenario published_system() {
  Scenario system;
  system.name = "made up";
  system.gpus = 8;
  system.gpu.compute_capability = Stated{8.0, "test"};
  system.gpu.nvlink_bandwidth = Stated{300e9, "test"};
  system.node.nics = 8;
  system.node.nic_bandwidth = {25e9, "test"};
  return system;
}

inline PublishedPoint published_point(int nodes, double seconds, double local = 32) {
  PublishedPoint point;
  point.nodes = nodes;
  point.gpus = 8 * nodes;
  point.local = local;
  point.seconds = seconds;
  return point;
}

inline PublishedSeries published_series(std::vector<PublishedPoint> points) {
  PublishedSeries series;
  series.name = "BERT";
  series.family = "made up";
  series.system = published_system();
  series.gradient_bytes = 672e6;
  series.points = std::move(points);
  return series;
}

}  // namespace muster
