// JSON text to C++ values and back. A type is described once, by a `fields` function (fields.hpp); Writer and
// Reader carry it out. The only header that includes the JSON library.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "kernels/contract/params.hpp"

namespace muster {

using Json = nlohmann::ordered_json;  // keys stay in the order written: people read these files

/// Limits on what is read, so that a hostile or damaged file cannot take the program down.
struct JsonLimits {
  static constexpr std::size_t text_bytes = std::size_t{256} << 20;
  static constexpr std::size_t depth = 64;
  static constexpr std::size_t string_bytes = 64 << 10;
  static constexpr std::size_t members = 4096;                  ///< of one object
  static constexpr std::size_t values = std::size_t{16} << 20;  ///< of one text: each takes some 50 bytes
  static constexpr std::size_t written_string_bytes = 20000;    ///< longer ones are cut when written
};

/// Strict: one value, no duplicate keys, no NaN, within JsonLimits. Throws Error(usage) with line and column,
/// or the path.
Json parse_json(std::string_view text);

std::string compact(Json const& value);  ///< one line; bytes that are not UTF-8 become U+FFFD
std::string pretty(
    Json const& value);  ///< indented; what fits in 110 columns stays on one line; ends with a newline

/// Where a value stands in its document. Costs nothing until it is asked for.
class Path {
 public:
  Path() = default;
  Path(Path const& parent, std::string_view key) : parent_(&parent), key_(key) {}
  Path(Path const& parent, std::size_t index) : parent_(&parent), index_(index) {}
  std::string text() const;  ///< "cases[3].metric.unit"
  [[noreturn]] void fail(
      std::string const& problem) const;  ///< throws Error(usage): a file that cannot be read
  [[noreturn]] void not_finite() const;   ///< throws Error(wrong_numbers): a value that cannot be written

 private:
  Path const* parent_ = nullptr;
  std::string_view key_;
  std::size_t index_ = 0;
};

template <class T>
struct VectorOf : std::false_type {};
template <class T>
struct VectorOf<std::vector<T>> : std::true_type {};
template <class T>
struct NamedVector : std::false_type {};  // pairs of a name and something: an object in JSON
template <class T>
struct NamedVector<std::vector<std::pair<std::string, T>>> : std::true_type {};

std::string clipped(std::string const& text);
Json encode_value(Value const& value, Path const& path);
Value decode_value(Json const& json, Path const& path);
std::string decode_text(Json const& json, Path const& path);
double decode_number(Json const& json, Path const& path);
std::int64_t decode_signed(Json const& json, Path const& path);
std::uint64_t decode_unsigned(Json const& json, Path const& path);
bool decode_bool(Json const& json, Path const& path);
void expect_array(Json const& json, Path const& path);
void expect_object(Json const& json, Path const& path);

Json encode_grid(std::size_t rows, std::size_t columns, std::vector<double> const& values, Path const& path);
std::vector<double> decode_grid(Json const& json, std::size_t rows, std::size_t columns, Path const& path);

template <class T>
Json encode(T const& value, Path const& path);
template <class T>
void decode(Json const& json, Path const& path, T& value);

/// Writes the fields of one value into an object.
class Writer {
 public:
  explicit Writer(Path const& path) : path_(path) {}

  template <class T>
  void operator()(std::string_view key, T const& value) {
    object_[std::string(key)] = encode(value, Path(path_, key));
  }
  /// Absent stays absent; so does a number that is not finite.
  template <class T>
  void operator()(std::string_view key, std::optional<T> const& value) {
    if (!value) return;
    if constexpr (std::is_floating_point_v<T>) {
      if (!std::isfinite(*value)) return;
    }
    (*this)(key, *value);
  }
  /// A field that is left out unless it is `known`.
  template <class T>
  void when(bool known, std::string_view key, T const& value) {
    if (known) (*this)(key, value);
  }
  /// Fields that JSON keeps in an object of their own.
  template <class F>
  void group(std::string_view key, F&& fill) {
    Path const path(path_, key);
    Writer inner(path);
    fill(inner);
    object_[std::string(key)] = std::move(inner.object_);
  }
  template <class T, class F>
  void optional_group(std::string_view key, std::optional<T> const& value, F&& fill) {
    if (value) group(key, [&](Writer& inner) { fill(inner, *value); });
  }
  /// A table of numbers, row by row, as an array of rows; one that is not finite is null.
  void grid(std::string_view key, std::size_t rows, std::size_t columns, std::vector<double> const& values) {
    object_[std::string(key)] = encode_grid(rows, columns, values, Path(path_, key));
  }
  Json take() { return std::move(object_); }

 private:
  Path const& path_;
  Json object_ = Json::object();
};

/// Reads the fields of one value from an object; keys it does not know are ignored (a newer minor version's).
class Reader {
 public:
  Reader(Json const& object, Path const& path) : object_(object), path_(path) { expect_object(object, path); }

  template <class T>
  void operator()(std::string_view key, T& value) const {
    Path const path(path_, key);
    Json const* found = find(key);
    if (!found) path.fail("missing");
    decode(*found, path, value);
  }
  template <class T>
  void operator()(std::string_view key, std::optional<T>& value) const {
    value.reset();
    if (Json const* found = find(key)) decode(*found, Path(path_, key), value.emplace());
  }
  template <class T>
  void when(bool, std::string_view key, T& value) const {
    if (Json const* found = find(key)) decode(*found, Path(path_, key), value);
  }
  template <class F>
  void group(std::string_view key, F&& fill) const {
    Path const path(path_, key);
    Json const* found = find(key);
    if (!found) path.fail("missing");
    Reader inner(*found, path);
    fill(inner);
  }
  template <class T, class F>
  void optional_group(std::string_view key, std::optional<T>& value, F&& fill) const {
    value.reset();
    if (find(key)) group(key, [&](Reader& inner) { fill(inner, value.emplace()); });
  }
  void grid(std::string_view key, std::size_t rows, std::size_t columns, std::vector<double>& values) const {
    Path const path(path_, key);
    Json const* found = find(key);
    if (!found) path.fail("missing");
    values = decode_grid(*found, rows, columns, path);
  }

 private:
  Json const* find(std::string_view key) const;  ///< null where the key is missing or its value is null

  Json const& object_;
  Path const& path_;
};

template <class T>
Json encode_array(std::vector<T> const& values, Path const& path) {
  Json array = Json::array();
  for (std::size_t i = 0; i < values.size(); ++i) array.push_back(encode(values[i], Path(path, i)));
  return array;
}

template <class T>
Json encode_named(std::vector<std::pair<std::string, T>> const& values, Path const& path) {
  Json object = Json::object();
  for (auto const& [name, value] : values) object[clipped(name)] = encode(value, Path(path, name));
  return object;
}

template <class T>
Json encode(T const& value, Path const& path) {
  if constexpr (std::is_same_v<T, std::string>) {
    return Json(clipped(value));
  } else if constexpr (std::is_same_v<T, std::filesystem::path>) {
    return Json(clipped(value.string()));
  } else if constexpr (std::is_same_v<T, Value>) {
    return encode_value(value, path);
  } else if constexpr (std::is_same_v<T, Params>) {
    return encode_named(value.all(), path);
  } else if constexpr (std::is_enum_v<T>) {
    return Json(std::string(word(value)));
  } else if constexpr (std::is_floating_point_v<T>) {
    if (!std::isfinite(value)) path.not_finite();
    return Json(value);
  } else if constexpr (std::is_arithmetic_v<T>) {
    return Json(value);
  } else if constexpr (NamedVector<T>::value) {
    return encode_named(value, path);
  } else if constexpr (VectorOf<T>::value) {
    return encode_array(value, path);
  } else {
    Writer writer(path);
    fields(writer, value);
    return writer.take();
  }
}

template <class T>
void decode_whole(Json const& json, Path const& path, T& value) {
  auto const wide = [&] {
    if constexpr (std::is_unsigned_v<T>) {
      return decode_unsigned(json, path);
    } else {
      return decode_signed(json, path);
    }
  }();
  if (!std::in_range<T>(wide)) path.fail("out of range");
  value = static_cast<T>(wide);
}

template <class T>
void decode_array(Json const& json, Path const& path, std::vector<T>& values) {
  expect_array(json, path);
  values.clear();
  values.reserve(json.size());
  for (auto const& item : json) {
    std::size_t const index = values.size();
    decode(item, Path(path, index), values.emplace_back());
  }
}

template <class T>
void decode_named(Json const& json, Path const& path, std::vector<std::pair<std::string, T>>& values) {
  expect_object(json, path);
  values.clear();
  for (auto const& [name, item] : json.items()) {
    decode(item, Path(path, name), values.emplace_back(name, T{}).second);
  }
}

void decode_params(Json const& json, Path const& path, Params& params);

template <class T>
void decode_word(Json const& json, Path const& path, T& value) {
  std::string const text = decode_text(json, path);
  for (T const candidate : all_of(T{})) {
    if (word(candidate) == text) {
      value = candidate;
      return;
    }
  }
  path.fail("'" + text + "' is not one of the values known");
}

template <class T>
void decode(Json const& json, Path const& path, T& value) {
  if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, std::filesystem::path>) {
    value = decode_text(json, path);
  } else if constexpr (std::is_same_v<T, Value>) {
    value = decode_value(json, path);
  } else if constexpr (std::is_same_v<T, Params>) {
    decode_params(json, path, value);
  } else if constexpr (std::is_enum_v<T>) {
    decode_word(json, path, value);
  } else if constexpr (std::is_same_v<T, bool>) {
    value = decode_bool(json, path);
  } else if constexpr (std::is_floating_point_v<T>) {
    value = decode_number(json, path);
  } else if constexpr (std::is_integral_v<T>) {
    decode_whole(json, path, value);
  } else if constexpr (NamedVector<T>::value) {
    decode_named(json, path, value);
  } else if constexpr (VectorOf<T>::value) {
    decode_array(json, path, value);
  } else {
    Reader reader(json, path);
    fields(reader, value);
  }
}

}  // namespace muster
