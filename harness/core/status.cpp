#include "harness/core/status.hpp"

#include <array>

namespace muster {
namespace {

struct CaseRow {
  CaseStatus status;
  std::string_view name, words;
  bool failure;
};

constexpr std::array case_rows{
    CaseRow{CaseStatus::ok, "ok", "verified", false},
    CaseRow{CaseStatus::wrong, "wrong", "WRONG ANSWER", true},
    CaseRow{CaseStatus::unsupported, "unsupported", "not supported here", false},
    CaseRow{CaseStatus::out_of_memory, "out_of_memory", "out of memory", true},
    CaseRow{CaseStatus::bad_input, "bad_input", "input unusable", true},
    CaseRow{CaseStatus::device_error, "device_error", "device error", true},
    CaseRow{CaseStatus::crashed, "crashed", "worker died", true},
    CaseRow{CaseStatus::timed_out, "timed_out", "hung, stopped at its deadline", true},
    CaseRow{CaseStatus::internal, "internal", "internal error", true},
    CaseRow{CaseStatus::not_run, "not_run", "not run", true},
};

struct RunRow {
  RunStatus status;
  std::string_view name;
};

constexpr std::array run_rows{RunRow{RunStatus::running, "running"}, RunRow{RunStatus::complete, "complete"},
                              RunRow{RunStatus::partial, "partial"}, RunRow{RunStatus::failed, "failed"},
                              RunRow{RunStatus::aborted, "aborted"}};

CaseRow const& row(CaseStatus status) {
  for (auto const& candidate : case_rows) {
    if (candidate.status == status) return candidate;
  }
  return case_rows[8];  // a value outside the enumeration is a defect of ours: "internal"
}

}  // namespace

std::string_view name(CaseStatus status) { return row(status).name; }
std::string_view words(CaseStatus status) { return row(status).words; }
bool is_failure(CaseStatus status) { return row(status).failure; }

std::string_view name(RunStatus status) {
  for (auto const& candidate : run_rows) {
    if (candidate.status == status) return candidate.name;
  }
  return "failed";
}

std::optional<CaseStatus> case_status(std::string_view name) {
  for (auto const& candidate : case_rows) {
    if (candidate.name == name) return candidate.status;
  }
  return std::nullopt;
}

std::optional<RunStatus> run_status(std::string_view name) {
  for (auto const& candidate : run_rows) {
    if (candidate.name == name) return candidate.status;
  }
  return std::nullopt;
}

}  // namespace muster
