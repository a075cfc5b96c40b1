#include "harness/report/page/page.hpp"

#include <fmt/format.h>

#include "harness/core/build_info.hpp"
#include "harness/report/page/sections.hpp"
#include "harness/report/page/style.hpp"
#include "harness/report/result_view.hpp"

namespace muster {
namespace {

/// No network, no scripts, whatever else goes wrong.
constexpr Literal policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

Markup meta(std::vector<Attribute> const& attributes) { return Markup::empty_element("meta", attributes); }

Markup head(std::string const& title) {
  Markup content = meta({{"charset", "utf-8"}});
  content += meta({{"http-equiv", "Content-Security-Policy"}, {"content", std::string(policy.text())}});
  content += meta({{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
  content += meta({{"name", "color-scheme"}, {"content", "light dark"}});
  content += meta({{"name", "referrer"}, {"content", "no-referrer"}});
  content += element("title", title);
  content += page_style();
  return element("head", content);
}

Markup sections_of(ReportedResult const& result, std::size_t number) {
  Markup all;
  for (auto const& make :
       {cases_section, roofline_section, collectives_section, scaling_section, stages_section, ranks_section,
        links_section, sensors_section, failures_section, machines_section, reproduce_section})
    all += make(result, number);
  return all;
}

}  // namespace

std::string report_page(std::vector<ReportedResult> const& results) {
  auto const& first = results.front();
  Markup body = page_patterns();
  body += element("header",
                  {element("h1", first.label), element("p", {{"class", "sub"}}, headline(first.document)),
                   verdict_box(first), headline_tiles(first)});
  Markup content;
  for (std::size_t i = 0; i < results.size(); ++i) content += sections_of(results[i], i);
  body += element("main", content);
  Markup page = Markup::literal("<!DOCTYPE html>\n");
  page += element("html", {{"lang", "en"}}, {head("muster report: " + first.label), element("body", body)});
  return page.html() + "\n";
}

}  // namespace muster
