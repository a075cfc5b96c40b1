#include "harness/record/rank_digest.hpp"

#include <algorithm>

#include "harness/core/statistics.hpp"
#include "harness/record/rank_figures.hpp"
#include "harness/record/warnings.hpp"

namespace muster {
namespace {

/// A worker's own word, corrected by what else it said: no rank whose answer failed is ok, nor one without a
/// sample, whose time of 0 would look fast.
struct Believed {
  CaseStatus status;
  std::string_view phase, message;
};
Believed believed(RankRecord const& record) {
  if (record.status == CaseStatus::ok && record.verification.status == Verdict::Status::fail)
    return {CaseStatus::wrong, "verify", record.verification.detail};
  if (record.status == CaseStatus::ok && record.sample_seconds.empty())
    return {CaseStatus::internal, "sample",
            "the rank reported ok without a sample (a defect in muster) please report it"};
  return {record.status, record.phase, record.message};
}

std::vector<PooledText> pooled(RecordPool& pool, std::vector<std::string> const& texts) {
  std::vector<PooledText> list;
  for (auto const& text : texts) list.push_back(pool.text(text));
  return list;
}

std::unique_ptr<Remarks> remarks_of(RankRecord const& record, RecordPool& pool) {
  auto remarks = std::make_unique<Remarks>();
  remarks->own = pooled(pool, record.warnings);
  auto const observed = device_remarks(record);
  for (auto const& remark : observed) {
    remarks->observed.push_back(pool.text(remark.text));
    if (remark.taints) remarks->tainted.push_back(remarks->observed.back());
  }
  return remarks->own.empty() && observed.empty() ? nullptr : std::move(remarks);
}

template <class T, class Same>
T const* kept_in(std::deque<T>& kept, T const& value, Same const& same) {
  auto const found = std::ranges::find_if(kept, [&](T const& one) { return same(one, value); });
  return found != kept.end() ? &*found : &kept.emplace_back(value);
}

void add_verdict(RankDigest& digest, Verdict const& verdict, RecordPool& pool) {
  digest.verified = verdict.status;
  digest.method = pool.text(verdict.method);
  digest.detail = pool.text(verdict.detail);
  digest.error = verdict.error;
  digest.tolerance = verdict.tolerance;
}

void add_extras(RankDigest& digest, RankRecord const& record, RecordPool& pool) {
  if (record.bound) {
    digest.bound = pool.bound(*record.bound);
    digest.bound_value = record.bound->value;
  }
  digest.figure_names = pool.names(record.figures);
  for (auto const& figure : record.figures) digest.figures.push_back(figure.value);
  digest.facts = pool.facts(record.facts);
  if (!record.matrices.empty()) digest.matrices = std::make_unique<std::vector<Matrix>>(record.matrices);
  digest.remarks = remarks_of(record, pool);
  if (record.fingerprint) {
    digest.fingerprint = record.fingerprint->value;
    digest.made_by = pool.text(record.fingerprint->made_by.empty() ? "?" : record.fingerprint->made_by);
  }
}

}  // namespace

std::string const& PooledText::none() {
  static std::string const nothing;
  return nothing;
}

PooledText RecordPool::text(std::string_view text) {
  if (text.empty()) return {};
  auto found = texts_.find(text);
  if (found == texts_.end()) found = texts_.emplace(text).first;
  return PooledText(&*found);
}

Facts const* RecordPool::facts(Facts const& facts) {
  return facts.empty() ? nullptr : kept_in(facts_, facts, std::equal_to<>{});
}

FigureNames const* RecordPool::names(std::vector<Figure> const& figures) {
  if (figures.empty()) return nullptr;
  auto const found = std::ranges::find_if(names_, [&](FigureNames const& names) {
    return std::ranges::equal(names, figures, [](auto const& name, Figure const& figure) {
      return name.first == figure.name && name.second == figure.unit;
    });
  });
  if (found != names_.end()) return &*found;
  auto& names = names_.emplace_back();
  for (auto const& figure : figures) names.emplace_back(figure.name, figure.unit);
  return &names;
}

Bound const* RecordPool::bound(Bound const& bound) {
  return kept_in(bounds_, bound, [](Bound const& a, Bound const& b) {
    return a.name == b.name && a.unit == b.unit && a.clock_hz == b.clock_hz;
  });
}

CaseDigest Digester::digest(CaseRecord const& record, Workload const* workload) {
  CaseDigest digest{record.case_index, record.launch, record.attempt, record.world, record.world_size};
  digest.ranks.reserve(record.ranks.size());
  bool group_times = false;
  for (auto const& rank : record.ranks) {
    auto& one = digest.ranks.emplace_back(this->digest(record, rank, workload));
    bool const group = workload && workload->scope == Scope::group;
    if (!group) continue;
    // All ranks hold the same times of the group: the first one's will do.
    one.group_times = !rank.group_seconds.empty() && !group_times;
    group_times = group_times || one.group_times;
    if (one.group_times) one.samples = rank.group_seconds;
    if (rank.group_seconds.empty()) one.samples = rank.sample_seconds;
  }
  return digest;
}

RankDigest Digester::digest(CaseRecord const& record, RankRecord const& rank, Workload const* workload) {
  RankDigest digest;
  digest.node = pool_.text(record.node);
  digest.rank = rank.rank;
  digest.device = rank.device;
  digest.device_uuid = pool_.text(rank.device_uuid);
  auto const end = believed(rank);
  digest.status = end.status;
  digest.phase = pool_.text(end.phase);
  digest.message = pool_.text(end.message);
  add_verdict(digest, rank.verification, pool_);
  digest.work = rank.work;
  digest.ops_per_sample = rank.ops_per_sample;
  add_extras(digest, rank, pool_);
  if (!workload || rank.sample_seconds.empty()) return digest;
  auto sampled = sampled_rank(rank, workload->metric);
  if (rate_of_all(workload->scope, workload->metric)) sampled.per_joule.reset();
  digest.median = sampled.metric.median;
  digest.half_width = sampled.metric.half_width;
  digest.median_seconds = muster::median(rank.sample_seconds);
  digest.percent_at_clock = sampled.percent_at_clock;
  digest.per_joule = sampled.per_joule;
  digest.watts = sampled.watts;
  digest.alone = sampled.alone;
  if (workload->scope == Scope::each_rank) digest.samples = sampled.values;
  if (whole_ranks_)
    digest.whole = std::make_unique<RankFigures>(
        rank_figures(record.launch, record.node, rank, sampled, workload->metric));
  return digest;
}

}  // namespace muster
