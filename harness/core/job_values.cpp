#include "harness/core/job_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <vector>

#include "harness/core/quantities.hpp"

namespace muster {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_word(char c) { return is_letter(c) || is_digit(c); }

/// What one kind of value is made of: letters and digits, and these characters.
struct Alphabet {
  JobValue kind;
  std::string_view others;
  std::string_view first;  ///< what it may start with, besides a letter or a digit
  std::size_t longest;
  std::string_view remedy;
};

constexpr std::array alphabets{
    Alphabet{JobValue::name, "_.+-", "", 64,
             "letters, digits and _ . + -, a letter or digit first, at most 64"},
    Alphabet{
        JobValue::names, "_.+-,", "", 256,
        "letters, digits and _ . + -, a letter or digit first, with commas between several, at most 256"},
    Alphabet{JobValue::constraint, "_.+-&|()[]*,", "([", 512,
             "names of features with & | * , ( ) [ ] between them, at most 512 characters"},
    Alphabet{JobValue::node_list, "_.-,[]", "", 16384,
             "names of nodes with commas between, and ranges in brackets: gpu[001-090,100],login1"},
    Alphabet{JobValue::memory, "", "", 16,
             "a whole number with K, M, G or T behind it, or 0 for all of a node"},
    Alphabet{JobValue::path, "_./+=@-", "/", 1024,
             "an absolute path of letters, digits and _ . + = @ -, with no step .. in it, at most 1024 "
             "characters"},
    Alphabet{JobValue::module, "_./+=-", "", 128,
             "a module's name of letters, digits and _ . / + = -, a letter or digit first, at most 128"},
    Alphabet{JobValue::image, "_./:@#+=-", "/", 512,
             "an absolute path or a registry's name, of letters, digits and _ . / : @ # + = -, at most 512"},
    Alphabet{JobValue::mount, "_./:+=@-", "/", 1024,
             "SOURCE:TARGET or SOURCE:TARGET:FLAGS with absolute paths of letters, digits and _ . + = @ -"},
    Alphabet{JobValue::variable, "_", "_", 128,
             "letters, digits and _, no digit first, and no name that starts with SLURM_ or SBATCH_"}};

Alphabet const& alphabet_of(JobValue kind) {
  return *std::ranges::find_if(alphabets, [&](Alphabet const& entry) { return entry.kind == kind; });
}

std::string character_words(char c) {
  auto const byte = static_cast<unsigned char>(c);
  if (c == '\n' || c == '\r') return "a line break";
  if (c == ' ' || c == '\t') return "a blank";
  if (byte < 0x20 || byte == 0x7f) return fmt::format("the control character 0x{:02x}", byte);
  if (byte > 0x7f) return "a character beyond ASCII";
  return fmt::format("'{}'", c);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t start = 0; start <= text.size();) {
    auto const end = std::min(text.find(separator, start), text.size());
    parts.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

bool has_long_part(std::string_view path) {
  constexpr std::size_t longest = 255;  // NAME_MAX of Linux's filesystems
  return std::ranges::any_of(split(path, '/'), [](std::string_view part) { return part.size() > longest; });
}

bool steps_up(std::string_view path) {
  auto const parts = split(path, '/');
  return std::ranges::find(parts, "..") != parts.end();
}

/// What is wrong with a text of the right characters; "" for nothing.
std::string fault_of_names(std::string_view text) {
  auto const parts = split(text, ',');
  bool const whole = std::ranges::all_of(
      parts, [](std::string_view part) { return !part.empty() && is_word(part.front()); });
  return whole ? "" : "a name between its commas is missing or starts with neither letter nor digit";
}

std::string fault_of_node_list(std::string_view text) {
  bool inside = false;
  for (char const c : text) {
    if (c == '[' || c == ']') {
      if (inside == (c == '[')) return "its brackets do not match";
      inside = !inside;
    } else if (inside && !is_digit(c) && c != ',' && c != '-') {
      return "what stands in brackets is no range of numbers";
    }
  }
  if (inside) return "its brackets do not match";
  return text.find(",-") != std::string_view::npos ? "a name starts with -" : "";
}

std::string fault_of_memory(std::string_view text) {
  auto const digits = std::ranges::find_if_not(text, is_digit) - text.begin();
  auto const unit = text.substr(static_cast<std::size_t>(digits));
  bool const whole =
      digits > 0 &&
      (unit.empty() || (unit.size() == 1 && std::string_view("KMGT").find(unit) != std::string_view::npos));
  return whole ? "" : "it is no amount of memory";
}

std::string fault_of_path(std::string_view text) {
  if (!text.starts_with('/')) return "it does not start at /";
  if (has_long_part(text)) return "a name in it has more than 255 characters";
  return steps_up(text) ? "it holds a step upwards" : "";
}

std::string fault_of_mount(std::string_view text) {
  auto const parts = split(text, ':');
  if (parts.size() != 2 && parts.size() != 3) return "it is not two paths with : between";
  for (auto const path : {parts[0], parts[1]}) {
    if (auto fault = fault_of_path(path); !fault.empty()) return fault;
  }
  bool const flags =
      parts.size() == 2 ||
      (!parts[2].empty() && std::ranges::all_of(parts[2], [](char c) { return is_letter(c) || c == '+'; }));
  return flags ? "" : "its flags are no words";
}

std::string fault_of_variable(std::string_view text) {
  if (is_digit(text.front())) return "it starts with a digit";
  bool const slurms = text.starts_with("SLURM_") || text.starts_with("SBATCH_");
  return slurms ? "Slurm sets its own" : "";
}

std::string fault_of_form(JobValue kind, std::string_view text) {
  switch (kind) {
    case JobValue::names:
      return fault_of_names(text);
    case JobValue::node_list:
      return fault_of_node_list(text);
    case JobValue::memory:
      return fault_of_memory(text);
    case JobValue::path:
      return fault_of_path(text);
    case JobValue::mount:
      return fault_of_mount(text);
    case JobValue::variable:
      return fault_of_variable(text);
    case JobValue::module:
    case JobValue::image:
      return steps_up(text) ? "it holds a step upwards" : "";
    default:
      return "";
  }
}

std::string fault_of(Alphabet const& alphabet, std::string_view text) {
  if (text.empty()) return "it is empty";
  if (text.size() > alphabet.longest) return fmt::format("it has {} characters", text.size());
  auto const known = [&](char c) { return is_word(c) || alphabet.others.find(c) != std::string_view::npos; };
  if (auto const odd = std::ranges::find_if_not(text, known); odd != text.end())
    return "it holds " + character_words(*odd);
  char const first = text.front();
  if (!is_word(first) && alphabet.first.find(first) == std::string_view::npos)
    return fmt::format("it starts with '{}'", first);
  return fault_of_form(alphabet.kind, text);
}

std::optional<double> clock_time(std::string_view text) {
  double days = 0;
  auto const number = [](std::string_view digits, std::size_t most) -> std::optional<double> {
    long value = 0;
    if (digits.empty() || digits.size() > most || !std::ranges::all_of(digits, is_digit)) return std::nullopt;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return static_cast<double>(value);
  };
  if (auto const dash = text.find('-'); dash != std::string_view::npos) {
    auto const given = number(text.substr(0, dash), 4);
    if (!given) return std::nullopt;
    days = *given;
    text.remove_prefix(dash + 1);
  }
  auto const parts = split(text, ':');
  if (parts.size() != 3) return std::nullopt;
  auto const hours = number(parts[0], 4), minutes = number(parts[1], 2), seconds = number(parts[2], 2);
  if (!hours || !minutes || !seconds || *minutes > 59 || *seconds > 59) return std::nullopt;
  return ((days * 24 + *hours) * 60 + *minutes) * 60 + *seconds;
}

/// Bytes of the character that starts with `first`: 0 where none does.
std::size_t utf8_length(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first < 0xe0) return 2;
  if (first >= 0xe0 && first < 0xf0) return 3;
  return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

/// RFC 3629: no surrogates, nothing beyond U+10FFFF, nothing longer than it need be.
bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
    auto const length = utf8_length(byte(0));
    if (length == 0 || at + length > text.size()) return false;
    for (std::size_t i = 1; i < length; ++i) {
      if ((byte(i) & 0xc0) != 0x80) return false;
    }
    if (length == 3 && ((byte(0) == 0xe0 && byte(1) < 0xa0) || (byte(0) == 0xed && byte(1) >= 0xa0)))
      return false;
    if (length == 4 && ((byte(0) == 0xf0 && byte(1) < 0x90) || (byte(0) == 0xf4 && byte(1) >= 0x90)))
      return false;
    at += length;
  }
  return true;
}

}  // namespace

std::optional<std::string> free_text_objection(std::string_view text) {
  constexpr std::size_t longest = 16384;
  if (text.size() > longest) return fmt::format("(it has {} bytes) use at most {}", text.size(), longest);
  if (text.find('\0') != std::string_view::npos)
    return "(it holds a zero byte, where it would end) remove that";
  if (!is_utf8(text))
    return "(it is not UTF-8, which JSON could not keep) write it, or name the file, in UTF-8";
  return std::nullopt;
}

std::optional<std::string> objection(JobValue kind, std::string_view text) {
  auto const& alphabet = alphabet_of(kind);
  auto const fault = fault_of(alphabet, text);
  if (fault.empty()) return std::nullopt;
  return fmt::format("({}) use {}", fault, alphabet.remedy);
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t most = 60;
  std::string shown = "'";
  for (char const c : text.substr(0, most)) {
    bool const plain = static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7f;
    shown += plain ? c : '?';
  }
  return shown + (text.size() > most ? "...'" : "'");
}

std::optional<double> parse_job_time(std::string_view text) {
  if (auto const seconds = clock_time(text)) return seconds;
  if (text.empty() || is_digit(text.back()) || text.back() == '.') return std::nullopt;
  return parse_duration(text);
}

std::string slurm_time(double seconds) {
  auto const minutes = static_cast<long>(std::ceil(seconds / 60));
  auto const clock = fmt::format("{:02}:{:02}:00", minutes / 60 % 24, minutes % 60);
  return minutes < 24 * 60 ? clock : fmt::format("{}-{}", minutes / (24 * 60), clock);
}

}  // namespace muster
