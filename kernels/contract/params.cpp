#include "kernels/contract/params.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>

namespace muster {

void Params::set(std::string name, Value value) {
  auto const found = std::ranges::find(values_, name, &std::pair<std::string, Value>::first);
  if (found != values_.end()) {
    found->second = std::move(value);
  } else {
    values_.emplace_back(std::move(name), std::move(value));
  }
}

bool Params::has(std::string_view name) const {
  return std::ranges::any_of(values_, [&](auto const& entry) { return entry.first == name; });
}

Value const& Params::at(std::string_view name) const {
  for (auto const& [key, value] : values_) {
    if (key == name) return value;
  }
  throw std::out_of_range("no parameter '" + std::string(name) + "'");
}

std::int64_t Params::integer(std::string_view name) const { return std::get<std::int64_t>(at(name)); }

double Params::real(std::string_view name) const {
  Value const& value = at(name);
  if (auto const* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  return std::get<double>(value);
}

std::string const& Params::text(std::string_view name) const { return std::get<std::string>(at(name)); }

Params defaults(std::vector<ParamSpec> const& specs) {
  Params params;
  for (auto const& spec : specs) params.set(spec.name, spec.fallback);
  return params;
}

std::string to_string(Value const& value) {
  if (auto const* text = std::get_if<std::string>(&value)) return *text;
  if (auto const* whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
  char buffer[32];
  auto const end = std::to_chars(buffer, buffer + sizeof buffer, std::get<double>(value)).ptr;
  return std::string(buffer, end);
}

namespace {

std::string one_of(std::vector<std::string> const& choices) {
  std::string text;
  for (auto const& choice : choices) text += (text.empty() ? "" : ", ") + choice;
  return text;
}

char const* expected(ParamSpec::Kind kind) {
  switch (kind) {
    case ParamSpec::Kind::integer:
      return "a whole number";
    case ParamSpec::Kind::bytes:
      return "a number of bytes (such as 1048576 or \"1MiB\")";
    case ParamSpec::Kind::real:
      return "a number";
    case ParamSpec::Kind::choice:
      return "a name";
    case ParamSpec::Kind::text:
      return "text";
  }
  return "";
}

bool alternative_fits(ParamSpec::Kind kind, Value const& value) {
  bool const whole = std::holds_alternative<std::int64_t>(value);
  switch (kind) {
    case ParamSpec::Kind::integer:
    case ParamSpec::Kind::bytes:
      return whole;
    case ParamSpec::Kind::real:
      return whole || std::holds_alternative<double>(value);
    case ParamSpec::Kind::choice:
    case ParamSpec::Kind::text:
      return std::holds_alternative<std::string>(value);
  }
  return false;
}

std::string bound_text(double bound) {
  constexpr double exact = 9007199254740992.0;  // 2^53: below it a double holds every whole number
  if (bound == std::floor(bound) && std::abs(bound) <= exact)
    return std::to_string(static_cast<std::int64_t>(bound));
  return to_string(Value{bound});
}

std::string range_text(ParamSpec const& spec) {
  if (std::isinf(spec.high)) return "at least " + bound_text(spec.low);
  if (std::isinf(spec.low)) return "at most " + bound_text(spec.high);
  return "from " + bound_text(spec.low) + " to " + bound_text(spec.high);
}

}  // namespace

std::string fault(ParamSpec const& spec, Value const& value) {
  std::string const head = "parameter '" + spec.name + "' = " + to_string(value) + " ";
  if (!alternative_fits(spec.kind, value)) return head + "is not " + expected(spec.kind);
  if (spec.kind == ParamSpec::Kind::choice) {
    auto const& text = std::get<std::string>(value);
    if (std::ranges::find(spec.choices, text) != spec.choices.end()) return {};
    return head + "is not known (use one of: " + one_of(spec.choices) + ")";
  }
  if (spec.kind == ParamSpec::Kind::text) return {};
  auto const* whole = std::get_if<std::int64_t>(&value);
  double const number = whole ? static_cast<double>(*whole) : std::get<double>(value);
  if (number >= spec.low && number <= spec.high) return {};  // a NaN fails both
  return head + "is out of range (use a value " + range_text(spec) +
         (spec.unit.empty() ? "" : " " + spec.unit) + ")";
}

namespace {

bool is_named(ParamSpec const& spec, Value const& value) {
  switch (spec.naming) {
    case ParamSpec::Naming::always:
      return true;
    case ParamSpec::Naming::unless_default:
      return to_string(value) != to_string(spec.fallback);
    case ParamSpec::Naming::never:
      return false;
  }
  return true;
}

}  // namespace

std::string case_name(std::string_view workload, std::vector<ParamSpec> const& specs, Params const& params) {
  std::string name(workload);
  for (auto const& spec : specs) {
    if (!is_named(spec, params.at(spec.name))) continue;
    std::string const value = to_string(params.at(spec.name));
    bool const bare = spec.bare || spec.kind == ParamSpec::Kind::choice;
    name += "/" + (!bare ? spec.name + ":" + value : value == "on" ? spec.name : value);
  }
  return name;
}

}  // namespace muster
