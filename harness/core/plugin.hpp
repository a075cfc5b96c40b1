// Finding libmuster_NAME.so and knowing it as our own; device/plugin.hpp opens it.
#pragma once
#include <filesystem>
#include <string>

namespace muster {

/// MUSTER_PLUGIN_DIR if set, else the first of the program's own folder, ../lib (a build, a bundle),
/// ../lib/muster (an installation) and lib beside it that has the file; an empty path where none has it.
std::filesystem::path find_plugin(std::string const& name);

/// The same for a program that comes with this one.
std::filesystem::path find_helper_program(std::string const& file);

/// Folder of the running program.
std::filesystem::path program_folder();

/// Throws Error(infrastructure) unless the plug-in was built together with this program.
void check_plugin(std::string const& name, int contract_version, char const* build);

}  // namespace muster
