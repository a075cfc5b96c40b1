// What a page is made of: documents, and what stood beside them.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "harness/core/case_rule.hpp"
#include "harness/core/comparison.hpp"
#include "harness/core/document.hpp"
#include "harness/core/findings.hpp"
#include "harness/core/rank_samples.hpp"
#include "harness/core/sensor_series.hpp"

namespace muster {

struct ReportedResult {
  std::string label;
  std::string file;    ///< as it was named
  std::string sha256;  ///< of the document's bytes
  Document document;
  RankSamples ranks;                 ///< no cases where they could not be read
  std::vector<SensorSeries> series;  ///< none where no readings stand beside the document
  std::vector<std::string> remarks;  ///< what of it could not be read, and why
  std::optional<Findings> findings;  ///< absent where nothing could be judged
  std::vector<CaseRule> rules{};     ///< of each case; none where the figures of ranks could not be read
  std::string rule{};                ///< what the limits of `rules` mean, in words
  double link_margin = 0;            ///< a pair so far below the usual rate is slow, relative
};

struct ReportInput {
  std::vector<ReportedResult> results;  ///< at least one
  std::vector<Comparison> comparisons;  ///< of the first with each of the others
};

}  // namespace muster
