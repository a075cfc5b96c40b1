#include "harness/plan/suite_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "harness/plan/spelling.hpp"
#include "harness/plan/table_reader.hpp"
#include "harness/plan/toml_file.hpp"

namespace muster {
namespace {

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

std::vector<Pass> passes_of(TableReader const& table, Faults& faults) {
  std::vector<Pass> passes;
  for (auto const& [text, line] : table.texts("pass")) {
    if (auto const pass = pass_named(text)) {
      passes.push_back(*pass);
    } else {
      faults.add(line, fmt::format("unknown pass '{}' ({})", text, suggestion(text, pass_names())));
    }
  }
  return passes;
}

Entry entry_of(toml::table const& source, Faults& faults) {
  TableReader const table(source, "a case", faults);
  table.only({"workload", "backend", "ranks", "sampling", "deadline", "operation_deadline", "soak", "alone",
              "model", "pass", "params"},
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
  entry.operation_deadline = table.duration("operation_deadline");
  entry.soak = table.duration("soak");
  entry.alone = table.yes_or_no("alone");
  entry.models = table.texts("model");
  entry.passes = passes_of(table, faults);
  if (auto const* node = table.get("pass")) entry.passes_line = line_of(*node);
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

Spread spread_of(TableReader const& table, Faults& faults) {
  auto const [text, line] = table.text("spread");
  if (text == "each_node") return Spread::each_node;
  if (!text.empty() && text != "together")
    faults.add(line,
               fmt::format("unknown spread '{}' ({})", text, suggestion(text, {"together", "each_node"})));
  return Spread::together;
}

/// It becomes the first part of its cases' names.
bool is_phase_name(std::string const& name) {
  return !name.empty() && name.size() <= 32 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

PhaseEntry phase_of(toml::table const& source, Faults& faults) {
  TableReader const table(source, "a phase", faults);
  table.only({"name", "suite", "spread", "filter", "launches"},
             "remove it; the rest is up to the suite that it names");
  PhaseEntry phase{line_of(source), table.text("name"), table.text("suite"), spread_of(table, faults),
                   table.text("filter").value};
  if (!is_phase_name(phase.name.value) || phase.name.value == "inventory")
    faults.add(
        phase.line,
        fmt::format(
            "a phase is called '{}' (the first part of its cases' names; \"inventory\" is taken) give it "
            "a name = of small letters, digits and _, 32 at most",
            phase.name.value));
  if (phase.suite.value.empty())
    faults.add(phase.line,
               "a phase names no suite (nothing to run) add suite = \"NAME\", or the path of a TOML file");
  constexpr int most_launches = 10'000;
  if (table.get("launches") != nullptr) phase.launches = table.positive("launches", 1, most_launches);
  return phase;
}

/// Absent where the file has none.
std::vector<PhaseEntry> phases_of(toml::table const& root, Faults& faults) {
  std::vector<PhaseEntry> phases;
  auto const* node = root.get("phase");
  if (node == nullptr) return phases;
  if (auto const* list = node->as_array()) {
    for (auto const& item : *list) {
      if (auto const* table = item.as_table()) phases.push_back(phase_of(*table, faults));
    }
  }
  if (phases.empty())
    faults.add(line_of(*node),
               "phase is " + kind_name(*node) + " (a cluster's run is a list of phases) write [[phase]]");
  if (auto const* cases = root.get("case"))
    faults.add(line_of(*cases),
               "a file has both phases and cases (they would run when?) put the cases into a suite of their "
               "own, and name it in a phase");
  for (std::size_t i = 0; i < phases.size(); ++i) {
    auto const twin =
        std::ranges::find(phases.begin(), phases.begin() + static_cast<std::ptrdiff_t>(i),
                          phases[i].name.value, [](PhaseEntry const& phase) { return phase.name.value; });
    if (twin != phases.begin() + static_cast<std::ptrdiff_t>(i))
      faults.add(phases[i].line,
                 fmt::format("two phases are called '{}' (its cases' names begin with it) rename one",
                             phases[i].name.value));
  }
  return phases;
}

SuiteFile suite_of(toml::table const& root, std::filesystem::path const& file, Faults& faults) {
  TableReader const table(root, "the suite", faults);
  table.only({"name", "summary", "launches", "sampling", "deadline", "operation_deadline", "soak", "alone",
              "case", "phase"},
             "remove or correct it");
  SuiteFile suite;
  suite.name = table.text("name").value;
  if (suite.name.empty()) suite.name = file.stem().string();
  suite.summary = table.text("summary").value;
  constexpr int most_launches = 10'000;
  suite.launches = table.positive("launches", suite.launches, most_launches);
  suite.sampling = table.duration("sampling");
  suite.deadline = table.duration("deadline");
  suite.operation_deadline = table.duration("operation_deadline");
  suite.soak = table.duration("soak");
  suite.alone = table.yes_or_no("alone").value_or(false);
  suite.phases = phases_of(root, faults);
  if (suite.phases.empty()) suite.entries = entries_of(root, faults);
  return suite;
}

}  // namespace

SuiteFile read_suite(std::filesystem::path const& file, Faults& faults) {
  auto const root = read_toml(file, "the suite", faults);
  return root ? suite_of(*root, file, faults) : SuiteFile{};
}

}  // namespace muster
