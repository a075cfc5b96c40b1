#include "harness/record/vote.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

namespace muster {
namespace {

using Ballots = std::map<std::uint64_t, std::vector<RankDigest*>>;  // by fingerprint

std::size_t voters(Ballots const& ballots) {
  std::size_t count = 0;
  for (auto const& [value, ranks] : ballots) count += ranks.size();
  return count;
}

void condemn(RankDigest& rank, std::string const& why, RecordPool& pool) {
  std::string const device = rank.device_uuid.empty() ? "" : ", " + *rank.device_uuid;
  rank.status = CaseStatus::wrong;
  rank.phase = pool.text("verify");
  rank.verified = Verdict::Status::fail;
  rank.message = pool.text(fmt::format("rank {} on {} (device {}{}): bitwise checksum {:016x} {}", rank.rank,
                                       *rank.node, rank.device, device, rank.fingerprint, why));
  rank.detail = rank.message;
}

void judge(Ballots& ballots, RecordPool& pool) {
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
    for (auto* rank : ranks) condemn(*rank, why, pool);
  }
}

}  // namespace

void vote(CaseEvents& launches, RecordPool& pool) {
  std::map<std::string, Ballots> ways;
  for (auto& [launch, events] : launches) {
    for (auto& [index, rank] : events.ranks) {
      if (!rank.made_by.empty() && rank.status == CaseStatus::ok)
        ways[*rank.made_by][rank.fingerprint].push_back(&rank);
    }
  }
  for (auto& [way, ballots] : ways) judge(ballots, pool);
}

}  // namespace muster
