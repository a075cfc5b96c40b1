#include "harness/record/tagged_json.hpp"

#include "harness/core/document.hpp"
#include "harness/core/error.hpp"

namespace muster {

Json schema_of(char const* name) {
  return Json{{"name", name}, {"major", schema_major}, {"minor", schema_minor}};
}

void check_schema(Json const& json, std::string const& expected) {
  Path const root;
  Reader reader(json, root);
  std::string name;
  int major = 0;
  reader.group("schema", [&](auto& inner) {
    inner("name", name);
    inner("major", major);
  });
  if (name != expected) {
    throw Error(ExitCode::usage,
                "schema.name: '" + name + "' where '" + expected + "' is wanted (another kind of file)");
  }
  if (major != schema_major) {
    throw Error(ExitCode::usage, "schema.major: " + std::to_string(major) +
                                     " (this muster reads major version " + std::to_string(schema_major) +
                                     ") use the muster that wrote the file");
  }
}

}  // namespace muster
