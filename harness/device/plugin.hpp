// Opening a plug-in together with the libraries that it needs.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace muster {

/// What a person can do when something is missing; the end of the message.
struct OpenRemedies {
  std::string plugin;
  std::string (*library)(std::string const& soname);
};

/// Opens libmuster_NAME.so (see find_plugin()) and returns the address of `entry`. A library that the plug-in
/// needs and the loader does not find is looked for in `library_folders` and opened first. Nothing is ever
/// closed again. Throws Error(infrastructure), naming the file, library or entry that is missing.
void* open_plugin(std::string const& name, char const* entry,
                  std::vector<std::filesystem::path> const& library_folders, OpenRemedies const& remedies);

}  // namespace muster
