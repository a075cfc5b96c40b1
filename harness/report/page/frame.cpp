#include "harness/report/page/frame.hpp"

#include <fmt/format.h>

#include "harness/core/build_info.hpp"
#include "harness/report/page/style.hpp"

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

Markup footer() {
  auto const& info = build_info();
  return element(
      "footer",
      fmt::format("Made by muster {} (commit {}). All of it is in this file: nothing is loaded from "
                  "anywhere, nothing runs.",
                  info.version, info.commit));
}

}  // namespace

Markup navigation(Markup const& links) {
  return element("nav", {{"aria-label", "Sections"}}, element("ul", links));
}

std::string whole_page(std::string const& title, Markup const& content) {
  Markup body = page_patterns();
  body += content;
  body += footer();
  Markup page = Markup::literal("<!DOCTYPE html>\n");
  page += element("html", {{"lang", "en"}}, {head(title), element("body", body)});
  return page.html() + "\n";
}

}  // namespace muster
