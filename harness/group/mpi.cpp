#include "harness/core/plugin.hpp"
#include "harness/device/plugin.hpp"
#include "harness/group/group.hpp"

namespace muster {
namespace {

GroupPlugin const* open_mpi_plugin() {
  OpenRemedies const remedies{
      "build muster again where an MPI is installed, or name its folder in MUSTER_PLUGIN_DIR",
      [](std::string const&) { return std::string("install Open MPI, or load its module"); }};
  auto const* const plugin =
      static_cast<GroupPlugin const*>(open_plugin("mpi", "muster_group_plugin", {}, remedies));
  check_plugin("mpi", plugin->contract_version, plugin->build);
  return plugin;
}

GroupPlugin const& mpi_plugin() {
  static GroupPlugin const* const plugin = open_mpi_plugin();
  return *plugin;
}

}  // namespace

World join_mpi() {
  auto const& plugin = mpi_plugin();
  return {std::unique_ptr<Group>(plugin.create()), plugin.library(), plugin.abort};
}

std::string mpi_library() { return find_plugin("mpi").empty() ? std::string() : mpi_plugin().library(); }

}  // namespace muster
