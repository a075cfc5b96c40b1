#include "harness/report/markup.hpp"

namespace muster {
namespace {

void add_opening(std::string& html, std::string_view tag, std::vector<Attribute> const& attributes) {
  html += '<';
  html += tag;
  for (auto const& [name, value] : attributes) {
    html += ' ';
    html += name.text();
    html += "=\"";
    html += escape_attribute(value);
    html += '"';
  }
}

}  // namespace

std::string PagePlace::id() const { return std::string(what.text()) + "-" + std::to_string(number + 1); }

Markup Markup::element(Literal tag, std::vector<Attribute> const& attributes, Markup const& content) {
  std::string html;
  html.reserve(content.html_.size() + 64);
  add_opening(html, tag.text(), attributes);
  html += '>';
  html += content.html_;
  html += "</";
  html += tag.text();
  html += '>';
  return Markup(Made{}, std::move(html));
}

Markup Markup::empty_element(Literal tag, std::vector<Attribute> const& attributes) {
  std::string html;
  add_opening(html, tag.text(), attributes);
  html += "/>";
  return Markup(Made{}, std::move(html));
}

Markup Markup::link_to(PagePlace const& to, Markup const& content) {
  return Markup(Made{}, "<a href=\"#" + to.id() + "\">" + content.html_ + "</a>");
}

}  // namespace muster
