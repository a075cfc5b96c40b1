// What a row of runs over time came to. analyze/ makes it, record/ writes it as JSON, report/ shows it.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "harness/core/comparison.hpp"

namespace muster {

struct HistoryRun {
  std::string file, id, started;  ///< started: UTC, ISO 8601
  bool file_time = false;         ///< the run says no time: `started` is the file's
  std::string version, commit;    ///< of the program that measured
};

/// A case's figure of one run: the median of its launches.
struct HistoryPoint {
  std::size_t run = 0;  ///< in History::runs
  double median = 0;
};

/// A run that has the case and no clean figure of it.
struct HistoryGap {
  std::size_t run = 0;
  std::string reason;
  bool failed = false;  ///< it failed, was wrong or not verified, or is no longer in the run
  bool recent = false;  ///< its run is among the last that were asked about
};

struct ChangePoint {
  std::size_t point = 0;         ///< the first of the new level, in CaseHistory::points
  std::size_t run = 0;           ///< its run
  double before = 0, after = 0;  ///< medians of the two levels
  double ratio = 1;              ///< after over before, by Hodges and Lehmann
  Interval interval{};           ///< of the ratio
  double statistic = 0, p = 1;   ///< of the split that found it, by permutations
  bool worse = false;
  bool recent = false;  ///< its run is among the last that were asked about
  double q = 1;         ///< of a recent one: the false-discovery rate at which it counts, among all cases
  std::vector<EnvironmentDifference> differences{};  ///< between the last run before it and its own
};

enum class HistoryVerdict { too_few, steady, changed };

/// One case on one platform.
struct CaseHistory {
  std::string name, platform;
  Metric metric;
  double margin = 0;  ///< smaller changes are not told
  HistoryVerdict verdict = HistoryVerdict::too_few;
  std::vector<HistoryPoint> points{};  ///< by time
  std::vector<HistoryGap> gaps{};
  std::vector<ChangePoint> changes{};
};

/// A file that could not be read.
struct SkippedFile {
  std::string file, reason;
};

struct History {
  std::vector<HistoryRun> runs;  ///< by time
  std::vector<CaseHistory> cases;
  std::vector<SkippedFile> skipped{};
  std::size_t needed = 20;  ///< fewer points than these are too few
  std::size_t since = 0;    ///< "recent": in one of so many last runs; 0: none is
};

inline std::string_view name(HistoryVerdict verdict) {
  return verdict == HistoryVerdict::changed  ? "changed"
         : verdict == HistoryVerdict::steady ? "steady"
                                             : "too_few";
}

}  // namespace muster
