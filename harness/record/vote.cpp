#include "harness/record/vote.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

namespace muster {
namespace {

using Ballots = std::map<std::uint64_t, std::vector<RankAt*>>;  // by fingerprint

std::size_t voters(Ballots const& ballots) {
  std::size_t count = 0;
  for (auto const& [value, ranks] : ballots) count += ranks.size();
  return count;
}

void condemn(RankAt& at, std::string const& why) {
  RankRecord& record = at.record;
  std::string const device = record.device_uuid.empty() ? "" : ", " + record.device_uuid;
  record.status = CaseStatus::wrong;
  record.phase = "verify";
  record.verification.status = Verdict::Status::fail;
  record.verification.detail =
      fmt::format("rank {} on {} (device {}{}): bitwise checksum {:016x} {}", record.rank, at.node,
                  record.device, device, record.fingerprint->value, why);
  record.message = record.verification.detail;
}

void judge(Ballots& ballots) {
  if (ballots.size() < 2) return;
  auto const all = voters(ballots);
  auto const most = std::ranges::max_element(
      ballots, [](auto const& a, auto const& b) { return a.second.size() < b.second.size(); });
  bool const decided = 2 * most->second.size() > all;
  for (auto& [value, ranks] : ballots) {
    if (decided && value == most->first) continue;
    auto const why =
        decided
            ? fmt::format(
                  "is not the {:016x} of {} of {} (same product, same library and algorithm) take this "
                  "device out and test it alone",
                  most->first, most->second.size(), all)
            : fmt::format(
                  "is one of {} different ones (same product, same library and algorithm, and no majority) "
                  "run it again with more ranks or launches",
                  ballots.size());
    for (auto* at : ranks) condemn(*at, why);
  }
}

}  // namespace

void vote(CaseEvents& launches) {
  std::map<std::string, Ballots> ways;
  for (auto& [launch, events] : launches) {
    for (auto& [index, at] : events.ranks) {
      auto const& fingerprint = at.record.fingerprint;
      if (fingerprint && at.record.status == CaseStatus::ok)
        ways[fingerprint->made_by][fingerprint->value].push_back(&at);
    }
  }
  for (auto& [way, ballots] : ways) judge(ballots);
}

}  // namespace muster
