#include "harness/run/sanity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <sstream>

#include "harness/core/error.hpp"

namespace muster {
namespace {

/// Ranks by the version of one library that they have.
using Versions = std::map<std::string, std::vector<std::size_t>>;

std::map<std::string, Versions> by_library(std::vector<Libraries> const& ranks) {
  std::map<std::string, Versions> all;
  for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
    for (auto const& [library, version] : ranks[rank].versions) all[library][version].push_back(rank);
  }
  return all;
}

}  // namespace

void check_world(int size, int planned, std::string const& library) {
  if (size == planned || planned <= 0) return;
  throw Error(
      ExitCode::infrastructure,
      fmt::format(
          "this rank sees a world of {} in place of {} (started by another MPI's mpirun than the one it "
          "is built with, {}?) put that MPI's mpirun first on the PATH, or build muster again with "
          "the MPI that is there",
          size, planned, library));
}

std::string to_text(Libraries const& libraries) {
  auto text = libraries.node;
  for (auto const& [name, version] : libraries.versions) text += "\n" + name + "\t" + version;
  return text;
}

Libraries libraries_from_text(std::string const& text) {
  Libraries libraries;
  std::istringstream stream(text);
  std::getline(stream, libraries.node);
  for (std::string line; std::getline(stream, line);) {
    auto const tab = line.find('\t');
    if (tab != line.npos) libraries.versions.emplace_back(line.substr(0, tab), line.substr(tab + 1));
  }
  return libraries;
}

std::string odd_library(std::vector<Libraries> const& ranks) {
  for (auto const& [library, versions] : by_library(ranks)) {
    if (versions.size() < 2) continue;
    auto const has_fewer = [](auto const& a, auto const& b) { return a.second.size() < b.second.size(); };
    auto const odd = std::ranges::min_element(versions, has_fewer);
    auto const usual = std::max_element(versions.begin(), versions.end(), has_fewer);
    auto const& other = usual == odd ? std::next(odd) : usual;  // as many of each
    return fmt::format(
        "{} has {} {} where {} has {} (rank {} and rank {}; collectives between them hang or give wrong "
        "answers) install one version on all nodes",
        ranks[odd->second.front()].node, library, odd->first, ranks[other->second.front()].node, other->first,
        odd->second.front(), other->second.front());
  }
  return {};
}

void check_libraries(Group& group, Libraries const& mine) {
  std::vector<Libraries> ranks;
  for (auto const& text : group.gather(to_text(mine))) ranks.push_back(libraries_from_text(text));
  // The other ranks go on to their next group call, in which rank 0 ends them.
  if (auto const fault = odd_library(ranks); !fault.empty()) throw Error(ExitCode::infrastructure, fault);
}

std::string uneven_ranks(Group& group) {
  auto const here = static_cast<double>(group.node_size());
  std::array<double, 2> extremes{here, -here};
  group.max(extremes);
  auto const most = static_cast<int>(extremes[0]), fewest = static_cast<int>(-extremes[1]);
  if (most == fewest) return {};
  return fmt::format(
      "uneven ranks per node, {} to {} (collectives are slow so, or hang) give every node as many", fewest,
      most);
}

}  // namespace muster
