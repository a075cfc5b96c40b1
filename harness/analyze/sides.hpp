// The runs of one side put together, case by case.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "harness/analyze/compare.hpp"

namespace muster {

/// One case in all runs of a side that have it.
struct SideCase {
  CaseResult const* result = nullptr;  ///< of the first run that has it
  std::vector<CaseResult const*> all;  ///< of every run: null where it does not have it
  CaseStatus status = CaseStatus::ok;
  std::string fault{};                 ///< why it has no figure; "" where it has
  std::vector<double> launches{};      ///< of all runs; none unless ok
  std::vector<std::string> tainted{};  ///< why they are not clean
  std::string mixed{};                 ///< what its runs do not agree on: pooling them would mean nothing
};

struct SideCases {
  std::vector<std::string> order;  ///< names as the runs have them
  std::map<std::string, SideCase> by_name;
};

SideCases cases_of(Side const& side);

/// What keeps the figures of two results of a case from being held against each other: "parameter k: 4096 and
/// 8192"; "" where nothing does.
std::string mismatch(CaseResult const& a, CaseResult const& b);
bool same_metric(Metric const& a, Metric const& b);

/// Finite, and so far from the ends of what a double holds that means and intervals stay so.
bool is_number(double x);
/// A number that something can be divided by. 0 is what peers' tools write for a case that failed.
bool is_figure(double x);

/// Names of all nodes of the side's runs, sorted, each once.
std::vector<std::string> node_names(Side const& side);

}  // namespace muster
