// The parts that a result has figures of, and their figures launch by launch.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "harness/analyze/fleet_rule.hpp"
#include "harness/core/document.hpp"
#include "harness/core/findings.hpp"
#include "harness/core/rank_samples.hpp"

namespace muster {

/// A GPU, or a node (device -1).
struct Part {
  std::string node;
  int device = -1;
  std::string uuid{};
  int model = 0;                     ///< parts of one number are alike
  DeviceInfo const* info = nullptr;  ///< of a GPU, in the document
};

Subject subject_of(Part const& part);

/// Which part a case's ranks are figures of.
enum class Unit { none, gpu, node };
Unit unit_of(CaseResult const& result);

/// Are its figures of healthy parts' answers? Where every node ran it by itself, those of nodes that were ok.
bool has_clean_figures(CaseResult const& result);

/// What of a sample is meant.
enum class PartQuantity { figure, at_clock, clock };

/// Of all parts in all launches; NaN where there is none.
class PartTable {
 public:
  PartTable(std::size_t parts, std::size_t launches);
  std::size_t parts() const { return parts_; }
  std::size_t launches() const { return launches_; }
  double& at(std::size_t part, std::size_t launch) { return values_[part * launches_ + launch]; }
  double at(std::size_t part, std::size_t launch) const { return values_[part * launches_ + launch]; }

 private:
  std::size_t parts_, launches_;
  std::vector<double> values_;
};

/// A result's GPUs and nodes. Refers to document and samples, which must stay.
class PartFigures {
 public:
  PartFigures(Document const& document, RankSamples const& samples);

  Document const& document() const { return document_; }
  DeviceHistories const& devices() const { return samples_.devices; }
  std::vector<Part> const& gpus() const { return gpus_; }
  std::vector<Part> const& nodes() const { return nodes_; }
  std::vector<Part> const& parts(Unit unit) const { return unit == Unit::gpu ? gpus_ : nodes_; }
  std::vector<int> const& models(Unit unit) const { return unit == Unit::gpu ? gpu_models_ : node_models_; }
  std::size_t node_of(std::size_t gpu) const { return node_of_[gpu]; }

  /// The case's clean figures of each part of its unit in each launch. Of a node the median over its ranks.
  PartTable figures(std::size_t index, PartQuantity quantity) const;
  /// Natural logarithms of a table's figures over the median of the part's peers in that launch; of metrics
  /// that should be low, the other way round, so that below 0 is always worse.
  PartTable deviations(std::size_t index, PartQuantity quantity) const;

 private:
  std::size_t gpu_at(RankSample const& sample) const;

  Document const& document_;
  RankSamples const& samples_;
  std::vector<Part> gpus_, nodes_;
  std::vector<int> gpu_models_, node_models_;
  std::vector<std::size_t> node_of_;
  std::vector<std::vector<std::size_t>> gpu_by_device_;  ///< by node and device
  std::vector<std::vector<bool>> failed_;                ///< by case and node
};

/// The mean over several tables of the same parts, where at least one says something.
PartTable mean_table(std::vector<PartTable> const& tables);

/// Of each node the median over its GPUs.
PartTable node_table(PartTable const& gpus, PartFigures const& figures);

std::vector<PartScore> scores_of(PartTable const& table);

}  // namespace muster
