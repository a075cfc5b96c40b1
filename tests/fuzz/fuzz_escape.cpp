// Texts from documents on their way into a page: whatever they are, the page has the tags that it was written
// with, no others, and an attribute ends where it was meant to.
#include <algorithm>

#include "harness/report/escape.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace muster;

namespace {

/// The text of a reference at `at` without & and ;, or "" where the & begins none.
std::string_view reference(std::string_view text, std::size_t at) {
  auto const end = text.find(';', at);
  if (end == std::string_view::npos || end - at > 10) return {};
  auto const name = text.substr(at + 1, end - at - 1);
  bool const known = name == "lt" || name == "gt" || name == "amp" || name == "quot" || name == "apos";
  bool const number = name.size() > 1 && name[0] == '#' &&
                      name.substr(name[1] == 'x' ? 2 : 1).find_first_not_of("0123456789abcdefABCDEF") ==
                          std::string_view::npos;
  return known || number ? name : std::string_view();
}

void check(std::string_view escaped, std::string_view forbidden) {
  fuzz::require(escaped.find_first_of(forbidden) == std::string_view::npos, "a browser would obey", escaped);
  for (std::size_t at = 0; (at = escaped.find('&', at)) != std::string_view::npos; ++at)
    fuzz::require(!reference(escaped, at).empty(), "an & that begins nothing", escaped);
  fuzz::require(std::ranges::none_of(escaped, [](unsigned char c) { return c < 0x20 || c == 0x7f; }),
                "a control character", escaped);
  for (std::string_view const mark : {"\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x80\xAE", "\xE2\x80\x8B"})
    fuzz::require(escaped.find(mark) == std::string_view::npos, "a mark that hides or turns text", escaped);
}

/// The length of the character that begins at `at`; 0 where none does.
std::size_t character(std::string_view text, std::size_t at) {
  auto const byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  auto const lead = byte(at);
  std::size_t const size = lead < 0x80   ? 1
                           : lead < 0xC2 ? 0
                           : lead < 0xE0 ? 2
                           : lead < 0xF0 ? 3
                           : lead < 0xF5 ? 4
                                         : 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return 0;
  }
  bool const overlong = (lead == 0xE0 && byte(at + 1) < 0xA0) || (lead == 0xF0 && byte(at + 1) < 0x90);
  bool const none = (lead == 0xED && byte(at + 1) > 0x9F) || (lead == 0xF4 && byte(at + 1) > 0x8F);
  return overlong || none ? 0 : size;
}

void check_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    auto const size = character(text, at);
    fuzz::require(size > 0, "no UTF-8", text);
    at += size;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const text = fuzz::text_of(data, size);
  auto const inside = escape_text(text), attribute = escape_attribute(text);
  check(inside, "<>\"'");
  check(attribute, "<>\"'`=");
  check_utf8(inside);
  check_utf8(attribute);
  fuzz::require(text.empty() || !inside.empty(), "a text vanished", text);
  return 0;
}
