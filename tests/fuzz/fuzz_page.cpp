// Texts from files on their way into a page: whatever they are, they stay text.
#include <algorithm>
#include <array>

#include "harness/report/markup.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace muster;

namespace {

/// A character reference of the few that the escaper writes, at the front of `text`; its length, or 0.
std::size_t reference(std::string_view text) {
  constexpr std::array<std::string_view, 7> known{"&lt;",  "&gt;",  "&amp;", "&quot;",
                                                  "&#39;", "&#96;", "&#61;"};
  for (auto const one : known) {
    if (text.starts_with(one)) return one.size();
  }
  return 0;
}

void check_bytes(std::string_view safe) {
  for (std::size_t i = 0; i < safe.size(); ++i) {
    auto const c = static_cast<unsigned char>(safe[i]);
    fuzz::require(c >= 0x20 && c != 0x7f, "a control character", safe);
    fuzz::require(std::string_view("<>\"'").find(safe[i]) == std::string_view::npos, "markup", safe);
    fuzz::require(c != '&' || reference(safe.substr(i)) > 0, "a bare ampersand", safe);
  }
  for (std::string_view const hidden : {"\u2028", "\u2029", "\u202E", "\u2066", "\u200B", "\u009B"})
    fuzz::require(safe.find(hidden) == std::string_view::npos, "a character that turns or hides text", safe);
}

/// What is there between one element's tags, when nothing in it opens or closes any.
std::string_view inside(std::string_view html) {
  auto const start = html.find('>') + 1;
  return html.substr(start, html.rfind("</") - start);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string const text(fuzz::text_of(data, size));
  auto const safe = escape_text(text);
  check_bytes(safe);
  auto const value = escape_attribute(text);
  check_bytes(value);
  fuzz::require(value.find('`') == std::string::npos, "a backtick in an attribute", value);
  auto const page = element("p", {{"class", text}}, text).html();
  fuzz::require(std::ranges::count(page, '<') == 2 && std::ranges::count(page, '"') == 2,
                "an element too many", page);
  fuzz::require(inside(page) == safe, "an element's text changed", page);
  return 0;
}
