#include "harness/report/page/page.hpp"

#include <fmt/format.h>

#include <array>

#include "harness/report/page/frame.hpp"
#include "harness/report/page/sections.hpp"
#include "harness/report/page/sides.hpp"
#include "harness/report/result_view.hpp"

namespace muster {
namespace {

struct Part {
  Literal id, title;
  Markup (*make)(ReportedResult const&);
};

/// For a reader with no patience: verdict and headline figures stand before all of these.
constexpr std::array parts{
    Part{"findings", "What the check says of each part", findings_section},
    Part{"cases", "All cases", cases_section},
    Part{"training", "Training steps", training_section},
    Part{"roofline", "Compute: rooflines", roofline_section},
    Part{"collectives", "Network: collectives", collectives_section},
    Part{"scaling", "Scaling", scaling_section},
    Part{"links", "Network: links", links_section},
    Part{"stages", "Data loading: stages", stages_section},
    Part{"ranks", "Every GPU", ranks_section},
    Part{"sensors", "Clocks, temperature, power", sensors_section},
    Part{"failures", "What went wrong, and warnings", failures_section},
    Part{"machines", "Hardware and software", machines_section},
    Part{"reproduce", "How to do it again", reproduce_section},
};

/// Sections, and the list of links to them.
struct Chapter {
  Markup links, sections;
};

void add(Chapter& chapter, PagePlace const& place, std::string const& title, Markup const& content) {
  if (content.empty()) return;
  chapter.links += element("li", Markup::link_to(place, title));
  chapter.sections += element("section", {{"id", place.id()}}, {element("h3", title), content});
}

Chapter chapter_of(ReportedResult const& result, std::size_t number) {
  Chapter chapter;
  for (auto const& part : parts)
    add(chapter, {part.id, number}, std::string(part.title.text()), part.make(result));
  return chapter;
}

Chapter chapter_of_all(ReportInput const& input) {
  Chapter chapter;
  add(chapter, {"comparison"}, "Verdicts", comparison_section(input.comparisons));
  add(chapter, {"sides"}, "Side by side", sides_section(input.results));
  return chapter;
}

Markup summary(ReportedResult const& result) {
  return {element("p", {{"class", "sub"}}, headline(result.document)), verdict_box(result),
          findings_box(result)};
}

Markup one_document(ReportedResult const& result) {
  auto const chapter = chapter_of(result, 0);
  Markup top = element("h1", result.label);
  top += summary(result);
  top += headline_tiles(result);
  top += navigation(chapter.links);
  return {element("header", top), element("main", {{"id", "main"}}, chapter.sections)};
}

std::string title_of(Results const& results) {
  std::string title;
  for (auto const& result : results) title += (title.empty() ? "" : ", ") + result.label;
  return title;
}

Markup several_documents(ReportInput const& input) {
  auto const& results = input.results;
  auto const together = chapter_of_all(input);
  Markup top = element("h1", title_of(results));
  top += comparison_boxes(input.comparisons);
  Markup links = together.links, main = together.sections;
  for (std::size_t i = 0; i < results.size(); ++i) {
    PagePlace const place{"document", i};
    auto const chapter = chapter_of(results[i], i);
    top += {element("h4", results[i].label), summary(results[i])};
    links += element("li", Markup::link_to(place, results[i].label));
    main += element("section", {{"id", place.id()}},
                    {element("h2", results[i].label), headline_tiles(results[i]), navigation(chapter.links),
                     chapter.sections});
  }
  top += navigation(links);
  return {element("header", top), element("main", {{"id", "main"}}, main)};
}

}  // namespace

std::string report_page(ReportInput const& input) {
  auto const& results = input.results;
  return whole_page("muster report: " + title_of(results),
                    results.size() == 1 ? one_document(results.front()) : several_documents(input));
}

}  // namespace muster
