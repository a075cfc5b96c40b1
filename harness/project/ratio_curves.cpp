#include "harness/project/ratio_curves.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "harness/core/statistics.hpp"

namespace muster::project {
namespace {

/// Squares, and how many of them are free.
struct Squares {
  double sum = 0, free = 0;
  void add(double value) { sum += value * value, ++free; }
  double mean() const { return free > 0 ? sum / free : 0; }
};

std::map<double, std::vector<double>> logs_by_size(std::span<Ratio const> ratios, int nodes) {
  std::map<double, std::vector<double>> found;
  for (auto const& ratio : ratios)
    if (ratio.nodes == nodes) found[std::log2(ratio.bytes)].push_back(std::log(ratio.ratio));
  return found;
}

/// Repetitions about their median, which takes one freedom.
void add_repeated(Squares& squares, std::vector<double> const& logs) {
  if (logs.size() < 2) return;
  for (double const log : logs) squares.add(log - median(logs));
  --squares.free;
}

}  // namespace

double RatioCurves::Line::at(double size) const {
  auto const above = std::upper_bound(sizes.begin(), sizes.end(), size);
  if (above == sizes.begin()) return logs.front();
  if (above == sizes.end()) return logs.back();
  auto const i = static_cast<std::size_t>(above - sizes.begin());
  return std::lerp(logs[i - 1], logs[i], (size - sizes[i - 1]) / (sizes[i] - sizes[i - 1]));
}

bool RatioCurves::Line::has(double size) const {
  return size >= sizes.front() - 1 && size <= sizes.back() + 1;
}

RatioCurves::RatioCurves(std::span<Ratio const> ratios) {
  std::map<int, std::vector<Ratio>> by_nodes;
  for (auto const& ratio : ratios) by_nodes[ratio.nodes].push_back(ratio);
  for (auto const& [nodes, those] : by_nodes) add_line(those);
  find_spread(ratios);
  find_growth();
}

void RatioCurves::add_line(std::span<Ratio const> ratios) {
  auto& line = lines_.emplace_back();
  line.nodes = ratios.front().nodes;
  for (auto const& [size, logs] : logs_by_size(ratios, line.nodes)) {
    line.sizes.push_back(size);
    line.logs.push_back(median(logs));
  }
}

void RatioCurves::find_spread(std::span<Ratio const> ratios) {
  Squares repeated, neighbours;
  for (auto const& line : lines_) {
    for (auto const& [size, logs] : logs_by_size(ratios, line.nodes)) add_repeated(repeated, logs);
    for (std::size_t i = 1; i + 1 < line.sizes.size(); ++i) {
      double const way = (line.sizes[i] - line.sizes[i - 1]) / (line.sizes[i + 1] - line.sizes[i - 1]);
      neighbours.add((line.logs[i] - std::lerp(line.logs[i - 1], line.logs[i + 1], way)) / 4);
    }
  }
  if (repeated.free + neighbours.free > 0) spread_ = std::sqrt(repeated.mean() + neighbours.mean());
}

void RatioCurves::find_growth() {
  Squares changes;
  if (empty()) return;
  auto const& most = lines_.back();
  for (std::size_t i = 0; i < most.sizes.size(); ++i) {
    auto const fewest = std::find_if(lines_.begin(), lines_.end(),
                                     [size = most.sizes[i]](Line const& line) { return line.has(size); });
    double const doublings = std::log2(static_cast<double>(most.nodes) / fewest->nodes);
    if (doublings >= 1) changes.add((most.logs[i] - fewest->at(most.sizes[i])) / doublings);
  }
  if (changes.free > 0) growth_ = std::sqrt(changes.mean());
}

double RatioCurves::log_at(double bytes, int nodes) const {
  if (empty()) return 0;
  double const size = std::log2(bytes);
  Line const *below = nullptr, *above = nullptr;
  for (auto const& line : lines_) {
    if (!line.has(size)) continue;
    if (line.nodes <= nodes) below = &line;
    if (line.nodes >= nodes && !above) above = &line;
  }
  if (!below && !above) return line_of(nodes).at(size);
  if (!below || !above) return (below ? below : above)->at(size);
  if (below == above) return below->at(size);
  double const way = std::log2(static_cast<double>(nodes) / below->nodes) /
                     std::log2(static_cast<double>(above->nodes) / below->nodes);
  return std::lerp(below->at(size), above->at(size), way);
}

/// That of the most nodes that are not more than these, else of the fewest.
RatioCurves::Line const& RatioCurves::line_of(int nodes) const {
  auto const above =
      std::find_if(lines_.begin(), lines_.end(), [nodes](Line const& line) { return line.nodes > nodes; });
  return above == lines_.begin() ? lines_.front() : *std::prev(above);
}

double RatioCurves::median_log() const {
  if (empty()) return 0;
  auto const& line = lines_.back();
  auto const first = std::lower_bound(line.sizes.begin(), line.sizes.end(), 20.0) - line.sizes.begin();
  auto const large = std::span(line.logs).subspan(static_cast<std::size_t>(first));
  return median(large.empty() ? std::span(line.logs) : large);
}

}  // namespace muster::project
