// One function a command; each adds itself to the command line and runs later.
#pragma once
#include <CLI/CLI.hpp>

namespace muster {

/// Exit code of the command that ran; set by its callback.
void add_run(CLI::App& app, int& exit_code);
void add_submit(CLI::App& app, int& exit_code);
void add_list(CLI::App& app, int& exit_code);
void add_doctor(CLI::App& app, int& exit_code);
void add_status(CLI::App& app, int& exit_code);
void add_collect(CLI::App& app, int& exit_code);
void add_compare(CLI::App& app, int& exit_code);
void add_baseline(CLI::App& app, int& exit_code);
void add_report(CLI::App& app, int& exit_code);
void add_dataset(CLI::App& app, int& exit_code);
void add_history(CLI::App& app, int& exit_code);
void add_check(CLI::App& app, int& exit_code);
void add_project(CLI::App& app, int& exit_code);
// Internal ones, not in the help.
void add_worker(CLI::App& app, int& exit_code);
void add_agent(CLI::App& app, int& exit_code);
void add_tied(CLI::App& app);
void add_apart(CLI::App& app);
void add_ranks(CLI::App& app, int& exit_code);

}  // namespace muster
