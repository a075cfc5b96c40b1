// Hardware and software that it ran on.
#include <fmt/format.h>

#include <algorithm>

#include "harness/core/counted.hpp"
#include "harness/report/page/node_profiles.hpp"
#include "harness/report/page/sections.hpp"

namespace muster {
namespace {

/// "gpu0000, gpu0001, ... and 718 more"
std::string names(std::vector<std::string> const& nodes) {
  constexpr std::size_t most = 4;
  std::string text;
  for (std::size_t i = 0; i < std::min(nodes.size(), most); ++i) text += (i > 0 ? ", " : "") + nodes[i];
  return nodes.size() > most ? text + fmt::format(" and {} more", nodes.size() - most) : text;
}

Table table_of(NodeProfile const& profile) {
  Table table{{{""}, {""}}, {}};
  for (auto const& [name, value] : profile.facts) table.rows.push_back({name, value});
  return table;
}

}  // namespace

Markup machines_section(ReportedResult const& result) {
  constexpr std::size_t most = 8;
  auto const profiles = profiles_of(result.document);
  Markup content;
  for (std::size_t i = 0; i < std::min(profiles.size(), most); ++i) {
    auto const& profile = profiles[i];
    content += folded(fmt::format("{}: {}", counted(profile.nodes.size(), "node"), names(profile.nodes)),
                      html_table(table_of(profile), "Hardware, software and environment variables"));
  }
  if (profiles.size() > 1)
    content = {sentence(fmt::format("The nodes are not all the same: {} kinds.", profiles.size())), content};
  return content;
}

}  // namespace muster
