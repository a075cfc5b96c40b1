#include "harness/launch/hostlist.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

#include "harness/core/error.hpp"

namespace muster {
namespace {

constexpr std::size_t longest_name = 253;  // that the domain name system knows
constexpr std::size_t longest_number = 9;  // digits
constexpr std::size_t longest_list = std::size_t{4} << 20;

// Of ASCII alone, whatever the locale.
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_name_part(char c) { return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == '-'; }

[[noreturn]] void refuse(std::string_view list, std::string const& why) {
  throw Error(ExitCode::usage, fmt::format("the host list '{}' cannot be read ({}) write it as Slurm does: "
                                           "node[1-3,07-12],login",
                                           shown_text(list), why));
}

/// Numbers of one width: "07-12".
struct Range {
  std::uint64_t first = 0, last = 0;
  std::size_t width = 0;
  std::size_t size() const { return static_cast<std::size_t>(last - first + 1); }
};

/// Text, then one of the numbers; the last part of a name has no numbers.
struct Part {
  std::string text;
  std::vector<Range> ranges;
  std::size_t size() const {
    std::size_t sum = ranges.empty() ? 1 : 0;
    for (auto const& range : ranges) sum += range.size();
    return sum;
  }
};

std::string padded(std::uint64_t number, std::size_t width) { return fmt::format("{:0{}}", number, width); }

std::optional<std::uint64_t> number(std::string_view digits) {
  if (digits.empty() || digits.size() > longest_number || !std::ranges::all_of(digits, is_digit))
    return std::nullopt;
  std::uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

std::vector<std::string_view> pieces(std::string_view text) {
  std::vector<std::string_view> all;
  for (std::size_t comma; (comma = text.find(',')) != text.npos; text.remove_prefix(comma + 1))
    all.push_back(text.substr(0, comma));
  all.push_back(text);
  return all;
}

class Expander {
 public:
  explicit Expander(std::string_view list) : list_(list) {
    if (list.size() > longest_list)
      refuse(list, fmt::format("it is longer than {} characters", longest_list));
  }

  std::vector<std::string> names() {
    for (auto const item : items()) {
      auto const parts = parts_of(item);
      count(parts);
      append(parts, 0, {});
    }
    return std::move(names_);
  }

 private:
  /// Between the commas that stand outside of brackets.
  std::vector<std::string_view> items() const {
    std::vector<std::string_view> all;
    std::size_t begin = 0;
    bool inside = false;
    for (std::size_t i = 0; i <= list_.size(); ++i) {
      char const c = i < list_.size() ? list_[i] : ',';
      if (c == '[' && inside) refuse(list_, fmt::format("a '[' inside brackets, character {}", i + 1));
      if (c == ']' && !inside) refuse(list_, fmt::format("a ']' without its '[', character {}", i + 1));
      if (c == '[' || c == ']') inside = c == '[';
      if (i == list_.size() && inside) refuse(list_, "a '[' without its ']'");
      if (c != ',' || inside) continue;
      all.push_back(list_.substr(begin, i - begin));
      begin = i + 1;
    }
    return all;
  }

  std::vector<Part> parts_of(std::string_view item) const {
    std::vector<Part> parts;
    while (true) {
      auto const open = item.find('[');
      parts.push_back({std::string(item.substr(0, open)), {}});
      if (open == item.npos) return parts;
      auto const close = item.find(']', open);
      for (auto const piece : pieces(item.substr(open + 1, close - open - 1)))
        parts.back().ranges.push_back(range_of(piece));
      item.remove_prefix(close + 1);
    }
  }

  Range range_of(std::string_view text) const {
    auto const dash = std::min(text.find('-'), text.size());
    auto const first = number(text.substr(0, dash));
    auto const last = dash == text.size() ? first : number(text.substr(dash + 1));
    if (!first || !last)
      refuse(list_,
             fmt::format("'{}' is no range of numbers up to {} digits", shown_text(text), longest_number));
    if (*last < *first) refuse(list_, fmt::format("the range {} runs backwards", text));
    return {*first, *last, dash};
  }

  /// Before anything is made of it.
  void count(std::vector<Part> const& parts) {
    std::size_t all = 1;
    for (auto const& part : parts) {
      all *= std::min(part.size(), most_hosts + 1);
      if (names_.size() + all > most_hosts) refuse(list_, fmt::format("more than {} names", most_hosts));
    }
  }

  void append(std::vector<Part> const& parts, std::size_t at, std::string const& begun) {
    auto const& part = parts[at];
    auto const text = begun + part.text;
    if (at + 1 == parts.size()) return add(text);
    for (auto const& range : part.ranges) {
      for (auto i = range.first; i <= range.last; ++i) append(parts, at + 1, text + padded(i, range.width));
    }
  }

  void add(std::string const& name) {
    if (name.empty()) refuse(list_, list_.empty() ? "it is empty" : "a name in it is empty");
    if (!is_host_name(name)) refuse(list_, fmt::format("'{}' is no host name", shown_text(name)));
    names_.push_back(name);
  }

  std::string_view list_;
  std::vector<std::string> names_;
};

/// A name with the number that it counts by: text, digits, text.
struct Counted {
  std::string_view before, digits, after;
};

/// By each run of digits that a range can hold.
std::vector<Counted> ways_to_count(std::string_view name) {
  std::vector<Counted> ways;
  for (std::size_t i = 0; i < name.size();) {
    auto end = i;
    while (end < name.size() && is_digit(name[end])) ++end;
    if (end > i && end - i <= longest_number)
      ways.push_back({name.substr(0, i), name.substr(i, end - i), name.substr(end)});
    i = std::max(end, i + 1);
  }
  return ways;
}

/// The number by which both count, so that one bracket holds them.
std::optional<Counted> common_count(std::string_view one, std::string_view other) {
  for (auto const& way : ways_to_count(one)) {
    for (auto const& theirs : ways_to_count(other)) {
      if (way.before == theirs.before && way.after == theirs.after) return way;
    }
  }
  return std::nullopt;
}

std::optional<std::string_view> digits_of(std::string_view name, Counted const& group) {
  for (auto const& way : ways_to_count(name)) {
    if (way.before == group.before && way.after == group.after) return way.digits;
  }
  return std::nullopt;
}

/// "1-3,7" of numbers in their order.
std::string ranges_of(std::vector<std::string_view> const& numbers) {
  std::string text;
  for (std::size_t i = 0; i < numbers.size();) {
    auto const first = *number(numbers[i]);
    std::size_t last = i;
    while (last + 1 < numbers.size() &&
           numbers[last + 1] == padded(first + (last + 1 - i), numbers[i].size()))
      ++last;
    text += fmt::format("{}{}", text.empty() ? "" : ",", numbers[i]);
    if (last > i) text += fmt::format("-{}", numbers[last]);
    i = last + 1;
  }
  return text;
}

}  // namespace

bool is_host_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_name && (is_letter(name[0]) || is_digit(name[0])) &&
         std::ranges::all_of(name, is_name_part);
}

std::string shown_text(std::string_view text) {
  constexpr std::size_t most = 80;
  std::string shown;
  for (char const c : text.substr(0, most)) shown += c >= ' ' && c <= '~' ? c : '?';
  return text.size() > most ? shown + "..." : shown;
}

std::vector<std::string> expand_host_list(std::string_view list) { return Expander(list).names(); }

std::string compress_host_list(std::vector<std::string> const& names) {
  std::string list;
  for (std::size_t i = 0; i < names.size();) {
    std::vector<std::string_view> numbers;
    auto const group = i + 1 < names.size() ? common_count(names[i], names[i + 1]) : std::nullopt;
    auto end = i + 1;
    if (group) {
      numbers.push_back(group->digits);
      for (; end < names.size(); ++end) {
        auto const digits = digits_of(names[end], *group);
        if (!digits) break;
        numbers.push_back(*digits);
      }
    }
    list += list.empty() ? "" : ",";
    list += group ? fmt::format("{}[{}]{}", group->before, ranges_of(numbers), group->after) : names[i];
    i = end;
  }
  return list;
}

}  // namespace muster
