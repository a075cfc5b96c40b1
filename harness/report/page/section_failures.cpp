// What went wrong: failures, nodes left out, taints, warnings.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "harness/report/page/sections.hpp"

namespace muster {
namespace {

constexpr std::size_t most_rows = 200;

/// The document has them all.
void cap(Table& table) {
  if (table.rows.size() <= most_rows) return;
  auto const more = table.rows.size() - most_rows;
  table.rows.resize(most_rows);
  table.rows.push_back({fmt::format("and {} more, in the document", more)});
}

Markup block(std::string const& title, Table table) {
  if (table.rows.empty()) return {};
  auto const count = table.rows.size();
  cap(table);
  auto const caption = fmt::format("{} ({})", title, count);
  return {element("h4", title), count <= 20 ? html_table(table, caption) : folded_table(table, caption)};
}

Table failures_table(Document const& document) {
  Table table{{{"case"}, {"launch", true}, {"node"}, {"rank", true}, {"phase"}, {"what"}, {"message"}}, {}};
  for (auto const& failure : document.failures)
    table.rows.push_back({failure.case_name, std::to_string(failure.launch + 1), failure.node,
                          failure.rank < 0 ? "" : std::to_string(failure.rank), failure.phase,
                          std::string(words(failure.kind)), failure.message});
  return table;
}

Table missing_table(Document const& document) {
  Table table{{{"case"}, {"status"}, {"why"}}, {}};
  for (auto const& result : document.cases) {
    if (result.status != CaseStatus::ok)
      table.rows.push_back({result.name, std::string(words(result.status)), result.message});
  }
  return table;
}

Table excluded_table(Document const& document) {
  Table table{{{"node"}, {"phase"}, {"reason"}}, {}};
  if (!document.coverage) return table;
  for (auto const& node : document.coverage->excluded)
    table.rows.push_back({node.node, node.phase, node.reason});
  return table;
}

/// Each text once, with the cases that carry it.
Table texts_table(Document const& document, std::vector<std::string> CaseResult::*texts,
                  std::string const& title) {
  std::vector<std::string> order;
  std::map<std::string, std::vector<std::string>> cases;
  for (auto const& result : document.cases) {
    for (auto const& text : result.*texts) {
      auto& carriers = cases[text];
      if (carriers.empty()) order.push_back(text);
      carriers.push_back(result.name);
    }
  }
  Table table{{{title}, {"cases", true}, {"first of them"}}, {}};
  for (auto const& text : order)
    table.rows.push_back({text, std::to_string(cases[text].size()), cases[text].front()});
  return table;
}

Table elsewhere_table(Document const& document) {
  Table table{{{"node"}, {"folder"}, {"reason"}}, {}};
  for (auto const& one : document.run.elsewhere) table.rows.push_back({one.node, one.folder, one.reason});
  return table;
}

}  // namespace

Markup failures_section(ReportedResult const& result) {
  auto const& from = result.document;
  Markup content = block("Failures", failures_table(from));
  content += block("Cases without a figure", missing_table(from));
  content += block("Nodes left out", excluded_table(from));
  content += block("Tainted: no clean figures", texts_table(from, &CaseResult::tainted, "reason"));
  content += block("Warnings", texts_table(from, &CaseResult::warnings, "warning"));
  content += block("Journals in other places", elsewhere_table(from));
  return content;
}

}  // namespace muster
