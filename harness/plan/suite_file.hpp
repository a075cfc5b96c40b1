// A suite's file as it is written: read and checked for its own form, not yet held against workloads and
// machine. The format is described in configs/README.md.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/plan.hpp"
#include "harness/plan/faults.hpp"
#include "harness/plan/model.hpp"
#include "harness/plan/table_reader.hpp"
#include "kernels/contract/params.hpp"

namespace muster {

/// One parameter of an entry: a value, or the values of a sweep.
struct Setting {
  At<std::string> name;
  std::vector<At<Value>> values;
};
using Settings = std::vector<Setting>;  ///< in alphabetical order of the names

struct Ranks {
  enum class Kind { by_scope, one, each, all, number };
  Kind kind = Kind::by_scope;
  int number = 1;
};

/// One [[case]].
struct Entry {
  long line = 0;
  At<std::string> workload;
  std::optional<std::string> backend;
  At<Ranks> ranks;
  std::optional<At<double>> sampling, deadline, operation_deadline, soak;  ///< seconds
  std::optional<bool> alone;
  std::vector<At<std::string>> models{};  ///< whose layers' shapes to take, by name or path
  std::vector<Pass> passes{};             ///< of these; empty: of all
  long passes_line = 0;                   ///< 0: the entry does not say
  std::vector<At<Settings>> params;       ///< each expands on its own; never empty
};

/// One [[phase]] of a cluster's run: another suite, and how it uses the nodes.
struct PhaseEntry {
  long line = 0;
  At<std::string> name, suite;
  Spread spread = Spread::together;
  std::string filter{};
  std::optional<int> launches{};  ///< in place of the suite's
};

/// Either cases or phases.
struct SuiteFile {
  std::string name, summary;
  int launches = 3;
  std::optional<At<double>> sampling, deadline, operation_deadline, soak;  ///< seconds
  bool alone = false;
  std::vector<Entry> entries;
  std::vector<PhaseEntry> phases{};
};

/// Adds what is wrong to `faults` and returns the rest. Throws Error(usage) when the file cannot be read at
/// all.
SuiteFile read_suite(std::filesystem::path const& file, Faults& faults);

}  // namespace muster
