// What one launch of a case does, counted from the algorithm, and the figure that is made of it.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace muster {

/// Work of one launch. Always derived from the parameters, never measured.
struct Work {
  std::uint64_t bytes = 0;       ///< bytes read plus bytes written in the memory under test
  std::uint64_t flops = 0;       ///< floating-point operations
  std::uint64_t items = 0;       ///< things a user counts: images, tokens
  std::uint64_t wire_bytes = 0;  ///< bytes per rank that must cross the network (bus bandwidth's numerator)
};

enum class Quantity { bytes, flops, items, wire_bytes };
enum class Better { higher, lower, exact };

/// The headline figure of a workload: `quantity` of the work per second.
struct Metric {
  std::string name;  ///< "flop_rate", "bandwidth", "bus_bandwidth", "throughput"
  std::string unit;  ///< base unit: "FLOP/s", "B/s", "images/s"
  Quantity quantity = Quantity::bytes;
  Better better = Better::higher;
};

inline std::uint64_t amount(Work const& work, Quantity quantity) {
  switch (quantity) {
    case Quantity::bytes:
      return work.bytes;
    case Quantity::flops:
      return work.flops;
    case Quantity::items:
      return work.items;
    case Quantity::wire_bytes:
      return work.wire_bytes;
  }
  return 0;
}

/// The metric's value, in its unit, of a launch that took `seconds` (> 0).
inline double value_of(Metric const& metric, Work const& work, double seconds) {
  return static_cast<double>(amount(work, metric.quantity)) / seconds;
}

/// A limit that a figure is held against: "spec", "measured_fma_peak", "decode alone".
struct Bound {
  std::string name;
  double value = 0;  ///< in the metric's unit
  std::string unit;
  double clock_hz = 0;  ///< the clock that `value` assumes, to which it is proportional; 0: none
};

/// A further figure of a case that is worth keeping: the rate of a stage, a count of skipped files.
struct Figure {
  std::string name;
  double value = 0;
  std::string unit;  ///< "" for a plain count
};

/// A figure for every pair of things: of nodes, of GPUs.
struct Matrix {
  std::string name;
  std::string unit;
  std::vector<std::string> rows, columns;
  std::vector<double> values;  ///< row by row; NaN: not measured
};

}  // namespace muster
