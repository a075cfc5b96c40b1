// What the document needs of one rank's record, in a few hundred bytes: a large run has millions of records,
// and their samples, readings and device states do not fit into memory together.
#pragma once
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/record.hpp"
#include "kernels/contract/workload.hpp"

namespace muster {

/// A text that stands in a pool, because thousands of ranks say the same; null: "".
class PooledText {
 public:
  PooledText() = default;
  explicit PooledText(std::string const* text) : text_(text) {}
  std::string const& operator*() const { return text_ ? *text_ : none(); }
  std::string const* operator->() const { return &**this; }
  bool empty() const { return !text_; }

 private:
  static std::string const& none();
  std::string const* text_ = nullptr;
};

using FigureNames = std::vector<std::pair<std::string, std::string>>;  ///< name and unit

/// Holds each value once. Whatever was taken from it is good as long as the pool lives, also once it was
/// moved.
class RecordPool {
 public:
  PooledText text(std::string_view text);
  Facts const* facts(Facts const& facts);                        ///< null for none
  FigureNames const* names(std::vector<Figure> const& figures);  ///< null for none
  Bound const* bound(Bound const& bound);                        ///< its value is not kept

 private:
  std::set<std::string, std::less<>> texts_;
  std::deque<Facts> facts_;
  std::deque<FigureNames> names_;
  std::deque<Bound> bounds_;
};

/// What was noticed at a rank that makes its figures less than clean.
struct Remarks {
  std::vector<PooledText> own;       ///< its workload's warnings
  std::vector<PooledText> observed;  ///< of the device
  std::vector<PooledText> tainted;  ///< of those, what makes its figures no measure of a healthy, idle device
};

struct RankDigest {
  PooledText node;
  int rank = 0, device = 0;
  CaseStatus status = CaseStatus::not_run;
  PooledText phase, message, device_uuid;

  Verdict::Status verified = Verdict::Status::skipped;
  PooledText method, detail;
  double error = 0, tolerance = 0;

  Work work;
  std::uint64_t ops_per_sample = 1;
  /// Scope each_rank: the metric's value in each sample. Scope group: the slowest rank's seconds, with the
  /// first rank of a record that has them (`group_times`), else its own.
  std::vector<double> samples;
  bool group_times = false;
  double median = 0;          ///< of the metric
  double median_seconds = 0;  ///< of a sample
  std::optional<double> half_width, percent_at_clock, alone;
  std::optional<double> per_joule;  ///< absent where the rate is that of all ranks together (rate_of_all())
  std::optional<double> watts;      ///< of its device, as SampledRank's

  Bound const* bound = nullptr;
  double bound_value = 0;
  FigureNames const* figure_names = nullptr;
  std::vector<double> figures;
  Facts const* facts = nullptr;
  std::unique_ptr<std::vector<Matrix>> matrices;
  std::unique_ptr<Remarks> remarks;
  std::uint64_t fingerprint = 0;
  PooledText made_by;  ///< empty: no fingerprint

  std::unique_ptr<RankFigures> whole;  ///< what the document tells of it; absent in a large run
};

/// Ranks of some launches.
using Ranks = std::vector<RankDigest const*>;

/// One case record with its ranks digested.
struct CaseDigest {
  std::size_t case_index = 0;
  int launch = 0, attempt = 0;
  std::string world{};
  int world_size = 0;
  std::vector<RankDigest> ranks{};
};

/// Makes digests of one journal's records. Without a workload (another version's) there are no figures.
class Digester {
 public:
  Digester(RecordPool& pool, bool whole_ranks) : pool_(pool), whole_ranks_(whole_ranks) {}
  /// `record` is tidied; its ranks are believed no more than they may be (see case_events.hpp).
  CaseDigest digest(CaseRecord const& record, Workload const* workload);

 private:
  RankDigest digest(CaseRecord const& record, RankRecord const& rank, Workload const* workload);

  RecordPool& pool_;
  bool whole_ranks_;
};

}  // namespace muster
