#include "harness/core/plugin.hpp"
#include "harness/device/plugin.hpp"
#include "harness/group/group.hpp"

namespace muster {
namespace {

GroupPlugin const& mpi_plugin() {
  static GroupPlugin const& plugin = []() -> GroupPlugin const& {
    OpenRemedies const remedies{
        "build muster again where an MPI is installed, or name its folder in MUSTER_PLUGIN_DIR",
        [](std::string const&) { return std::string("install Open MPI, or load its module"); }};
    auto const& found =
        *static_cast<GroupPlugin const*>(open_plugin("mpi", "muster_group_plugin", {}, remedies));
    check_plugin("mpi", found.contract_version, found.build);
    return found;
  }();
  return plugin;
}

}  // namespace

World join_mpi() {
  auto const& plugin = mpi_plugin();
  return {std::unique_ptr<Group>(plugin.create()), plugin.library(), plugin.abort};
}

std::string mpi_library() { return find_plugin("mpi").empty() ? std::string() : mpi_plugin().library(); }

}  // namespace muster
