// The outcome of checking an answer.
#pragma once
#include <cmath>
#include <cstdint>
#include <string>

namespace muster {

struct Verdict {
  enum class Status { pass, fail, skipped, not_applicable };
  Status status = Status::skipped;
  std::string method;    ///< how it was checked, in a few words
  double error = 0;      ///< the largest error seen, in the method's own measure (finite)
  double tolerance = 0;  ///< the largest error that passes
  std::string detail;    ///< on failure: where, got, expected

  bool ok() const { return status == Status::pass || status == Status::not_applicable; }

  /// Passes when `error` is a number and at most `tolerance`; NaN and infinity never pass.
  static Verdict judge(std::string method, double error, double tolerance, std::string detail = {}) {
    bool const finite = std::isfinite(error);
    bool const pass = finite && error <= tolerance;
    if (!finite) detail = "the error is not a finite number" + (detail.empty() ? "" : "; " + detail);
    return {pass ? Status::pass : Status::fail, std::move(method), finite ? error : -1.0, tolerance,
            pass ? "" : std::move(detail)};
  }
};

/// An answer's bits in short. Answers `made_by` the same must have the same `value`, on whichever device of
/// whichever node and in whichever launch: the one that differs computed wrongly.
struct Fingerprint {
  std::uint64_t value = 0;
  std::string
      made_by;  ///< all that the bits depend on besides the case: device model, library, algorithm, threads
};

}  // namespace muster
