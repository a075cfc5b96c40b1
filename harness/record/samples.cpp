// Raw sample times beside the document: too many to read, too valuable to lose.
#include <map>
#include <variant>

#include "harness/record/fields.hpp"
#include "harness/record/json_archive.hpp"
#include "harness/record/save.hpp"
#include "harness/record/tidy.hpp"

namespace muster {
namespace {

Json rank_samples(RankRecord const& rank) {
  Json json{
      {"rank", rank.rank}, {"ops_per_sample", rank.ops_per_sample}, {"sample_seconds", rank.sample_seconds}};
  if (!rank.group_seconds.empty()) json["group_seconds"] = rank.group_seconds;
  if (!rank.alone_seconds.empty()) json["alone_seconds"] = rank.alone_seconds;
  if (!rank.conditions.sample_ends.empty()) json["sample_ends"] = rank.conditions.sample_ends;
  if (!rank.conditions.readings.empty()) json["readings"] = encode(rank.conditions.readings, Path());
  return json;
}

/// "" for a record without a sample that counts: only ranks that ended `ok` have any.
std::string sample_line(CaseRecord const& record) {
  Json ranks = Json::array();
  for (RankRecord const& rank : record.ranks) {
    if (rank.status == CaseStatus::ok && rank.verification.ok()) ranks.push_back(rank_samples(rank));
  }
  if (ranks.empty()) return {};
  return compact(Json{{"case_index", record.case_index}, {"launch", record.launch}, {"ranks", ranks}}) + "\n";
}

/// Node names come out of files, so they may not choose the folder.
std::string file_name(std::string node) {
  for (char& c : node) {
    bool const plain =
        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.';
    if (!plain) c = '_';
  }
  return (node.empty() || node[0] == '.' ? "node" + node : node) + ".ndjson";
}

}  // namespace

std::vector<Sidecar> save_samples(std::filesystem::path const& root, std::vector<Event> const& events) {
  std::map<std::string, std::string> files;
  for (Event const& event : events) {
    auto const* record = std::get_if<CaseRecord>(&event);
    if (record) files[file_name(record->node)] += sample_line(tidied(*record));
  }
  std::vector<Sidecar> sidecars;
  for (auto const& [name, contents] : files) {
    if (contents.empty()) continue;
    save_atomically(root / "samples" / name, contents);
    sidecars.push_back({"samples/" + name, sha256(contents), contents.size()});
  }
  return sidecars;
}

}  // namespace muster
