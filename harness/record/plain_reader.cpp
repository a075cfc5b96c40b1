#include "harness/record/plain_reader.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace muster {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

char const* past_digits(char const* at, char const* end) {
  while (at != end && is_digit(*at)) ++at;
  return at;
}

/// Where JSON's grammar ends a number that begins at `at`; `at` itself where none does.
char const* past_number(char const* at, char const* end) {
  char const* const begin = at;
  if (at != end && *at == '-') ++at;
  char const* const whole = at;
  at = past_digits(at, end);
  if (at == whole || (*whole == '0' && at != whole + 1)) return begin;
  if (at != end && *at == '.') {
    char const* const part = ++at;
    at = past_digits(at, end);
    if (at == part) return begin;
  }
  if (at != end && (*at == 'e' || *at == 'E')) {
    ++at;
    if (at != end && (*at == '+' || *at == '-')) ++at;
    char const* const power = at;
    at = past_digits(at, end);
    if (at == power) return begin;
  }
  return at;
}

template <class T>
bool convert(std::string_view text, T& value) {
  auto const [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  return fault == std::errc{} && end == text.data() + text.size() && !text.empty();
}

}  // namespace

std::string_view PlainReader::open_tagged(std::string_view key) {
  open('{');
  if (!take_key(key)) give_up();
  return plain_text();
}

bool PlainReader::take_key(std::string_view key) {
  if (!good()) return false;
  char const* at = at_;
  auto const left = static_cast<std::size_t>(end_ - at);
  if (left < key.size() + 4) return false;
  if (!first_ && *at++ != ',') return false;
  if (*at++ != '"' || std::string_view(at, key.size()) != key) return false;
  at += key.size();
  if (*at++ != '"' || at == end_ || *at++ != ':') return false;
  at_ = at;
  first_ = false;
  return true;
}

std::string_view PlainReader::plain_text() {
  expect('"');
  if (!good()) return {};
  char const* const begin = at_;
  auto const plain = [](unsigned char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; };
  at_ = std::find_if_not(begin, end_, plain);
  std::string_view const text(begin, static_cast<std::size_t>(at_ - begin));
  if (text.size() > JsonLimits::string_bytes) give_up();
  expect('"');
  return good() ? text : std::string_view{};
}

std::string_view PlainReader::number_text() {
  if (!good()) return {};
  char const* const begin = at_;
  at_ = past_number(begin, end_);
  return {begin, static_cast<std::size_t>(at_ - begin)};
}

void PlainReader::skip_items() {
  for (int depth = 0; good() && at_ != end_; ++at_) {
    if (*at_ == '[') ++depth;
    if (*at_ == ']' && depth-- == 0) return;
    if (*at_ != '"') continue;
    plain_text();
    if (good()) --at_;  // its closing quote is stepped over above
  }
  give_up();
}

void PlainReader::read_number(double& value) {
  if (!convert(number_text(), value)) give_up();
}
void PlainReader::read_number(std::int64_t& value) {
  if (!convert(number_text(), value)) give_up();
}
void PlainReader::read_number(std::uint64_t& value) {
  if (!convert(number_text(), value)) give_up();
}

void PlainReader::read_flag(bool& value) {
  std::string_view const rest(at_, static_cast<std::size_t>(end_ - at_));
  value = rest.starts_with("true");
  if (!value && !rest.starts_with("false")) return give_up();
  at_ += value ? 4 : 5;
}

}  // namespace muster
