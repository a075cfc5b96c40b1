#include "harness/report/page/projection_page.hpp"

#include "harness/report/page/frame.hpp"
#include "harness/report/page/parts.hpp"
#include "harness/report/page/projection_charts.hpp"
#include "harness/report/projection_table.hpp"

namespace muster {
namespace {

using project::Projection;

struct Section {
  Literal id, title;
  Markup content;
};

Markup charts(Projection const& projection, Markup (*chart)(Projection const&, std::string const&)) {
  Markup all;
  for (auto const& workload : projected_workloads(projection)) all += chart(projection, workload);
  return all;
}

Markup table_or_nothing(Table const& table, std::string const& caption) {
  return table.rows.empty() ? Markup() : html_table(table, caption);
}

Markup scaling(Projection const& projection) {
  Markup content = sentence(
      "PROJECTED, not measured. The band is where eight of ten draws of the first scenario lie; the dashed "
      "line is what no "
      "loss would look like; large markers are sizes that were measured.");
  content += charts(projection, scaling_chart);
  content += folded_table(rates_table(projection, RatesOf::all_sizes), "useful rates (PROJECTED)");
  return content;
}

Markup moves(Projection const& projection) {
  Markup content = charts(projection, tornado_chart);
  if (!content.empty())
    content += folded_table(sensitivity_table(projection), "what moves the answer (PROJECTED)");
  content += table_or_nothing(goals_table(projection), "nodes for a goal (PROJECTED)");
  content += table_or_nothing(half_lost_table(projection), "from how many nodes on half is lost (PROJECTED)");
  return content;
}

Markup basis(Projection const& projection) {
  Markup content = lines_of(projection_head(projection));
  Table scenarios{{{"scenario"}, {"what it is"}, {"what sets it apart"}}, {}};
  for (auto const& scenario : projection.scenarios) {
    std::string changes;
    for (auto const& change : scenario.changes) changes += (changes.empty() ? "" : ", ") + change;
    scenarios.rows.push_back({scenario.name, scenario.summary, changes});
  }
  content += html_table(scenarios, "scenarios");
  return content;
}

std::vector<Section> sections_of(Projection const& projection) {
  return {{"scaling", "Scaling", scaling(projection)},
          {"claims", "What was said of it, and what comes out",
           table_or_nothing(claims_table(projection), "claims (PROJECTED)")},
          {"terms", "Where the time goes",
           table_or_nothing(terms_table(projection), "parts of a step (PROJECTED)")},
          {"figures", "The cluster as a whole",
           table_or_nothing(figures_table(projection), "figures (PROJECTED)")},
          {"sensitivity", "What moves the answer", moves(projection)},
          {"basis", "What it rests on", basis(projection)}};
}

}  // namespace

std::string projection_page(Projection const& projection) {
  Markup links, main;
  for (auto const& section : sections_of(projection)) {
    if (section.content.empty()) continue;
    PagePlace const place{section.id};
    std::string const title(section.title.text());
    links += element("li", Markup::link_to(place, title));
    main += element("section", {{"id", place.id()}}, {element("h3", title), section.content});
  }
  Markup top = element("h1", projection.cluster + ": PROJECTED, not measured");
  top += element("p", {{"class", "sub"}}, projection.summary);
  if (!projection.warnings.empty()) top += capped_list(projection.warnings, 20);
  top += navigation(links);
  return whole_page("muster projection: " + projection.cluster,
                    {element("header", top), element("main", {{"id", "main"}}, main)});
}

}  // namespace muster
