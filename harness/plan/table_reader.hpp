// Reading one table of a TOML file key by key, with every fault noted where it stands.
#pragma once
#include <toml++/toml.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/plan/faults.hpp"

namespace muster {

/// Something with the line where it stands.
template <typename T>
struct At {
  T value{};
  long line = 0;
};

long line_of(toml::source_region const& source);
long line_of(toml::node const& node);
std::string kind_name(toml::node const& node);  ///< "a table", "text", "a whole number", ...

/// Notes what is wrong in `faults` and goes on with a default.
class TableReader {
 public:
  /// `what` names the table in messages: "a case".
  TableReader(toml::table const& table, std::string what, Faults& faults)
      : table_(table), what_(std::move(what)), faults_(faults) {}

  void only(std::vector<std::string> const& known, std::string const& remedy) const;
  At<std::string> text(std::string_view key) const;
  /// A text, or an array of them; empty when the key is not there.
  std::vector<At<std::string>> texts(std::string_view key) const;
  /// A time that is longer than none: "1.5s", "2m", or a number of seconds.
  std::optional<At<double>> duration(std::string_view key) const;
  std::int64_t count(std::string_view key, std::int64_t fallback, std::int64_t least,
                     std::int64_t most) const;
  int whole(std::string_view key, int fallback, int least, int most) const {
    return static_cast<int>(count(key, fallback, least, most));
  }
  int positive(std::string_view key, int fallback, int most) const { return whole(key, fallback, 1, most); }
  std::optional<bool> yes_or_no(std::string_view key) const;
  toml::node const* get(std::string_view key) const { return table_.get(key); }
  void wrong(std::string_view key, toml::node const& node, std::string const& expected) const;

 private:
  toml::table const& table_;
  std::string what_;
  Faults& faults_;
};

}  // namespace muster
