#include "harness/plan/sourced_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "harness/core/quantities.hpp"
#include "harness/plan/spelling.hpp"

namespace muster {
namespace {

std::string as_written(toml::node const& node) {
  std::ostringstream text;
  node.visit([&](auto const& held) { text << held; });
  return text.str();
}

std::string words(Bounds const& bounds) {
  std::string const unit(unit_of(bounds.dimension));
  if (unit.empty()) return fmt::format("a number from {:g} to {:g}", bounds.least, bounds.most);
  bool const time = bounds.dimension == Dimension::seconds;
  auto const shown = [&](double value) { return time ? human_duration(value) : human(value, unit); };
  return fmt::format("\"{}\" or a number of {} from {} to {}", bounds.example, unit, shown(bounds.least),
                     shown(bounds.most));
}

}  // namespace

std::optional<double> number_in(SourcedNode const& node, std::string_view key, Bounds const& bounds,
                                TableReader const& table) {
  std::optional<double> value;
  if (auto const* text = node.value->as_string()) value = parse_quantity(text->get(), bounds.dimension);
  if (node.value->is_number()) value = node.value->value<double>();
  if (value && std::isfinite(*value) && *value >= bounds.least && *value <= bounds.most) return value;
  table.wrong(key, *node.value, words(bounds));
  return std::nullopt;
}

SourcedTable::SourcedTable(toml::table const& table, std::string name, std::string outer_source,
                           Faults& faults, PartsDraft& draft)
    : table_(table),
      name_(std::move(name)),
      reader_(table, fmt::format("[{}]", name_), faults),
      source_(reader_.text("source").value),
      faults_(faults),
      draft_(draft) {
  if (source_.empty()) source_ = std::move(outer_source);
}

void SourcedTable::only(std::vector<std::string> keys) const {
  keys.emplace_back("source");
  reader_.only(keys, "remove or correct it");
}

/// {value = ..., source = ...}, or a value alone.
SourcedNode SourcedTable::taken_apart(std::string_view key, toml::node const& node) const {
  auto const* both = node.as_table();
  if (both == nullptr) return {&node, source_};
  TableReader const inner(*both, fmt::format("{}.{}", name_, key), faults_);
  inner.only({"value", "source"}, "remove or correct it");
  auto const own = inner.text("source").value;
  return {inner.get("value"), own.empty() ? source_ : own};
}

std::string SourcedTable::full(std::string_view key) const { return fmt::format("{}.{}", name_, key); }

/// Absent where the key is not there, or is no single value.
std::optional<SourcedNode> SourcedTable::given(std::string_view key) const {
  auto const* node = table_.get(key);
  if (node == nullptr) return std::nullopt;
  auto taken = taken_apart(key, *node);
  draft_.places[full(key)] = {line_of(*node), "", taken.source};
  if (taken.value == nullptr || taken.value->is_table() || taken.value->is_array()) {
    reader_.wrong(key, *node, fmt::format("{} = VALUE, or {{value = VALUE, source = \"...\"}}", key));
    return std::nullopt;
  }
  if (taken.source.empty())
    faults_.add(line_of(table_),
                fmt::format("[{}] has values without a source (who says so?) add source = \"...\", or "
                            "source = \"assumed: why\"",
                            name_));
  return taken;
}

void SourcedTable::accept(std::string_view key, SourcedNode const& node) const {
  draft_.places[full(key)].usable = true;
  draft_.scenario.changes.push_back(fmt::format("{} = {}", full(key), as_written(*node.value)));
}

std::optional<Stated> SourcedTable::stated(std::string_view key, Bounds const& bounds) const {
  auto const node = given(key);
  auto const value = node ? number_in(*node, key, bounds, reader_) : std::nullopt;
  if (!value) return std::nullopt;
  accept(key, *node);
  return Stated{*value, node->source};
}

void SourcedTable::whole(std::string_view key, int least, int most, int& target) const {
  auto const node = given(key);
  if (!node) return;
  auto const* number = node->value->as_integer();
  if (number == nullptr || number->get() < least || number->get() > most)
    return reader_.wrong(key, *node->value, fmt::format("a whole number from {} to {}", least, most));
  accept(key, *node);
  target = static_cast<int>(number->get());
}

void SourcedTable::yes_or_no(std::string_view key, bool& target) const {
  auto const node = given(key);
  if (!node) return;
  auto const* flag = node->value->as_boolean();
  if (flag == nullptr) return reader_.wrong(key, *node->value, "true or false");
  accept(key, *node);
  target = flag->get();
}

void SourcedTable::text(std::string_view key, std::string& target) const {
  auto const node = given(key);
  if (!node) return;
  auto const* text = node->value->as_string();
  if (text == nullptr || text->get().empty()) return reader_.wrong(key, *node->value, "text in quotes");
  accept(key, *node);
  target = text->get();
}

void SourcedTable::word(std::string_view key, std::vector<std::string> const& known,
                        std::string& target) const {
  std::string read;
  text(key, read);
  if (read.empty()) return;
  if (std::ranges::find(known, read) != known.end()) {
    target = read;
  } else {
    faults_.add(draft_.places.at(full(key)).line,
                fmt::format("{} = '{}' is not possible ({})", full(key), read, suggestion(read, known)));
  }
}

}  // namespace muster
