// What the golden tests share: where the fixtures are, and the workloads that they speak of.
#pragma once
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "harness/core/document.hpp"
#include "harness/record/assemble.hpp"
#include "harness/record/document_json.hpp"
#include "harness/record/journal.hpp"
#include "tests/unit/record_fixtures.hpp"

namespace muster::test {

inline std::filesystem::path source(std::string const& name) {
  return std::filesystem::path(MUSTER_SOURCE_DIR) / name;
}

inline std::vector<std::string> const& fixtures() {
  static std::vector<std::string> const names{"two_nodes", "dead_supervisor"};
  return names;
}

inline std::filesystem::path expected_file(std::string const& fixture) {
  return source("tests/golden/" + fixture + "/expected.json");
}

inline Document assembled(std::string const& fixture) {
  RunFolder const folder{source("tests/golden/" + fixture)};
  return assemble(plan_from_json(contents(folder.plan())), read_journals(folder).events, fixture_registry());
}

}  // namespace muster::test
