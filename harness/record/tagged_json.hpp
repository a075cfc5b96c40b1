// JSON files of our own: every one begins with the name and version of what it is.
#pragma once
#include <string>
#include <string_view>

#include "harness/record/json_archive.hpp"

namespace muster {

Json schema_of(char const* name);

/// Same major version: readable, whatever its minor one has added. Throws Error(usage).
void check_schema(Json const& json, std::string const& expected);

template <class T>
std::string tagged(char const* name, T const& value) {
  Json json{{"schema", schema_of(name)}};
  json.update(encode(value, Path{}));
  return pretty(json);
}

template <class T>
T parse_tagged(char const* name, std::string_view text) {
  Json const json = parse_json(text);
  check_schema(json, name);
  T value;
  decode(json, Path{}, value);
  return value;
}

}  // namespace muster
