#include "harness/report/escape.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <iterator>

namespace muster {
namespace {

constexpr char32_t broken = 0xFFFD;

struct Decoded {
  char32_t code = broken;
  std::size_t bytes = 1;
};

bool continues(std::string_view text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
}

/// Shortest form only, no surrogates, nothing above U+10FFFF: anything else is one broken byte.
bool allowed(char32_t code, std::size_t bytes) {
  constexpr std::array<char32_t, 5> lowest{0, 0, 0x80, 0x800, 0x10000};
  return code >= lowest[bytes] && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
}

std::size_t length_by(unsigned char lead) {
  if (lead >= 0xF0 && lead < 0xF8) return 4;
  if (lead >= 0xE0) return lead < 0xF0 ? 3 : 1;
  return lead >= 0xC0 ? 2 : 1;
}

Decoded decode(std::string_view text, std::size_t at) {
  auto const lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) return {lead, 1};
  std::size_t const bytes = length_by(lead);
  if (bytes == 1) return {};
  char32_t code = lead & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if (!continues(text, at + i)) return {};
    code = code << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
  }
  return allowed(code, bytes) ? Decoded{code, bytes} : Decoded{};
}

struct Span {
  char32_t first, last;
};
/// Not controls to Unicode, but they hide or turn what stands beside them.
constexpr std::array turning{Span{0x061C, 0x061C},   Span{0x180E, 0x180E}, Span{0x200B, 0x200F},
                             Span{0x2028, 0x202E},   Span{0x2060, 0x206F}, Span{0xFEFF, 0xFEFF},
                             Span{0xFFF9, 0xFFFB},   Span{0x80, 0x9F},     Span{0xFDD0, 0xFDEF},
                             Span{0xE0000, 0xE0FFF}, Span{0xAD, 0xAD}};

bool turns(char32_t code) {
  for (auto const& [first, last] : turning) {
    if (code >= first && code <= last) return true;
  }
  return (code & 0xFFFE) == 0xFFFE;  // the last two of every plane are no characters
}

std::string_view reference(char32_t code, bool attribute) {
  switch (code) {
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '&':
      return "&amp;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    case '`':
      return attribute ? "&#96;" : "";
    case '=':
      return attribute ? "&#61;" : "";
    case '\t':
    case '\n':
    case '\r':
      return " ";
    case 0x7F:
      return "\u2421";
    case broken:
      return "\uFFFD";
    default:
      return "";
  }
}

/// U+2400 to U+241F are pictures of the controls in their order.
void add_picture(std::string& to, char32_t control) {
  to += "\xE2\x90";
  to += static_cast<char>(0x80 + control);
}

std::string escaped(std::string_view text, bool attribute) {
  std::string safe;
  safe.reserve(text.size() + text.size() / 8);
  for (std::size_t at = 0; at < text.size();) {
    auto const [code, bytes] = decode(text, at);
    auto const instead = reference(code, attribute);
    if (!instead.empty())
      safe += instead;
    else if (code < 0x20)
      add_picture(safe, code);
    else if (turns(code))
      fmt::format_to(std::back_inserter(safe), "[U+{:04X}]", static_cast<std::uint32_t>(code));
    else
      safe.append(text, at, bytes);
    at += bytes;
  }
  return safe;
}

}  // namespace

std::string escape_text(std::string_view text) { return escaped(text, false); }
std::string escape_attribute(std::string_view text) { return escaped(text, true); }

}  // namespace muster
