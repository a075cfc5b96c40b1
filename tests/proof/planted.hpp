// Every check of `muster check` with the fault that it exists for: planted into an invented machine, to be
// named, and nobody else with it.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/cluster_description.hpp"
#include "harness/core/document.hpp"
#include "harness/core/findings.hpp"
#include "harness/core/rank_samples.hpp"

namespace muster::proof {

/// What is checked.
struct Machine {
  Document document;
  std::optional<Document> second{};  ///< the same parts measured again
  std::optional<ClusterDescription> cluster{};
  std::optional<RankSamples> samples{};  ///< in place of those of the document
};

/// What must be found.
struct Expected {
  FindingKind kind{};
  Severity severity = Severity::fail;
  Subject subject{};
};

struct Planted {
  std::string fault;
  std::optional<Expected> expected;  ///< absent: nothing at all may be found
  std::function<Machine()> make;
};

struct Outcome {
  bool named = false;
  std::vector<CheckFinding> others;  ///< against anybody else
  std::string said{};                ///< of the part that has the fault
};

std::vector<Planted> const& planted_faults();
Outcome try_out(Planted const& planted);

}  // namespace muster::proof
