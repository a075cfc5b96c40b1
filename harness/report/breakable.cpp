#include "harness/report/breakable.hpp"

#include <algorithm>

namespace muster {
namespace {

Markup broken_after(std::string_view text, char sign, Markup (*whole)(std::string_view)) {
  Markup made;
  while (!text.empty()) {
    auto const end = std::min(text.find(sign), text.size() - 1) + 1;
    made += whole(text.substr(0, end));
    if (end < text.size()) made += Markup::empty_element("wbr", {});
    text.remove_prefix(end);
  }
  return made;
}

Markup plain(std::string_view text) { return text; }

/// "bytes:1073741824", but not "m:8192".
Markup between_slashes(std::string_view text) {
  constexpr std::size_t longest = 12;
  return text.size() > longest ? broken_after(text, ':', plain) : Markup(text);
}

Markup with_breaks(std::string_view text) { return broken_after(text, '/', between_slashes); }

}  // namespace

Markup breakable(std::string_view text) {
  auto const begin = text.find(" (GPU-");
  auto const end = begin == std::string_view::npos ? begin : text.find(')', begin);
  if (end == std::string_view::npos) return with_breaks(text);
  Markup made = with_breaks(text.substr(0, begin));
  made += element("span", {{"class", "uuid"}}, with_breaks(text.substr(begin, end + 1 - begin)));
  made += with_breaks(text.substr(end + 1));
  return made;
}

}  // namespace muster
