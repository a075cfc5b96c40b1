// A page's text as a type: what came from a document can only enter it escaped, and element names, attribute
// names and styles can only be those that stand in the program's own text.
#pragma once
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "harness/report/escape.hpp"

namespace muster {

/// Text that was written in the program: known when it was compiled.
class Literal {
 public:
  consteval Literal(char const* text) : text_(text) {}  // NOLINT: implicit on purpose
  constexpr std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

/// The name of an attribute. Those that run, load or style something are refused when compiling.
class AttributeName {
 public:
  consteval AttributeName(char const* name) : name_(name) {
    for (std::string_view const bad :
         {"style", "src", "srcset", "srcdoc", "href", "action", "data", "background"}) {
      if (name_ == bad) throw "an attribute that could load or run something: use a function made for it";
    }
    if (name_.starts_with("on")) throw "an attribute that runs scripts";
  }
  constexpr std::string_view text() const { return name_; }

 private:
  std::string_view name_;
};

struct Attribute {
  AttributeName name;
  std::string value;  ///< unescaped
};

/// A place in the page: what is there, and of how manieth document.
struct PagePlace {
  Literal what;
  std::size_t number = 0;
  std::string id() const;  ///< "cases-1"
};

class Markup {
 public:
  Markup() = default;
  Markup(std::string_view text) : html_(escape_text(text)) {}    // NOLINT: implicit on purpose, it escapes
  Markup(std::string const& text) : html_(escape_text(text)) {}  // NOLINT
  Markup(char const* text) : html_(escape_text(text)) {}         // NOLINT
  /// Several, one after the other.
  Markup(std::initializer_list<Markup> parts) {
    for (auto const& part : parts) html_ += part.html_;
  }

  /// Written as it stands.
  static Markup literal(Literal text) { return Markup(Made{}, std::string(text.text())); }
  static Markup element(Literal tag, std::vector<Attribute> const& attributes, Markup const& content);
  /// An element that has no end tag in HTML, or nothing in it in SVG.
  static Markup empty_element(Literal tag, std::vector<Attribute> const& attributes);
  /// A link to the element of this page whose id is that.
  static Markup link_to(PagePlace const& to, Markup const& content);

  Markup& operator+=(Markup const& more) {
    html_ += more.html_;
    return *this;
  }
  bool empty() const { return html_.empty(); }
  std::string const& html() const { return html_; }

 private:
  struct Made {};
  Markup(Made, std::string html) : html_(std::move(html)) {}

  std::string html_;
};

/// <tag attributes>content</tag>
inline Markup element(Literal tag, std::vector<Attribute> const& attributes, Markup const& content) {
  return Markup::element(tag, attributes, content);
}
inline Markup element(Literal tag, Markup const& content) { return Markup::element(tag, {}, content); }

}  // namespace muster
