#include "harness/plan/table_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "harness/core/quantities.hpp"
#include "harness/plan/spelling.hpp"

namespace muster {
namespace {

std::string shown(toml::node const& node) {
  if (node.is_table()) return "{...}";
  if (node.is_array()) return "[...]";
  std::ostringstream text;
  node.visit([&](auto const& held) { text << held; });
  return text.str();
}

std::string problem(toml::node const& node) {
  return node.is_string() || node.is_number() ? "not possible" : "the wrong type, " + kind_name(node);
}

}  // namespace

long line_of(toml::source_region const& source) { return static_cast<long>(source.begin.line); }
long line_of(toml::node const& node) { return line_of(node.source()); }

std::string kind_name(toml::node const& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "text";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a number with a decimal point";
    case toml::node_type::boolean:
      return "true or false";
    default:
      return "a date or time";
  }
}

void TableReader::only(std::vector<std::string> const& known, std::string const& remedy) const {
  for (auto const& [key, node] : table_) {
    if (std::ranges::find(known, key.str()) != known.end()) continue;
    faults_.add(line_of(key.source()), fmt::format("unknown key '{}' in {} ({}) {}", key.str(), what_,
                                                   suggestion(key.str(), known), remedy));
  }
}

At<std::string> TableReader::text(std::string_view key) const {
  auto const* node = table_.get(key);
  if (node == nullptr) return {};
  if (auto const* text = node->as_string()) return {text->get(), line_of(*node)};
  wrong(key, *node, "text in quotes");
  return {"", line_of(*node)};
}

std::vector<At<std::string>> TableReader::texts(std::string_view key) const {
  auto const* node = table_.get(key);
  if (node == nullptr) return {};
  auto const* list = node->as_array();
  if (list == nullptr) return {text(key)};
  std::vector<At<std::string>> all;
  for (auto const& item : *list) {
    if (auto const* text = item.as_string()) {
      all.push_back({text->get(), line_of(item)});
    } else {
      wrong(key, item, "texts in quotes");
    }
  }
  return all;
}

std::optional<At<double>> TableReader::duration(std::string_view key) const {
  auto const* node = table_.get(key);
  if (node == nullptr) return std::nullopt;
  std::optional<double> seconds;
  if (auto const* text = node->as_string()) seconds = parse_duration(text->get());
  if (node->is_number()) seconds = node->value<double>();
  if (seconds && std::isfinite(*seconds) && *seconds > 0) return At<double>{*seconds, line_of(*node)};
  wrong(key, *node, "a time above 0 such as \"500ms\", \"1s\" or \"2m\"");
  return std::nullopt;
}

std::int64_t TableReader::count(std::string_view key, std::int64_t fallback, std::int64_t least,
                                std::int64_t most) const {
  auto const* node = table_.get(key);
  if (node == nullptr) return fallback;
  auto const* number = node->as_integer();
  if (number != nullptr && number->get() >= least && number->get() <= most) return number->get();
  wrong(key, *node, fmt::format("a whole number from {} to {}", least, most));
  return fallback;
}

std::optional<bool> TableReader::yes_or_no(std::string_view key) const {
  auto const* node = table_.get(key);
  if (node == nullptr) return std::nullopt;
  if (auto const* flag = node->as_boolean()) return flag->get();
  wrong(key, *node, "true or false");
  return std::nullopt;
}

void TableReader::wrong(std::string_view key, toml::node const& node, std::string const& expected) const {
  faults_.add(line_of(node),
              fmt::format("{} = {} is {} (use {})", key, shown(node), problem(node), expected));
}

}  // namespace muster
