#include "harness/record/request.hpp"

#include <algorithm>
#include <array>

#include "harness/core/error.hpp"
#include "harness/core/job_values.hpp"
#include "harness/record/json_archive.hpp"

namespace muster {
namespace {

constexpr std::size_t most_bytes = std::size_t{1} << 20;

void check_text(std::string const& text, Path const& path) {
  if (auto const fault = free_text_objection(text)) path.fail("not possible " + *fault);
}

void check_variable(std::string const& name, Path const& path) {
  if (auto const fault = objection(JobValue::variable, name)) path.fail("no name for a variable " + *fault);
}

void only_known_keys(Json const& json, Path const& path) {
  expect_object(json, path);
  constexpr std::array<std::string_view, 2> known{"arguments", "environment"};
  for (auto const& [name, value] : json.items()) {
    if (std::ranges::find(known, name) == known.end()) Path(path, name).fail("not a key of a request");
  }
}

void check(RunRequest const& request) {
  Path const root, arguments(root, "arguments"), environment(root, "environment");
  for (std::size_t i = 0; i < request.arguments.size(); ++i)
    check_text(request.arguments[i], Path(arguments, i));
  for (auto const& [name, value] : request.environment) {
    Path const path(environment, name);
    check_variable(name, path);
    check_text(value, path);
  }
}

void fields(auto& a, auto& request) {
  a("arguments", request.arguments);
  a("environment", request.environment);
}

}  // namespace

std::string to_json(RunRequest const& request) {
  check(request);
  Path const root;
  Writer writer(root);
  fields(writer, request);
  return pretty(writer.take());
}

RunRequest request_from_json(std::string_view text) {
  if (text.size() > most_bytes) throw Error(ExitCode::usage, "larger than 1 MiB");
  Json const json = parse_json(text);
  Path const root;
  only_known_keys(json, root);
  RunRequest request;
  Reader reader(json, root);
  fields(reader, request);
  check(request);
  return request;
}

}  // namespace muster
