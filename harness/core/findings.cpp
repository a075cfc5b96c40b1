#include "harness/core/findings.hpp"

#include <fmt/format.h>

namespace muster {

std::string_view name(Severity severity) { return severity == Severity::fail ? "fail" : "warn"; }

std::string_view name(FindingKind kind) {
  switch (kind) {
    case FindingKind::wrong_answer:
      return "wrong_answer";
    case FindingKind::no_answer:
      return "no_answer";
    case FindingKind::broke_off:
      return "broke_off";
    case FindingKind::memory_errors:
      return "memory_errors";
    case FindingKind::remapped_rows:
      return "remapped_rows";
    case FindingKind::throttled:
      return "throttled";
    case FindingKind::pcie:
      return "pcie";
    case FindingKind::nvlink:
      return "nvlink";
    case FindingKind::other_processes:
      return "other_processes";
    case FindingKind::settings:
      return "settings";
    case FindingKind::wrong_part:
      return "wrong_part";
    case FindingKind::below_floor:
      return "below_floor";
    case FindingKind::below_fleet:
      return "below_fleet";
    case FindingKind::slow_clock:
      return "slow_clock";
    case FindingKind::slow_nic:
      return "slow_nic";
    case FindingKind::slow_link:
      return "slow_link";
    case FindingKind::drift:
      return "drift";
  }
  return "";
}

std::string_view name(CheckVerdict verdict) {
  switch (verdict) {
    case CheckVerdict::pass:
      return "pass";
    case CheckVerdict::fail:
      return "fail";
    case CheckVerdict::partial:
      return "partial";
    case CheckVerdict::inconclusive:
      return "inconclusive";
  }
  return "";
}

std::string_view name(Subject::Kind kind) {
  switch (kind) {
    case Subject::Kind::cluster:
      return "cluster";
    case Subject::Kind::node:
      return "node";
    case Subject::Kind::gpu:
      return "gpu";
    case Subject::Kind::link:
      return "link";
  }
  return "";
}

std::string words(Subject const& subject) {
  auto const rail = subject.rail.empty() ? "" : ", rail " + subject.rail;
  if (subject.kind == Subject::Kind::cluster) return "all";
  if (subject.kind == Subject::Kind::node) return subject.node + rail;
  if (subject.kind == Subject::Kind::link) return subject.node + " - " + subject.other + rail;
  return fmt::format("{} GPU {}{}", subject.node, subject.device < 0 ? "?" : std::to_string(subject.device),
                     subject.uuid.empty() ? "" : " (" + subject.uuid + ")");
}

}  // namespace muster
