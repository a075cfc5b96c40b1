// Options of `muster run` that say in which container its steps run.
#pragma once
#include <memory>
#include <string>

#include "harness/launch/container.hpp"

namespace CLI {
class App;
}

namespace muster {

/// Fills `settings` when the command line is parsed; values that no container has are refused there.
void add_container_options(CLI::App& command, ContainerSettings& settings);

/// Throws Error(usage) where settings go without each other (an image and nothing that starts it).
void check_container(ContainerSettings const& settings);

}  // namespace muster
