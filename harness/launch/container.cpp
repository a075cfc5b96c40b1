#include "harness/launch/container.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace muster {

std::vector<std::string> container_srun_options(ContainerSettings const& settings) {
  if (settings.runtime != ContainerRuntime::pyxis) return {};
  std::vector<std::string> options{"--container-image=" + settings.image};
  if (!settings.mounts.empty())
    options.push_back(fmt::format("--container-mounts={}", fmt::join(settings.mounts, ",")));
  return options;
}

std::vector<std::string> inside_container(ContainerSettings const& settings, std::vector<std::string> argv) {
  if (settings.runtime != ContainerRuntime::apptainer) return argv;
  std::vector<std::string> wrapped{"apptainer", "exec", "--nv"};
  for (auto const& mount : settings.mounts) wrapped.insert(wrapped.end(), {"--bind", mount});
  wrapped.push_back(settings.image);
  wrapped.insert(wrapped.end(), argv.begin(), argv.end());
  return wrapped;
}

}  // namespace muster
