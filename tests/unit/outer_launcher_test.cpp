// Which variables an inner launcher must not see.
#include "harness/launch/outer_launcher.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace muster {
namespace {

TEST(OuterLauncher, LeavesWhatItsProcessesAreToKnow) {
  for (auto const* name : {"SLURM_JOBID",
                           "SLURM_JOB_NODELIST",
                           "SLURM_NTASKS",
                           "SLURM_STEP_ID",
                           "SLURMD_NODENAME",
                           "SRUN_DEBUG",
                           "PMI_FD",
                           "PMI_RANK",
                           "PMIX_NAMESPACE",
                           "PMIX_SERVER_URI41",
                           "OMPI_COMM_WORLD_RANK",
                           "OMPI_UNIVERSE_SIZE",
                           "OMPI_MCA_ess",
                           "OMPI_MCA_ess_base_jobid",
                           "OMPI_MCA_orte_hnp_uri",
                           "OMPI_MCA_orte_default_hostfile",
                           "OMPI_MCA_pmix",
                           "OMPI_MCA_rmaps_base_mapping_policy",
                           "HYDI_CONTROL_FD",
                           "MPI_LOCALNRANKS",
                           "MPI_LOCALRANKID",
                           "HYDRA_HOST_FILE",
                           "PRTE_LAUNCHED",
                           "PRTE_MCA_prte_hnp_uri",
                           "MPIR_CVAR_CH3_INTERFACE_HOSTNAME"})
    EXPECT_TRUE(is_of_outer_launcher(name)) << name;
}

TEST(OuterLauncher, HasNoPartInWhatPeopleAndSitesSet) {
  for (auto const* name : {"PATH",
                           "LD_LIBRARY_PATH",
                           "CUDA_VISIBLE_DEVICES",
                           "NCCL_SOCKET_IFNAME",
                           "UCX_TLS",
                           "MUSTER_PLUGIN_DIR",
                           "SLURM_CONF",
                           "SLURM_TMPDIR",
                           "OMPI_MCA_btl",
                           "OMPI_MCA_btl_tcp_if_include",
                           "OMPI_MCA_plm_rsh_agent",
                           "OMPI_MCA_mpi_yield_when_idle",
                           "OMPI_ALLOW_RUN_AS_ROOT",
                           "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM",
                           "PMIX_MCA_gds",
                           "MPIR_CVAR_ENABLE_GPU",
                           "MPICH_GPU_SUPPORT",
                           "OPAL_PREFIX",
                           "HYDRA_IFACE",
                           "TMPDIR",
                           "SLURM",
                           "MY_SLURM_JOBID"})
    EXPECT_FALSE(is_of_outer_launcher(name)) << name;
}

TEST(OuterLauncher, IsSeenInThisProcess) {
  setenv("PMIX_NAMESPACE", "x", 1);
  setenv("OMPI_MCA_btl_tcp_if_include", "lo", 1);
  auto const names = outer_launcher_variables();
  EXPECT_THAT(names, testing::Contains("PMIX_NAMESPACE"));
  EXPECT_THAT(names, testing::Not(testing::Contains("OMPI_MCA_btl_tcp_if_include")));
  unsetenv("PMIX_NAMESPACE");
  unsetenv("OMPI_MCA_btl_tcp_if_include");
}

}  // namespace
}  // namespace muster
