// `muster run --versus`: two sides take turns, launch by launch, and are compared.
#pragma once
#include <CLI/CLI.hpp>
#include <filesystem>
#include <optional>
#include <string>

#include "harness/app/resume.hpp"
#include "harness/app/versus_arms.hpp"

namespace muster {

struct VersusRequest {
  VersusArguments const& arguments;
  CLI::App const& command;  ///< for the options that both sides get
  ResumeArguments const& resume;
  std::string suite, output;
  std::string format = "table";  ///< of the comparison
  std::optional<int> launches{};
  std::optional<double> budget_seconds{};
  bool dry_run = false;
};

/// The exit code. RUN/base and RUN/new are run folders like any other; RUN/versus.json says what is to be
/// done and how far it is, RUN/comparison.json what came of it. Throws Error.
int run_versus(VersusRequest const& request);

/// Does that folder hold such a run?
bool holds_versus(std::filesystem::path const& folder);

}  // namespace muster
