#include "harness/report/breakable.hpp"

#include <algorithm>

namespace muster {
namespace {

Markup with_breaks(std::string_view text) {
  Markup made;
  while (!text.empty()) {
    auto const end = std::min(text.find_first_of("/:"), text.size() - 1) + 1;
    made += text.substr(0, end);
    if (end < text.size()) made += Markup::empty_element("wbr", {});
    text.remove_prefix(end);
  }
  return made;
}

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
