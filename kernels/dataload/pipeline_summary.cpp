#include "kernels/dataload/pipeline_summary.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/dataload/article.hpp"
#include "kernels/dataload/records.hpp"

namespace muster::dataload {
namespace {

/// The smallest value that at least `share` of all do not exceed (nearest rank). `sorted` is not empty.
double percentile(std::vector<double> const& sorted, double share) {
  auto const rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  return sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1];
}

class Figures {
 public:
  /// Of a rate or time: 0 stands for not known.
  void add(std::string name, double value, std::string unit) {
    if (value > 0) list_.push_back({std::move(name), value, std::move(unit)});
  }
  /// Of a share or count, which may be 0; negative stands for not known.
  void add_share(std::string name, double value) {
    if (value >= 0) list_.push_back({std::move(name), value, ""});
  }
  void add_all(std::vector<Figure> more) { list_.insert(list_.end(), more.begin(), more.end()); }
  std::vector<Figure> take() { return std::move(list_); }

 private:
  std::vector<Figure> list_;
};

void add_stages(Figures& figures, PipelineSummary const& summary) {
  for (auto const& stage : summary.stages) {
    figures.add(stage.name + "_alone", stage.alone, summary.unit);
    figures.add(stage.name + "_inside", stage.inside, summary.unit);
    if (stage.inside > 0)
      figures.add_share(stage.name + "_busy", std::min(1.0, summary.pictures_per_second / stage.inside));
  }
  for (auto const& queue : summary.queues) {
    figures.add_share(queue.name + "_occupancy", queue.occupancy);
    figures.add_share(queue.name + "_empty", queue.empty);
    figures.add_share(queue.name + "_full", queue.full);
  }
}

void add_batches(Figures& figures, PipelineSummary const& summary) {
  auto sorted = summary.batch_seconds;
  if (sorted.empty()) return;
  figures.add_share("stall_share", summary.stall_share);
  std::ranges::sort(sorted);
  figures.add("batch_time_p50", percentile(sorted, 0.5), "s");
  figures.add("batch_time_p99", percentile(sorted, 0.99), "s");
  figures.add("batch_time_max", sorted.back(), "s");
}

void add_bottleneck(Figures& figures, PipelineSummary const& summary) {
  auto const found = find_bottleneck(summary.stages);
  figures.add("bottleneck_limit", found.limit, summary.unit);
  figures.add("without_bottleneck", found.next_limit, summary.unit);
  if (summary.pictures_per_second > 0)
    figures.add("without_bottleneck_factor", found.next_limit / summary.pictures_per_second, "");
}

}  // namespace

QueueSummary summary_of(std::string name, QueueTimes const& times, std::size_t full) {
  if (times.seconds <= 0) return {std::move(name)};
  double const fill =
      times.item_seconds / times.seconds / static_cast<double>(std::max<std::size_t>(full, 1));
  return {std::move(name), std::min(1.0, fill), times.empty_seconds / times.seconds,
          times.full_seconds / times.seconds};
}

void add_reading(PipelineSummary& summary, ReadTimes const& read, double alone, int prefetch) {
  auto encoded = summary_of("encoded", read.ready, static_cast<std::size_t>(prefetch));
  encoded.full = ratio(read.idle_seconds, read.seconds());
  summary.queues.push_back(std::move(encoded));
  summary.read_bytes_per_second = ratio(read.bytes, read.seconds());
  summary.read_alone_bytes_per_second = alone;
}

void describe(PipelineSummary& summary, RecordSet const& set) {
  double const records = static_cast<double>(set.records.size());
  summary.mean_record_bytes = static_cast<double>(set.bytes()) / records;
  summary.mean_pixels = static_cast<double>(set.pixels()) / records;
  summary.skipped = static_cast<double>(set.skipped.size());
}

std::vector<Figure> figures_of(PipelineSummary const& summary) {
  Figures figures;
  add_stages(figures, summary);
  add_batches(figures, summary);
  figures.add("storage_bandwidth", summary.read_bytes_per_second, "B/s");
  figures.add("pixel_rate", summary.pixels_per_second, "pixels/s");
  figures.add_share("cpu_cores", summary.cores.all);
  figures.add_share("cpu_cores_workers", summary.cores.workers);
  figures.add_share("cpu_cores_reading", summary.cores.reading);
  add_bottleneck(figures, summary);
  figures.add("mean_record_bytes", summary.mean_record_bytes, "B");
  figures.add_share("skipped_files", summary.skipped);
  figures.add_all(article_figures({summary.read_alone_bytes_per_second, summary.read_bytes_per_second,
                                   summary.mean_record_bytes, summary.mean_pixels}));
  return figures.take();
}

std::vector<std::pair<std::string, std::string>> facts_of(PipelineSummary const& summary) {
  auto const found = find_bottleneck(summary.stages);
  if (found.stage.empty()) return {};
  std::vector<std::pair<std::string, std::string>> facts{{"bottleneck", found.stage},
                                                         {"bottleneck_reason", found.reason}};
  if (!found.next.empty()) facts.emplace_back("next_bottleneck", found.next);
  return facts;
}

}  // namespace muster::dataload
