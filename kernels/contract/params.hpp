// Parameters of a workload: declared once as ParamSpec. Config check, command line, case names and `muster
// list` are all made from that declaration.
#pragma once
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace muster {

using Value = std::variant<std::int64_t, double, std::string>;

struct ParamSpec {
  enum class Kind { integer, bytes, real, choice, text };
  std::string name;
  Kind kind = Kind::integer;
  std::string unit{};  ///< "" where there is none
  Value
      fallback{};  ///< the default; its alternative matches the kind (integer and bytes: int64, real: double)
  std::string help{};
  std::vector<std::string> choices{};  ///< kind choice: the allowed values
  double low =
      -std::numeric_limits<double>::infinity();  ///< numbers: smallest and largest allowed, inclusive
  double high = std::numeric_limits<double>::infinity();
  /// Is it part of the case's name? Choices appear bare ("bf16"; of a choice that is "on", its name), the rest
  /// as "name:value".
  enum class Naming { always, unless_default, never };
  Naming naming = Naming::always;
  bool bare = false;  ///< in names its value stands alone, as choices do
};

/// The values of one case, in the order of its workload's specs; complete and checked (see plan/).
class Params {
 public:
  void set(std::string name, Value value);
  bool has(std::string_view name) const;
  Value const& at(std::string_view name) const;  ///< throws std::out_of_range naming the parameter
  std::int64_t integer(std::string_view name) const;
  double real(std::string_view name) const;
  std::string const& text(std::string_view name) const;
  std::vector<std::pair<std::string, Value>> const& all() const { return values_; }
  bool operator==(Params const&) const = default;

 private:
  std::vector<std::pair<std::string, Value>> values_;
};

/// All defaults of `specs`.
Params defaults(std::vector<ParamSpec> const& specs);

/// Why `value` is no value for `spec` (with the remedy), or "" if it is one. An int64 is accepted for a real.
std::string fault(ParamSpec const& spec, Value const& value);

/// "gemm/bf16/m:8192/n:8192/k:8192": the workload's name, then every parameter that is part of names.
std::string case_name(std::string_view workload, std::vector<ParamSpec> const& specs, Params const& params);

std::string to_string(Value const& value);

}  // namespace muster
