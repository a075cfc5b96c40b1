#include "harness/record/environment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>

#include "harness/record/environment_parts.hpp"
#include "tests/unit/record_fixtures.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;
using test::write_file;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

/// A machine's /proc, /sys and /etc, written into a folder.
class FixtureMachine {
 public:
  Roots roots() const { return {folder_.path() / "proc", folder_.path() / "sys", folder_.path() / "etc"}; }
  void file(std::string const& name, std::string const& text) {
    write_file(folder_.path() / name, text + "\n");
  }
  void link(std::string const& name, std::string const& target) {
    fs::create_directories((folder_.path() / name).parent_path());
    fs::create_directory_symlink(target, folder_.path() / name);
  }
  void interface(std::string const& name, std::string const& driver, std::string const& state,
                 std::string const& speed, int numa) {
    std::string const base = "sys/class/net/" + name + "/";
    file(base + "operstate", state);
    file(base + "type", "1");
    file(base + "speed", speed);
    if (driver.empty()) return;
    link(base + "device/driver", "../../../../bus/pci/drivers/" + driver);
    file(base + "device/numa_node", std::to_string(numa));
  }
  void rdma(std::string const& name, std::string const& state, std::string const& rate,
            std::string const& layer, int numa) {
    std::string const base = "sys/class/infiniband/" + name + "/";
    file(base + "fw_ver", "20.31.1014");
    file(base + "ports/1/state", state);
    file(base + "ports/1/rate", rate);
    file(base + "ports/1/link_layer", layer);
    link(base + "device/driver", "../../../../bus/pci/drivers/mlx5_core");
    file(base + "device/numa_node", std::to_string(numa));
  }
  void cpu(int index, int socket, int core) {
    std::string const base = "sys/devices/system/cpu/cpu" + std::to_string(index) + "/";
    file(base + "topology/physical_package_id", std::to_string(socket));
    file(base + "topology/core_id", std::to_string(core));
    file(base + "cpufreq/scaling_governor", "performance");
  }
  void cache(int index, int level, std::string const& type, std::string const& size) {
    std::string const base = "sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index) + "/";
    file(base + "level", std::to_string(level));
    file(base + "type", type);
    file(base + "size", size);
  }

 private:
  TemporaryFolder folder_;
};

/// Built like a node with 8 GPUs, with fewer cores: 2 x 8 with 2 threads each in 8 NUMA nodes, 8 InfiniBand
/// ports.
class BigNode : public testing::Test {
 protected:
  void SetUp() override {
    machine.file("proc/cpuinfo",
                 "processor\t: 0\nmodel name\t: AMD EPYC 7742 64-Core Processor\n"
                 "flags\t\t: fpu avx2 fma f16c sse4_2\n\nprocessor\t: 1\nmodel name\t: second");
    machine.file("proc/meminfo", "MemTotal:       2113389000 kB\nMemFree:        1 kB");
    for (int cpu = 0; cpu < 32; ++cpu) machine.cpu(cpu, cpu % 16 / 8, cpu % 8);
    machine.file("sys/devices/system/cpu/cpuidle/current_driver", "none");
    for (int node = 0; node < 8; ++node)
      machine.file("sys/devices/system/node/node" + std::to_string(node) + "/x", "");
    machine.file("sys/devices/system/node/online", "0-7");
    machine.cache(0, 1, "Data", "32K");
    machine.cache(1, 1, "Instruction", "32K");
    machine.cache(2, 2, "Unified", "512K");
    machine.cache(3, 3, "Unified", "16384K");
    machine.file("etc/os-release", "NAME=\"DGX\"\nPRETTY_NAME=\"Ubuntu 22.04.4 LTS\"");
    machine.file("sys/module/nvidia/version", "550.54.15");
    machine.file("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never");
    machine.interface("lo", "", "unknown", "", -1);
    machine.interface("enp225s0f0", "mlx5_core", "up", "100000", 3);
    machine.interface("docker0", "", "up", "-1", -1);
    machine.file("sys/class/net/bonding_masters", "bond0");
    for (int i = 0; i < 8; ++i) {
      machine.rdma("mlx5_" + std::to_string(i), "4: ACTIVE", "200 Gb/sec (4X HDR)", "InfiniBand", 7 - i);
    }
    machine.rdma("mlx5_10", "1: DOWN", "100 Gb/sec (4X EDR)", "Ethernet", 3);
  }
  FixtureMachine machine;
};

TEST_F(BigNode, CountsSocketsCoresThreadsAndNumaNodes) {
  Cpu const cpu = describe_cpu(machine.roots());
  EXPECT_EQ(cpu.model, "AMD EPYC 7742 64-Core Processor");
  EXPECT_EQ(cpu.sockets, 2);
  EXPECT_EQ(cpu.cores, 16);
  EXPECT_EQ(cpu.threads, 32);
  EXPECT_EQ(cpu.numa_nodes, 8);
  EXPECT_EQ(cpu.governor, "performance");
  EXPECT_THAT(cpu.caches, ElementsAre(Pair("L1d", 32768U), Pair("L1i", 32768U), Pair("L2", 524288U),
                                      Pair("L3", 16777216U)));
  EXPECT_THAT(cpu.features, ElementsAre("avx2", "fma", "f16c"));
  EXPECT_EQ(memory_bytes(machine.roots()), 2113389000ULL * 1024);
}

std::string firmware(std::string const& interface) { return "firmware of " + interface; }

TEST_F(BigNode, ListsHardwareNicsWithRateStateAndNumaNode) {
  auto const nics = describe_nics(machine.roots(), firmware);
  ASSERT_EQ(nics.size(), 10U);  // no lo, no docker0
  EXPECT_EQ(nics[0].name, "enp225s0f0");
  EXPECT_EQ(nics[0].driver, "mlx5_core");
  EXPECT_EQ(nics[0].state, "up");
  EXPECT_DOUBLE_EQ(nics[0].bits_per_second, 1e11);
  EXPECT_EQ(nics[1].name, "mlx5_0");
  EXPECT_EQ(nics[1].fabric, "infiniband");
  EXPECT_EQ(nics[1].state, "active");
  EXPECT_DOUBLE_EQ(nics[1].bits_per_second, 2e11);
  EXPECT_EQ(nics[1].numa, 7);
  EXPECT_EQ(nics[0].firmware, "firmware of enp225s0f0");
  EXPECT_EQ(nics[1].firmware, "20.31.1014");
  EXPECT_EQ(nics[9].name, "mlx5_10");  // after mlx5_7, not after mlx5_1
  EXPECT_EQ(nics[9].fabric, "ethernet");
  EXPECT_EQ(nics[9].state, "down");
}

TEST_F(BigNode, NamesSystemAndDriver) {
  Node const node = describe_node(machine.roots());
  EXPECT_THAT(node.software, testing::Contains(Pair("os", "Ubuntu 22.04.4 LTS")));
  EXPECT_THAT(node.software, testing::Contains(Pair("NVIDIA kernel module", "550.54.15")));
  EXPECT_THAT(node.software, testing::Contains(Pair("transparent huge pages", "madvise")));
  EXPECT_FALSE(node.name.empty());
  EXPECT_EQ(node.nics.size(), 10U);
}

TEST(SmallNode, AVirtualMachineThatTellsLittleIsDescribedAllTheSame) {
  FixtureMachine machine;
  machine.file("proc/cpuinfo",
               "processor : 0\nCPU implementer : 0x41\nCPU part : 0xd4f\nFeatures : fp asimd sve2 bf16");
  machine.interface("lo", "", "unknown", "", -1);
  machine.interface("eth0", "virtio_net", "up", "-1", -1);
  machine.interface("ifb0", "", "down", "", -1);
  Cpu const cpu = describe_cpu(machine.roots());
  EXPECT_EQ(cpu.model, "Arm implementer 0x41 part 0xd4f");
  EXPECT_THAT(cpu.features, ElementsAre("sve2", "bf16"));
  EXPECT_EQ(cpu.numa_nodes, 1);
  EXPECT_GE(cpu.threads, 1);
  EXPECT_EQ(cpu.governor, "");
  auto const nics = describe_nics(machine.roots(), firmware);
  ASSERT_EQ(nics.size(), 1U);
  EXPECT_EQ(nics[0].bits_per_second, 0);
  EXPECT_EQ(nics[0].numa, -1);
}

TEST(SmallNode, InAContainerTheVirtualInterfaceThatIsUpCounts) {
  FixtureMachine machine;
  machine.interface("lo", "", "unknown", "", -1);
  machine.interface("eth0", "", "up", "10000", -1);
  machine.interface("tunl0", "", "down", "", -1);
  auto const nics = describe_nics(machine.roots(), firmware);
  ASSERT_EQ(nics.size(), 1U);
  EXPECT_EQ(nics[0].name, "eth0");
  EXPECT_EQ(nics[0].driver, "virtual");
  EXPECT_EQ(nics[0].firmware, "");
}

TEST(InterfaceFirmware, OfWhatIsNoInterfaceIsNotKnown) {
  EXPECT_EQ(interface_firmware("nowhere0"), "");
  EXPECT_EQ(interface_firmware(std::string(100, 'x')), "");
  EXPECT_EQ(interface_firmware("lo"), "");  // a device that no driver has hardware for
}

TEST(SmallNode, AMachineThatTellsNothingIsNoError) {
  FixtureMachine const machine;
  Node const node = describe_node(machine.roots());
  EXPECT_EQ(node.cpu.model, "unknown");
  EXPECT_EQ(node.memory_bytes, 0U);
  EXPECT_THAT(node.nics, IsEmpty());
}

TEST(Quota, Version2TakesTheSmallestUpToTheMount) {
  FixtureMachine machine;
  machine.file("proc/self/mountinfo", "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw");
  machine.file("proc/self/cgroup", "0::/slurm/job7/step0");
  machine.file("sys/fs/cgroup/slurm/cpu.max", "1600000 100000");
  machine.file("sys/fs/cgroup/slurm/job7/cpu.max", "250000 100000");
  machine.file("sys/fs/cgroup/slurm/job7/step0/cpu.max", "max 100000");
  EXPECT_DOUBLE_EQ(quota_cpus(machine.roots()).value(), 2.5);
}

TEST(Quota, Version1AndContainersWithAViewOfTheirOwn) {
  FixtureMachine machine;
  machine.file("proc/self/mountinfo",
               "32 31 0:29 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct");
  machine.file("proc/self/cgroup", "4:cpu,cpuacct:/docker/abc\n0::/");
  machine.file("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "50000");
  machine.file("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000");
  EXPECT_DOUBLE_EQ(quota_cpus(machine.roots()).value(), 0.5);
  EXPECT_EQ(usable_cores(machine.roots()), 1);  // never none
}

TEST(Quota, NoLimitIsNoQuota) {
  FixtureMachine machine;
  EXPECT_FALSE(quota_cpus(machine.roots()));
  machine.file("proc/self/mountinfo", "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu");
  machine.file("proc/self/cgroup", "4:cpu:/");
  machine.file("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1");
  machine.file("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000");
  EXPECT_FALSE(quota_cpus(machine.roots()));
  EXPECT_EQ(usable_cores(machine.roots()), static_cast<int>(usable_cpus().size()));
}

TEST(UsableCpus, AreThoseOfTheAffinityMask) {
  cpu_set_t before;
  ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
  int const first = usable_cpus().at(0);
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<std::size_t>(first), &one);
  ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
  auto const cpus = usable_cpus();
  int const cores = usable_cores();
  ASSERT_EQ(::sched_setaffinity(0, sizeof before, &before), 0);
  EXPECT_THAT(cpus, ElementsAre(first));
  EXPECT_EQ(cores, 1);
}

TEST(HostName, IsShortAndSafeAsAFileName) {
  EXPECT_EQ(safe_host_name("node17.cluster.example"), "node17");
  EXPECT_EQ(safe_host_name("10.0.0.5"), "10.0.0.5");
  EXPECT_EQ(safe_host_name("--rm -rf /;\n$x"), "rm-rfx");
  EXPECT_EQ(safe_host_name("../../etc"), "node");
  EXPECT_EQ(safe_host_name(""), "node");
  EXPECT_THAT(host_name(), testing::MatchesRegex("[A-Za-z0-9_][A-Za-z0-9._-]*"));
}

TEST(UtcNow, IsIso8601) {
  EXPECT_THAT(utc_now(), testing::MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"));
}

TEST(AllowedEnvironment, KeepsWhatChangesFiguresAndHidesSecrets) {
  char const* const variables[] = {"NCCL_DEBUG=INFO",
                                   "HOME=/root",
                                   "AWS_SECRET_ACCESS_KEY=abc",
                                   "SLURM_JOB_ID=7",
                                   "SLURM_JWT=eyJ",
                                   "MUSTER_API_TOKEN=abc",
                                   "NCCL_IB_PKEY=0x7fff",
                                   "UCX_PROXY=http://me:abc@proxy",
                                   "OMP_NUM_THREADS=4",
                                   "OMPI_MCA_btl=tcp,self",
                                   "OMPI_MCA_orte_hnp_uri=1;tcp://10.0.0.5:1",
                                   "OMPI_MCA_ess=pmi",
                                   "CUDA_VISIBLE_DEVICES=",
                                   "NCCL_no_value",
                                   nullptr};
  EXPECT_THAT(allowed_environment(variables),
              ElementsAre(Pair("CUDA_VISIBLE_DEVICES", ""), Pair("MUSTER_API_TOKEN", "(redacted)"),
                          Pair("NCCL_DEBUG", "INFO"), Pair("NCCL_IB_PKEY", "0x7fff"),
                          Pair("OMPI_MCA_btl", "tcp,self"), Pair("OMP_NUM_THREADS", "4"),
                          Pair("SLURM_JOB_ID", "7"), Pair("UCX_PROXY", "(redacted)")));
}

TEST(StorageOf, TheMountIsTheLongestThatHoldsThePath) {
  FixtureMachine machine;
  machine.file("proc/self/mountinfo",
               "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
               "40 27 259:1 / /data rw shared:1 master:2 - xfs /dev/nvme0n1p1 rw\n"
               "41 27 0:50 / /data2 rw - nfs4 server:/export rw\n"
               "42 27 0:51 / /my\\040disk rw - tmpfs tmpfs rw\n"
               "43 27 0:52 / /data rw - beegfs beegfs_nodev rw");
  auto const table = mounts(machine.roots());
  ASSERT_EQ(table.size(), 5U);
  EXPECT_EQ(mount_of(table, "/data2/x")->filesystem, "nfs4");
  EXPECT_EQ(mount_of(table, "/data/x")->filesystem, "beegfs");  // mounted over the other
  EXPECT_EQ(mount_of(table, "/database")->filesystem, "ext4");
  EXPECT_EQ(mount_of(table, "/my disk/x")->filesystem, "tmpfs");
  EXPECT_FALSE(mount_of({}, "/"));
}

TEST(StorageOf, APartitionHasItsDisksModel) {
  FixtureMachine machine;
  machine.file("sys/devices/pci0/nvme/nvme0/nvme0n1/device/model", "SAMSUNG MZWLJ3T8HBLS-00007");
  machine.file("sys/devices/pci0/nvme/nvme0/nvme0n1/nvme0n1p1/partition", "1");
  machine.link("sys/dev/block/259:1", "../../devices/pci0/nvme/nvme0/nvme0n1/nvme0n1p1");
  machine.link("sys/dev/block/259:0", "../../devices/pci0/nvme/nvme0/nvme0n1");
  EXPECT_EQ(block_device_model(machine.roots(), "259:0"), "SAMSUNG MZWLJ3T8HBLS-00007");
  EXPECT_EQ(block_device_model(machine.roots(), "259:1"), "SAMSUNG MZWLJ3T8HBLS-00007");
  EXPECT_EQ(block_device_model(machine.roots(), "0:50"), "");
}

TEST(StorageOf, AFolderThatIsNotThereYetIsThatOfItsParent) {
  TemporaryFolder const folder;
  Storage const storage = describe_storage("cache", folder.path() / "not" / "yet");
  Storage const parent = describe_storage("cache", folder.path());
  EXPECT_EQ(storage.use, "cache");
  EXPECT_EQ(storage.path, (folder.path() / "not/yet").string());
  EXPECT_EQ(storage.filesystem, parent.filesystem);
  EXPECT_GT(storage.total_bytes, 0U);
  EXPECT_LE(storage.free_bytes, storage.total_bytes);
}

TEST(ThisMachine, IsDescribedInFull) {
  Node const node = describe_node();
  EXPECT_NE(node.cpu.model, "");
  EXPECT_GE(node.cpu.threads, node.cpu.cores);
  EXPECT_GE(node.cpu.cores, node.cpu.sockets);
  EXPECT_GE(node.cpu.usable, 1);
  EXPECT_GT(node.memory_bytes, 1U << 20);
  EXPECT_THAT(node.software, testing::Contains(Pair("kernel", testing::StartsWith("Linux "))));
}

}  // namespace
}  // namespace muster
