#include "harness/report/certificate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "harness/report/breakable.hpp"
#include "harness/report/escape.hpp"
#include "harness/report/findings_view.hpp"
#include "harness/report/markup.hpp"

namespace muster {
namespace {

constexpr char const* title = "Certificate of measurement";

std::string verdict_words(Findings const& findings) {
  switch (findings.verdict) {
    case CheckVerdict::pass:
      return "PASS: nothing was found against any part that was tested";
    case CheckVerdict::fail:
      return "FAIL: parts do not do what they should";
    case CheckVerdict::partial:
      return "PARTIAL: " + findings.why;
    case CheckVerdict::inconclusive:
      return "INCONCLUSIVE: " + findings.why;
  }
  return "";
}

std::map<std::string, int> models_of(Findings const& findings) {
  std::map<std::string, int> models;
  for (auto const& node : findings.tested) {
    for (auto const& gpu : node.gpus) ++models[gpu.model];
  }
  return models;
}

Table facts_of(Findings const& findings) {
  auto const& c = findings.coverage;
  Table table{{{"what"}, {"value"}}, {}};
  auto const add = [&](std::string what, std::string value) {
    table.rows.push_back({std::move(what), std::move(value)});
  };
  add("verdict", verdict_words(findings));
  add("described as", findings.cluster.empty() ? "(no description was given)" : findings.cluster);
  add("run", findings.run + ", started " + findings.started);
  add("measured by", fmt::format("muster {}, commit {}", findings.version, findings.commit));
  for (auto const& [model, count] : models_of(findings))
    add("GPU model", fmt::format("{} x {}", count, model));
  if (!findings.second_run.empty()) add("second run", findings.second_run);
  add("nodes",
      fmt::format("{} planned, {} tested, {} left out", c.nodes_planned, c.nodes_seen, c.nodes_excluded));
  add("GPUs", fmt::format("{}, of which {} judged by their speed", c.gpus, c.gpus_judged));
  add("links", fmt::format("{} measured, {} judged", c.links, c.links_judged));
  add("cases", fmt::format("{}, of which {} judged, {} with an expectation, {} with a floor", c.cases,
                           c.cases_judged, c.cases_expected, c.cases_with_floor));
  for (auto const& note : c.notes) add("note", note);
  return table;
}

/// Every part by its name: what the verdict is of. A row for each node and model, so that large machines fit.
Table parts_of(Findings const& findings) {
  Table table{{{"node"}, {"GPUs", true}, {"model"}, {"device and UUID"}}, {}};
  for (auto const& node : findings.tested) {
    std::map<std::string, std::pair<int, std::string>> by_model;
    for (auto const& gpu : node.gpus) {
      auto& [count, uuids] = by_model[gpu.model];
      uuids += fmt::format("{}{}: {}", count++ == 0 ? "" : ", ", gpu.device, gpu.uuid);
    }
    if (by_model.empty()) table.rows.push_back({node.node, "0", "", ""});
    for (auto const& [model, gpus] : by_model)
      table.rows.push_back({node.node, std::to_string(gpus.first), model, gpus.second});
  }
  return table;
}

Table evidence_of(Findings const& findings) {
  Table table{{{"file"}, {"SHA-256"}}, {}};
  for (auto const& file : findings.evidence) table.rows.push_back({file.path, file.sha256});
  return table;
}

Table drains_of(Findings const& findings) {
  Table table{{{"node"}, {"reasons"}}, {}};
  for (auto const& drain : findings.drains) {
    std::string reasons;
    for (auto const& reason : drain.reasons) reasons += (reasons.empty() ? "" : "; ") + reason;
    table.rows.push_back({drain.node, reasons});
  }
  return table;
}

struct Section {
  char const* heading;
  char const* empty;  ///< what stands there where the table has no rows
  Table table;
};

std::vector<Section> sections_of(Findings const& findings) {
  return {
      {"What was tested", "", facts_of(findings)},
      {"Expected and measured", "No expectation speaks of what was measured.", expectations_table(findings)},
      {"Findings", "None.", findings_table(findings)},
      {"Nodes to take out of use", "None.", drains_of(findings)},
      {"Evidence", "", evidence_of(findings)},
      {"Annex: parts that were tested", "None.", parts_of(findings)}};
}

Markup heads_of(Table const& table) {
  Markup row;
  for (auto const& column : table.columns) row += element("th", column.title);
  return element("tr", row);
}

/// Figures stay on one line; names break at their slashes, so that a wide table fits on paper.
Markup row_of(Table const& table, std::vector<std::string> const& cells) {
  Markup row;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    bool const figure = i < table.columns.size() && table.columns[i].right;
    row += element("td", figure ? std::vector<Attribute>{{"class", "figure"}} : std::vector<Attribute>(),
                   figure ? Markup(cells[i]) : breakable(cells[i]));
  }
  return element("tr", row);
}

Markup table_of(Table const& table) {
  Markup rows;
  for (auto const& row : table.rows) rows += row_of(table, row);
  return element("table", {element("thead", heads_of(table)), element("tbody", rows)});
}

constexpr Literal head =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    "<meta name=\"viewport\" content=\"width=device-width\"><title>Certificate of measurement</title><style>"
    "body{font:14px/1.45 sans-serif;color:#000;background:#fff;max-width:72rem;margin:2rem auto;padding:0 "
    "1rem}"
    "section{overflow-x:auto}table{border-collapse:collapse}"
    "th,td{border:1px solid #777;padding:.2rem "
    ".5rem;text-align:left;vertical-align:top}"
    "td{overflow-wrap:break-word}td.figure{white-space:nowrap;min-width:0;text-align:right}"
    "tr{break-inside:avoid}h2{break-after:avoid}@page{size:A4 "
    "landscape;margin:12mm}@media print{body{margin:0;font-size:8pt}}"
    "</style></head><body>";

}  // namespace

std::string certificate_markdown(Findings const& findings) {
  std::string text = fmt::format("# {}\n", title);
  for (auto const& section : sections_of(findings)) {
    text += fmt::format("\n## {}\n\n", section.heading);
    text += section.table.rows.empty() ? std::string(section.empty) + "\n" : render_markdown(section.table);
  }
  return text;
}

std::string certificate_html(Findings const& findings) {
  auto page = Markup::literal(head);
  page += element("h1", title);
  for (auto const& section : sections_of(findings)) {
    page += element("section",
                    {element("h2", section.heading),
                     section.table.rows.empty() ? element("p", section.empty) : table_of(section.table)});
  }
  page += Markup::literal("</body></html>\n");
  return page.html();
}

}  // namespace muster
