// What `muster run --versus` holds against each other: two programs, two configs, two environments.
#pragma once
#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "harness/core/compare_rules.hpp"
#include "harness/core/versus.hpp"

namespace muster {

struct VersusArguments {
  std::vector<std::string> others, environment;
  std::string detect;
  bool confirm = false;
  CompareRules rules;  ///< by which they are compared
  bool asked() const { return !others.empty() || !environment.empty(); }
};
void add_versus_options(CLI::App& command, VersusArguments& arguments);

/// Those options of two sides that were given, but for the other programs and suites, "--option=value".
std::vector<std::string> versus_options_given(CLI::App const& command);
/// What is wrong with what was given, one text a fault; without asking programs anything. `here`: this
/// machine sees the same programs and suites as the one that measures.
std::vector<std::string> versus_faults(VersusArguments const& arguments, CLI::App const& command, bool here);

/// As another machine of the same file systems, in another folder, is to be told what --versus names: shipped
/// suites by their name, all else by its whole path.
std::string other_side(std::string const& text);

/// For a run that is gone on with: its versus.json says all of it. Throws Error(usage).
void refuse_versus_options(CLI::App const& command, std::filesystem::path const& run);
/// Throws Error(usage) where any option is given that needs two sides.
void refuse_without_other_side(CLI::App const& command);

struct Arms {
  ArmProgram base, candidate;
};

/// The base is this program with the suite and options as given; the other arm has what --versus and
/// --versus-env put in their place. Both get the same file of a suite, wherever they look for their own.
/// Throws Error(usage) with everything that is wrong with what was given.
Arms arms_of(VersusArguments const& arguments, CLI::App const& command, std::filesystem::path const& suite);

/// The muster that `text` names: a program, or the folder of one. Throws Error(usage).
ArmProgram program_named(std::string const& text);

/// Those options of `muster run` that were given, as an arm gets them: `of_plan` as in resume.hpp, else the
/// others. Never those that are this run's own (its folder, launches, comparison).
std::vector<std::string> handed_on(CLI::App const& command, bool of_plan);

}  // namespace muster
