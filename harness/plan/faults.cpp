#include "harness/plan/faults.hpp"

#include <fmt/format.h>

#include "harness/core/error.hpp"

namespace muster {

std::string Faults::report() const {
  std::string text;
  for (auto const& [line, problem] : faults_) {
    auto const where = line > 0 ? fmt::format("{}:{}", file_.string(), line) : file_.string();
    text += fmt::format("{}{}: {}", text.empty() ? "" : "\n", where, problem);
  }
  return text;
}

void Faults::add_without_lines(Faults const& others) {
  for (auto const& [line, problem] : others.faults_) add(0, problem);
}

void Faults::throw_if_any() const {
  if (!empty()) throw Error(ExitCode::usage, report());
}

}  // namespace muster
