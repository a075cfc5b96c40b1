#include "harness/plan/expectation_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/core/quantities.hpp"
#include "harness/plan/spelling.hpp"
#include "kernels/contract/workload.hpp"

namespace muster {
namespace {

constexpr ExpectedPart all_parts[] = {ExpectedPart::gpu, ExpectedPart::node, ExpectedPart::link,
                                      ExpectedPart::group};
constexpr int most_ranks = 1'000'000, most_nodes = 100'000;

std::optional<double> number(TableReader const& table, std::string_view key, double least, double most,
                             std::string const& expected) {
  auto const* node = table.get(key);
  if (node == nullptr) return std::nullopt;
  auto const value = node->is_number() ? node->value<double>() : std::nullopt;
  if (value && std::isfinite(*value) && *value > least && *value < most) return value;
  table.wrong(key, *node, expected);
  return std::nullopt;
}

std::optional<double> positive(TableReader const& table, std::string_view key) {
  return number(table, key, 0, HUGE_VAL, "a number above 0, in base units (B/s, FLOP/s)");
}

ExpectedPart part_of(TableReader const& table, Faults& faults, long line) {
  auto const [text, at] = table.text("of");
  std::vector<std::string> known;
  for (auto const part : all_parts) {
    if (word(part) == text) return part;
    known.emplace_back(word(part));
  }
  if (table.get("of") == nullptr) {
    faults.add(line,
               "the expectation does not say of what it is (a GPU's figure, or a node's?) add of = "
               "\"gpu\", \"node\", \"link\" or \"group\"");
  } else if (!text.empty()) {
    faults.add(at, fmt::format("of = '{}' is not possible ({})", text, suggestion(text, known)));
  }
  return ExpectedPart::gpu;
}

/// Reads the parameters that a case must have.
class ConditionReader {
 public:
  ConditionReader(Workload const& workload, Faults& faults) : workload_(workload), faults_(faults) {
    for (auto const& spec : workload.params) names_.push_back(spec.name);
  }

  std::vector<ParamCondition> read(toml::table const& table) const {
    std::vector<ParamCondition> conditions;
    for (auto const& [key, node] : table) {
      std::string const name(key.str());
      auto const spec = std::ranges::find(workload_.params, name, &ParamSpec::name);
      if (spec == workload_.params.end()) {
        faults_.add(line_of(key.source()), fmt::format("{} has no parameter '{}' ({})", workload_.name, name,
                                                       suggestion(name, names_)));
        continue;
      }
      auto const low = bound(*spec, node, "from"), high = bound(*spec, node, "to");
      if (low && high) conditions.push_back({name, *low, *high});
    }
    return conditions;
  }

 private:
  /// The value, or that end of {from = ..., to = ...}.
  std::optional<Value> bound(ParamSpec const& spec, toml::node const& node, char const* end) const {
    auto const* range = node.as_table();
    if (range == nullptr) return value(spec, node);
    auto const* one = range->get(end);
    if (one != nullptr) return value(spec, *one);
    faults_.add(
        line_of(node),
        fmt::format("{} has no '{}' (a range has both ends) write {{from = ..., to = ...}}", spec.name, end));
    return std::nullopt;
  }

  std::optional<Value> value(ParamSpec const& spec, toml::node const& node) const {
    auto held = scalar(node);
    if (held && spec.kind == ParamSpec::Kind::bytes && std::holds_alternative<std::string>(*held)) {
      if (auto const bytes = parse_bytes(std::get<std::string>(*held))) held = *bytes;
    }
    auto const problem = held ? fault(spec, *held)
                              : fmt::format("parameter '{}' is {} (it is held against one value, or a range)",
                                            spec.name, kind_name(node));
    if (problem.empty()) return held;
    faults_.add(line_of(node), problem);
    return std::nullopt;
  }

  static std::optional<Value> scalar(toml::node const& node) {
    if (auto const* text = node.as_string()) return Value(text->get());
    if (auto const* whole = node.as_integer()) return Value(whole->get());
    if (auto const* real = node.as_floating_point()) return Value(real->get());
    return std::nullopt;
  }

  Workload const& workload_;
  Faults& faults_;
  std::vector<std::string> names_;
};

std::vector<ParamCondition> conditions_of(TableReader const& table, std::string const& workload,
                                          At<std::string> const& written, Faults& faults) {
  auto const* known = Registry::instance().find(workload);
  if (known == nullptr) {
    std::vector<std::string> names;
    for (auto const* one : Registry::instance().all()) names.push_back(one->name);
    faults.add(written.line,
               fmt::format("there is no workload '{}' ({})", workload, suggestion(workload, names)));
    return {};
  }
  auto const* params = table.get("params");
  if (params == nullptr) return {};
  if (auto const* list = params->as_table()) return ConditionReader(*known, faults).read(*list);
  table.wrong("params", *params, "a table: {type = \"bf16\", m = 8192}");
  return {};
}

/// A number without a source is a number that somebody made up.
std::string source_of(TableReader const& table, std::string const& key, std::string const& what, long line,
                      Faults& faults) {
  auto const text = table.text(key).value;
  if (text.empty())
    faults.add(line, fmt::format("{} has no source (who says so?) add {} = \"...\"", what, key));
  return text;
}

}  // namespace

Expectation read_expectation(toml::table const& source, Faults& faults) {
  TableReader const table(source, "an expectation", faults);
  table.only({"workload", "of", "params", "ranks", "least_nodes", "most_nodes", "value", "source", "margin",
              "margin_source", "gate", "gate_source", "note"},
             "remove or correct it");
  Expectation expectation;
  expectation.line = line_of(source);
  auto const workload = table.text("workload");
  expectation.workload = workload.value;
  if (workload.value.empty())
    faults.add(expectation.line,
               "an expectation has no workload (of which cases is it?) add workload = \"gemm\"");
  else
    expectation.params = conditions_of(table, workload.value, workload, faults);
  expectation.part = part_of(table, faults, expectation.line);
  expectation.ranks = table.whole("ranks", 0, 1, most_ranks);
  expectation.least_nodes = table.whole("least_nodes", 0, 2, most_nodes);
  expectation.most_nodes = table.whole("most_nodes", 0, 2, most_nodes);
  if (table.get("value") == nullptr)
    faults.add(expectation.line, "an expectation has no value (what should it reach?) add value = NUMBER");
  expectation.value = positive(table, "value").value_or(0);
  expectation.source = source_of(table, "source", "an expectation", expectation.line, faults);
  expectation.margin = number(table, "margin", 0, 1, "a share between 0 and 1: 0.1");
  if (expectation.margin)
    expectation.margin_source = source_of(table, "margin_source", "the margin", expectation.line, faults);
  expectation.gate = positive(table, "gate");
  if (expectation.gate)
    expectation.gate_source = source_of(table, "gate_source", "the gate", expectation.line, faults);
  expectation.note = table.text("note").value;
  return expectation;
}

FactLimit read_fact_limit(toml::table const& source, Faults& faults) {
  TableReader const table(source, "a fact", faults);
  table.only({"name", "least", "source"}, "remove or correct it");
  FactLimit limit{table.text("name").value, positive(table, "least").value_or(0), ""};
  if (limit.fact.empty() || table.get("least") == nullptr)
    faults.add(line_of(source),
               "a fact has no name or no least value (what is to be held against what?) add "
               "name = \"pcie_max_width\" and least = 16");
  limit.source = source_of(table, "source", "a fact", line_of(source), faults);
  return limit;
}

}  // namespace muster
