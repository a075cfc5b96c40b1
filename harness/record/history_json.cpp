#include "harness/record/history_json.hpp"

#include <array>

#include "harness/record/json_archive.hpp"
// after the archive, which finds these by the types they describe
#include "harness/record/difference_fields.hpp"
#include "harness/record/tagged_json.hpp"

namespace muster {

inline std::string_view word(HistoryVerdict verdict) { return name(verdict); }

void fields(auto& a, Is<HistoryRun> auto& v) {
  a("id", v.id);
  a("file", v.file);
  a("started", v.started);
  a.when(v.file_time, "file_time", v.file_time);
  a("version", v.version);
  a("commit", v.commit);
}

void fields(auto& a, Is<HistoryPoint> auto& v) {
  a("run", v.run);
  a("median", v.median);
}

void fields(auto& a, Is<HistoryGap> auto& v) {
  a("run", v.run);
  a("reason", v.reason);
  a.when(v.failed, "failed", v.failed);
  a.when(v.recent, "recent", v.recent);
}

void fields(auto& a, Is<ChangePoint> auto& v) {
  a("point", v.point);
  a("run", v.run);
  a("before", v.before);
  a("after", v.after);
  a("ratio", v.ratio);
  a("interval", v.interval);
  a("statistic", v.statistic);
  a("p", v.p);
  a("worse", v.worse);
  a("recent", v.recent);
  a.when(v.recent, "q", v.q);
  a("differences", v.differences);
}

void fields(auto& a, Is<CaseHistory> auto& v) {
  a("name", v.name);
  a("platform", v.platform);
  a("metric", v.metric);
  a("margin", v.margin);
  a("verdict", v.verdict);
  a("changes", v.changes);
  a("points", v.points);
  a("gaps", v.gaps);
}

void fields(auto& a, Is<SkippedFile> auto& v) {
  a("file", v.file);
  a("reason", v.reason);
}

void fields(auto& a, Is<History> auto& v) {
  a("needed", v.needed);
  a("since", v.since);
  a("runs", v.runs);
  a("cases", v.cases);
  a("skipped", v.skipped);
}

std::string to_json(History const& history, int exit_code) {
  Json json{{"schema", {{"name", "muster.history"}, {"major", history_major}, {"minor", history_minor}}},
            {"exit_code", exit_code}};
  json.update(encode(history, Path{}));
  return pretty(json);
}

}  // namespace muster
