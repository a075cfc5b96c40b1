#include "harness/launch/outer_launcher.hpp"

#include <algorithm>
#include <array>

extern char** environ;

namespace muster {
namespace {

// PMIX_MCA_..., OMPI_MCA_... and PRTE_MCA_... are people's settings but for those that mpirun itself hands
// on.
constexpr std::array of_launchers{"SLURM_",    "SLURMD_",         "SRUN_",          "PMI_",
                                  "PMIX_",     "OMPI_",           "PRTE_",          "HYDI_",
                                  "MPI_LOCAL", "MV2_COMM_WORLD_", "OMPI_MCA_orte_", "PRTE_MCA_prte_"};
constexpr std::array of_people{"OMPI_MCA_", "PRTE_MCA_", "PMIX_MCA_", "OMPI_ALLOW_RUN_AS_ROOT",
                               "PRTE_ALLOW_RUN_AS_ROOT"};
constexpr std::array handed_on{"OMPI_MCA_ess",
                               "OMPI_MCA_ess_base_jobid",
                               "OMPI_MCA_ess_base_vpid",
                               "OMPI_MCA_hwloc_base_binding_policy",  // mpirun's --bind-to and --map-by
                               "OMPI_MCA_initial_wdir",
                               "OMPI_MCA_mpi_oversubscribe",
                               "OMPI_MCA_pmix",
                               "OMPI_MCA_rmaps_base_mapping_policy",
                               "OMPI_MCA_shmem_RUNTIME_QUERY_hint",
                               "HYDRA_HOST_FILE",
                               "I_MPI_HYDRA_HOST_FILE",
                               "MPIR_CVAR_CH3_INTERFACE_HOSTNAME"};
constexpr std::array of_the_site{"SLURM_CONF", "SLURM_TMPDIR"};

template <class List>
std::size_t longest_start(List const& starts, std::string_view name) {
  std::size_t longest = 0;
  for (std::string_view const start : starts) {
    if (name.starts_with(start)) longest = std::max(longest, start.size());
  }
  return longest;
}

bool is_in(auto const& list, std::string_view name) { return std::ranges::find(list, name) != list.end(); }

}  // namespace

bool is_of_outer_launcher(std::string_view variable) {
  if (is_in(of_the_site, variable)) return false;
  return is_in(handed_on, variable) ||
         longest_start(of_launchers, variable) > longest_start(of_people, variable);
}

std::vector<std::string> outer_launcher_variables() {
  std::vector<std::string> names;
  for (char** entry = environ; *entry; ++entry) {
    std::string_view const text(*entry);
    auto const name = text.substr(0, text.find('='));
    if (is_of_outer_launcher(name)) names.emplace_back(name);
  }
  return names;
}

}  // namespace muster
