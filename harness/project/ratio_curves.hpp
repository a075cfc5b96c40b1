// What measured sums took over what was estimated for them, by size and by number of nodes.
#pragma once
#include <optional>
#include <span>
#include <vector>

namespace muster::project {

/// One measured sum.
struct Ratio {
  double bytes = 0;
  int nodes = 1;
  double ratio = 1;  ///< measured over estimated
};

/// Lines of the ratio's logarithm over the size's, one for each number of nodes; medians where a size was
/// measured several times.
class RatioCurves {
 public:
  explicit RatioCurves(std::span<Ratio const> ratios);  ///< may be empty; all above 0
  bool empty() const { return lines_.empty(); }
  int most_nodes() const { return lines_.empty() ? 0 : lines_.back().nodes; }

  /// Natural logarithm of the ratio; 0 where empty. Between two numbers of nodes that have the size, a line
  /// over the logarithm of their number; beyond them what the nearest has: a trend is not carried on
  /// (growth() says how far it could lead). Sizes beyond all measured ones: as at the nearest end. Not slower
  /// with many sizes.
  double log_at(double bytes, int nodes) const;
  /// Over sizes of 1 MiB and more where there are any, else over all, on the most nodes; 0 where empty.
  double median_log() const;

  /// Standard deviation of the logarithm about the lines: repeated measurements about their median, and sizes
  /// about the line between their neighbours (a quarter: the line errs by so much less between neighbours
  /// that lie half as far apart). Absent where nothing was repeated and no size has two neighbours.
  std::optional<double> spread() const { return spread_; }
  /// How much the logarithm changes for each doubling of nodes, from the fewest to the most that have a size,
  /// root of the mean square over sizes. Absent where these are not at least a doubling apart.
  std::optional<double> growth() const { return growth_; }

 private:
  struct Line {
    int nodes = 1;
    std::vector<double> sizes, logs;  ///< log2 of bytes, rising; natural logarithm
    double at(double size) const;
    bool has(double size) const;  ///< within a doubling of what was measured
  };

  void add_line(std::span<Ratio const> ratios);
  void find_spread(std::span<Ratio const> ratios);
  void find_growth();
  Line const& line_of(int nodes) const;

  std::vector<Line> lines_;  ///< by nodes, rising
  std::optional<double> spread_, growth_;
};

}  // namespace muster::project
