#include "harness/plan/suite_file.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/core/quantities.hpp"
#include "harness/plan/spelling.hpp"

namespace muster {
namespace {

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

/// Reads one table of the file, key by key, and notes what is wrong with it.
class TableReader {
 public:
  TableReader(toml::table const& table, std::string what, Faults& faults)
      : table_(table), what_(std::move(what)), faults_(faults) {}

  void only(std::vector<std::string> const& known, std::string const& remedy) const {
    for (auto const& [key, node] : table_) {
      if (std::ranges::find(known, key.str()) != known.end()) continue;
      faults_.add(line_of(key.source()), fmt::format("unknown key '{}' in {} ({}) {}", key.str(), what_,
                                                     suggestion(key.str(), known), remedy));
    }
  }

  At<std::string> text(std::string_view key) const {
    auto const* node = table_.get(key);
    if (node == nullptr) return {};
    if (auto const* text = node->as_string()) return {text->get(), line_of(*node)};
    wrong(key, *node, "text in quotes");
    return {"", line_of(*node)};
  }

  /// A time that is longer than none: "1.5s", "2m", or a number of seconds.
  std::optional<At<double>> duration(std::string_view key) const {
    auto const* node = table_.get(key);
    if (node == nullptr) return std::nullopt;
    std::optional<double> seconds;
    if (auto const* text = node->as_string()) seconds = parse_duration(text->get());
    if (node->is_number()) seconds = node->value<double>();
    if (seconds && std::isfinite(*seconds) && *seconds > 0) return At<double>{*seconds, line_of(*node)};
    wrong(key, *node, "a time above 0 such as \"500ms\", \"1s\" or \"2m\"");
    return std::nullopt;
  }

  int positive(std::string_view key, int fallback, int most) const {
    auto const* node = table_.get(key);
    if (node == nullptr) return fallback;
    auto const* number = node->as_integer();
    if (number != nullptr && number->get() >= 1 && number->get() <= most)
      return static_cast<int>(number->get());
    wrong(key, *node, fmt::format("a whole number from 1 to {}", most));
    return fallback;
  }

  toml::node const* get(std::string_view key) const { return table_.get(key); }

  void wrong(std::string_view key, toml::node const& node, std::string const& expected) const {
    faults_.add(line_of(node),
                fmt::format("{} = {} is {} (use {})", key, shown(node), problem(node), expected));
  }

 private:
  static std::string shown(toml::node const& node) {
    if (node.is_table()) return "{...}";
    if (node.is_array()) return "[...]";
    std::ostringstream text;
    node.visit([&](auto const& held) { text << held; });
    return text.str();
  }

  static std::string problem(toml::node const& node) {
    return node.is_string() || node.is_number() ? "not possible" : "the wrong type, " + kind_name(node);
  }

  toml::table const& table_;
  std::string what_;
  Faults& faults_;
};

std::optional<Value> scalar(toml::node const& node) {
  if (auto const* text = node.as_string()) return Value{text->get()};
  if (auto const* whole = node.as_integer()) return Value{whole->get()};
  if (auto const* real = node.as_floating_point()) return Value{real->get()};
  return std::nullopt;
}

/// The value or, from an array, the values of one parameter.
std::vector<At<Value>> values_of(std::string_view name, toml::node const& node, Faults& faults) {
  std::vector<At<Value>> values;
  auto const add = [&](toml::node const& item) {
    if (auto value = scalar(item)) {
      values.push_back({std::move(*value), line_of(item)});
    } else {
      faults.add(line_of(item),
                 fmt::format("parameter '{}' is {} (a case needs one value) use a number or text, "
                             "or an array of them for a sweep",
                             name, kind_name(item)));
    }
  };
  auto const* sweep = node.as_array();
  if (sweep == nullptr) {
    add(node);
  } else if (sweep->empty()) {
    faults.add(line_of(node),
               fmt::format("parameter '{}' has an empty sweep (no case would come of it) give it "
                           "at least one value, or leave it out for its default",
                           name));
  } else {
    for (auto const& item : *sweep) add(item);
  }
  return values;
}

At<Settings> settings_of(toml::table const& table, Faults& faults) {
  At<Settings> settings;
  settings.line = line_of(table);
  for (auto const& [key, node] : table) {
    std::string name(key.str());
    auto values = values_of(name, node, faults);
    settings.value.push_back({{std::move(name), line_of(key.source())}, std::move(values)});
  }
  return settings;
}

std::vector<At<Settings>> params_of(TableReader const& table, long entry_line, Faults& faults) {
  auto const* node = table.get("params");
  if (node == nullptr) return {{{}, entry_line}};
  if (auto const* one = node->as_table()) return {settings_of(*one, faults)};
  std::vector<At<Settings>> all;
  if (auto const* several = node->as_array(); several != nullptr && !several->empty()) {
    for (auto const& item : *several) {
      if (auto const* one = item.as_table()) {
        all.push_back(settings_of(*one, faults));
      } else {
        faults.add(line_of(item), "an item of params is " + kind_name(item) + " (use {name = value, ...})");
      }
    }
    return all;
  }
  table.wrong("params", *node, "[case.params], params.NAME = value, or an array of such tables");
  return {{{}, entry_line}};
}

At<Ranks> ranks_of(TableReader const& table, long entry_line) {
  auto const* node = table.get("ranks");
  if (node == nullptr) return {{}, entry_line};
  constexpr std::int64_t most = 1'000'000;
  if (auto const* number = node->as_integer();
      number != nullptr && number->get() >= 1 && number->get() <= most) {
    return {{Ranks::Kind::number, static_cast<int>(number->get())}, line_of(*node)};
  }
  auto const word = node->value_or(std::string());
  if (word == "one") return {{Ranks::Kind::one}, line_of(*node)};
  if (word == "each") return {{Ranks::Kind::each}, line_of(*node)};
  if (word == "all") return {{Ranks::Kind::all}, line_of(*node)};
  table.wrong("ranks", *node, "\"one\", \"each\", \"all\" or a whole number from 1");
  return {{}, line_of(*node)};
}

std::optional<std::string> backend_of(TableReader const& table, Faults& faults) {
  if (table.get("backend") == nullptr) return std::nullopt;
  auto const [name, line] = table.text("backend");
  if (name != "cuda" && name != "host" && table.get("backend")->is_string()) {
    faults.add(line, fmt::format("unknown backend '{}' ({})", name, suggestion(name, {"cuda", "host"})));
  }
  return name;
}

Entry entry_of(toml::table const& source, Faults& faults) {
  TableReader const table(source, "a case", faults);
  table.only({"workload", "backend", "ranks", "sampling", "deadline", "params"},
             "remove it; a parameter of the workload is written params.NAME = value");
  Entry entry;
  entry.line = line_of(source);
  entry.workload = table.text("workload");
  if (table.get("workload") == nullptr) {
    faults.add(entry.line,
               "a case names no workload (nothing to run) add workload = \"NAME\"; see 'muster list'");
  }
  entry.backend = backend_of(table, faults);
  entry.ranks = ranks_of(table, entry.line);
  entry.sampling = table.duration("sampling");
  entry.deadline = table.duration("deadline");
  entry.params = params_of(table, entry.line, faults);
  return entry;
}

std::vector<Entry> entries_of(toml::table const& root, Faults& faults) {
  std::vector<Entry> entries;
  auto const* node = root.get("case");
  auto const* list = node == nullptr ? nullptr : node->as_array();
  if (node != nullptr && list == nullptr) {
    faults.add(line_of(*node),
               "case is " + kind_name(*node) + " (a suite is a list of cases) write [[case]]");
  } else if (list == nullptr || list->empty()) {
    faults.add(0, "the suite is empty (it has no [[case]]) add one, such as: [[case]] workload = \"NAME\"");
  } else {
    for (auto const& item : *list) {
      if (auto const* table = item.as_table()) {
        entries.push_back(entry_of(*table, faults));
      } else {
        faults.add(line_of(item), "an item of case is " + kind_name(item) + " (use a table: [[case]])");
      }
    }
  }
  return entries;
}

std::string contents(std::filesystem::path const& file) {
  std::error_code ignored;  // a folder that cannot be asked about cannot be opened either
  std::ifstream stream(file, std::ios::binary);
  std::string text;
  bool readable = stream.is_open() && !std::filesystem::is_directory(file, ignored);
  if (readable) text.assign(std::istreambuf_iterator<char>(stream), {});
  readable = readable && !stream.bad();
  if (readable) return text;
  throw Error(ExitCode::usage,
              fmt::format("cannot read the suite {} (no such file, a folder, or no permission) check "
                          "the path; 'muster list' shows the suites that come along",
                          file.string()));
}

SuiteFile suite_of(toml::table const& root, std::filesystem::path const& file, Faults& faults) {
  TableReader const table(root, "the suite", faults);
  table.only({"name", "summary", "launches", "sampling", "deadline", "case"}, "remove or correct it");
  SuiteFile suite;
  suite.name = table.text("name").value;
  if (suite.name.empty()) suite.name = file.stem().string();
  suite.summary = table.text("summary").value;
  constexpr int most_launches = 10'000;
  suite.launches = table.positive("launches", suite.launches, most_launches);
  suite.sampling = table.duration("sampling");
  suite.deadline = table.duration("deadline");
  suite.entries = entries_of(root, faults);
  return suite;
}

}  // namespace

SuiteFile read_suite(std::filesystem::path const& file, Faults& faults) {
  auto const text = contents(file);
  try {
    return suite_of(toml::parse(text, file.string()), file, faults);
  } catch (toml::parse_error const& error) {
    faults.add(line_of(error.source()),
               fmt::format("not valid TOML ({}) correct the line", error.description()));
    return {};
  }
}

}  // namespace muster
