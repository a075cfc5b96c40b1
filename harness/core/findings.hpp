// What a check found against the parts of a machine. analyze/ makes it, record/ writes it as JSON, report/
// shows it.
#pragma once
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace muster {

enum class Severity {
  fail,  ///< take the part out, or have it repaired
  warn   ///< look at it, or measure again
};

enum class FindingKind {
  wrong_answer,     ///< an answer failed verification, or its bits are not those of the majority
  no_answer,        ///< a node that was planned for and was left out, or did not answer
  broke_off,        ///< a case crashed, hung or got an error from the device
  memory_errors,    ///< new ECC errors
  remapped_rows,    ///< rows of memory that wait for it, could not be, or are too many
  throttled,        ///< a clock held down by heat, supply or brake
  pcie,             ///< narrower or slower than the slot allows, or replays
  nvlink,           ///< links down, or errors on them
  other_processes,  ///< the GPU was not ours alone
  settings,         ///< set up otherwise than the others, or than the description wants
  wrong_part,       ///< another model, or fewer of them, than the description says
  below_floor,      ///< worse than the description's floor or its source's gate
  below_fleet,      ///< worse than its peers
  slow_clock,       ///< its clock is below its peers'
  slow_nic,         ///< slow with everybody on one rail
  slow_link,        ///< two that are slow together only
  drift             ///< became slower while the run went on
};

struct Subject {
  enum class Kind { cluster, node, gpu, link };
  Kind kind = Kind::cluster;
  std::string node{};
  int device = -1;      ///< of a GPU; -1: unknown
  std::string uuid{};   ///< of a GPU; "": unknown
  std::string other{};  ///< of a link: its other end
  std::string rail{};   ///< of a link or a node: "3"; "" where all
  bool operator==(Subject const&) const = default;
};

struct CheckFinding {
  Severity severity = Severity::fail;
  FindingKind kind = FindingKind::below_fleet;
  Subject subject{};
  std::string cases{};  ///< a case's name, or what several of them have in common: "gemm, 6 cases"
  std::string unit{};
  std::optional<double> measured{},
      expected{};                     ///< in `unit`; expected: the description's, or the median of its peers
  std::optional<double> deviation{};  ///< relative to expected: -0.041
  std::optional<double> margin{};     ///< how far below is too far, relative
  std::optional<double> z{};
  std::optional<bool> reproduced{};  ///< absent where that is no question
  std::string evidence{};            ///< in words
  std::string remedy{};
  std::string source{};  ///< of `expected`, where it is the description's
};

/// How one expectation of the description fared.
struct ExpectationResult {
  std::string cases, part, unit, source, note{};
  std::string margin_source{}, gate_source{};
  std::optional<double> margin{};  ///< relative
  double expected = 0;
  std::optional<double> floor{}, gate{};
  double median = 0, worst = 0;
  Subject worst_subject{};
  int parts = 0, below = 0;
};

struct CheckCoverage {
  int nodes_planned = 0, nodes_seen = 0, nodes_excluded = 0;
  int nodes_judged = 0;                 ///< by links, or by figures of a node as a whole
  int gpus = 0, gpus_judged = 0;        ///< judged: held against peers or a floor with clean figures
  std::vector<std::string> unjudged{};  ///< parts that were to be judged and were not
  int links = 0, links_judged = 0;
  int cases = 0, cases_judged = 0;
  int cases_expected = 0;          ///< that the description says something of
  int cases_with_floor = 0;        ///< that the description has a floor or a gate for
  bool described = false;          ///< was there a description?
  std::vector<std::string> notes;  ///< what was not judged, and why
};

/// A node to take out of use.
struct Drain {
  std::string node;
  std::vector<std::string> reasons;  ///< worst first
};

/// A node with its GPUs, as it was found.
struct TestedNode {
  struct Gpu {
    int device = 0;
    std::string model, uuid;
  };
  std::string node;
  std::vector<Gpu> gpus;
};

/// A file that findings rest on.
struct EvidenceFile {
  std::string path, sha256;
};

enum class CheckVerdict {
  pass,
  fail,
  partial,      ///< nothing failed, but not all that was planned was tested
  inconclusive  ///< nothing could be judged, or not by what was asked for
};

struct Findings {
  CheckVerdict verdict = CheckVerdict::pass;
  std::string why{};                   ///< it is partial or inconclusive
  std::string cluster{};               ///< the description's name
  std::vector<CheckFinding> findings;  ///< worst first
  std::vector<Drain> drains;
  std::vector<ExpectationResult> expectations;
  CheckCoverage coverage;
  std::string run, started, second_run{};  ///< identifiers of the runs
  std::string version{}, commit{};         ///< of the program that measured
  std::vector<TestedNode> tested{};
  std::vector<EvidenceFile> evidence;
};

std::string_view name(Severity severity);     ///< "fail"
std::string_view name(FindingKind kind);      ///< "below_fleet"
std::string_view name(CheckVerdict verdict);  ///< "inconclusive"
std::string_view name(Subject::Kind kind);    ///< "gpu"
std::string words(Subject const& subject);    ///< "gpu0007 GPU 3 (GPU-...)", "gpu0001 - gpu0002, rail 3"

}  // namespace muster
