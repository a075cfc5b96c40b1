#include "harness/record/foreign_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <limits>
#include <optional>

namespace muster {
namespace {

constexpr std::array<std::string_view, 4> non_finite{"NaN", "nan", "Infinity", "inf"};

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

/// The end of the string that begins at `at`.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return std::min(at + 1, text.size());
}

std::size_t end_of_word(std::string_view text, std::size_t at) {
  while (at < text.size() && is_letter(text[at])) ++at;
  return at;
}

/// Seconds east of UTC: of "Z", "+02:00", "-0700".
std::optional<int> zone_seconds(std::string_view zone) {
  if (zone == "Z") return 0;
  if (zone.size() < 5 || (zone[0] != '+' && zone[0] != '-')) return std::nullopt;
  std::string digits(zone.substr(1));
  std::erase(digits, ':');
  if (digits.size() != 4 || !std::ranges::all_of(digits, [](unsigned char c) { return std::isdigit(c); }))
    return std::nullopt;
  int const seconds = std::stoi(digits.substr(0, 2)) * 3600 + std::stoi(digits.substr(2)) * 60;
  return zone[0] == '-' ? -seconds : seconds;
}

}  // namespace

std::string without_bare_non_finite(std::string_view text) {
  std::string copy(text);
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '"') {
      at = end_of_string(text, at);
      continue;
    }
    if (!is_letter(text[at])) {
      ++at;
      continue;
    }
    auto const end = end_of_word(text, at);
    auto const begin = at > 0 && text[at - 1] == '-' ? at - 1 : at;
    if (std::ranges::find(non_finite, text.substr(at, end - at)) != non_finite.end())
      copy.replace(begin, end - begin, "\"\"" + std::string(end - begin - 2, ' '));
    at = end;
  }
  return copy;
}

double foreign_number(Json const& json, Path const& path) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  if (json.is_null()) return nan;
  if (json.is_string()) {
    auto const text = decode_text(json, path);
    if (text.empty() || text == "nan" || text == "-nan" || text == "inf" || text == "N/A") return nan;
  }
  return decode_number(json, path);
}

std::string iso_time(std::string_view text) {
  std::tm parts{};
  std::string const copy(text.substr(0, 64));
  char const* end = ::strptime(copy.c_str(), "%Y-%m-%d", &parts);
  if (!end || (*end != 'T' && *end != ' ')) return {};
  end = ::strptime(end + 1, "%H:%M:%S", &parts);
  if (!end) return {};
  auto zone = std::string_view(end);
  if (zone.starts_with('.')) zone.remove_prefix(std::min(zone.find_first_not_of(".0123456789"), zone.size()));
  auto const east = zone_seconds(zone);
  if (!zone.empty() && !east) return {};
  std::time_t const seconds = ::timegm(&parts) - east.value_or(0);
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> written{};
  std::strftime(written.data(), written.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  return std::string(written.data()) + (east ? "Z" : "");
}

}  // namespace muster
