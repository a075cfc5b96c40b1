// The nodes of a Slurm job, as its environment has them, and of host files.
#include "harness/launch/allocation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <random>

#include "harness/core/error.hpp"
#include "harness/launch/hostlist.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace muster {

bool operator==(NodeSlots const& one, NodeSlots const& other) {
  return one.name == other.name && one.slots == other.slots;
}
void PrintTo(NodeSlots const& node, std::ostream* out) { *out << node.name << " x " << node.slots; }

namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

using Variables = std::map<std::string, std::string>;

std::optional<Allocation> job(Variables const& variables) {
  return slurm_allocation([&](std::string const& name) {
    auto const found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

Variables with(Variables more) {
  more.merge(Variables{{"SLURM_JOB_ID", "42"}, {"SLURM_JOB_NODELIST", "n[1-3]"}});
  return more;
}

template <class Call>
std::string refusal(ExitCode code, Call const& call) {
  try {
    call();
  } catch (Error const& error) {
    EXPECT_EQ(error.exit_code, code);
    return error.what();
  }
  return "";
}

std::string refused_job(Variables const& variables) {
  return refusal(ExitCode::infrastructure, [&] { job(variables); });
}

TEST(SlurmAllocation, IsAbsentOutsideOfAJob) { EXPECT_FALSE(job({{"SLURM_JOB_NODELIST", "n1"}})); }

TEST(SlurmAllocation, HasTheNodesAndTheirGpus) {
  auto const found = job(with({{"SLURM_GPUS_ON_NODE", "8"},
                               {"SLURM_JOB_CPUS_PER_NODE", "32(x3)"},
                               {"SLURM_RESTART_COUNT", "2"},
                               {"TMPDIR", "/scratch"}}));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->scheduler, "slurm");
  EXPECT_EQ(found->job_id, "42");
  EXPECT_EQ(found->restarts, 2);
  EXPECT_EQ(found->slots_are, "gpus");
  EXPECT_EQ(found->local_folder, "/scratch");
  EXPECT_THAT(found->nodes, ElementsAre(NodeSlots{"n1", 8}, NodeSlots{"n2", 8}, NodeSlots{"n3", 8}));
}

TEST(SlurmAllocation, ReadsGpusInEverySpelling) {
  std::pair<char const*, int> const spellings[]{
      {"8", 8}, {"a100:8", 8}, {"gpu:a100:4", 4}, {"gpu:2", 2}, {"a100:4,h100:2", 6}};
  for (auto const& [text, count] : spellings)
    EXPECT_EQ(job(with({{"SLURM_GPUS_PER_NODE", text}}))->nodes[2].slots, count) << text;
  EXPECT_EQ(job(with({{"SLURM_GPUS_PER_NODE", "4"}, {"SLURM_GPUS_ON_NODE", "8"}}))->nodes[0].slots, 4);
}

TEST(SlurmAllocation, CountsCpusWhereThereAreNoGpus) {
  auto const found = job(with({{"SLURM_JOB_CPUS_PER_NODE", "32(x2),16"}, {"SLURM_GPUS_ON_NODE", "0"}}));
  EXPECT_EQ(found->slots_are, "cpus");
  EXPECT_THAT(found->nodes, ElementsAre(NodeSlots{"n1", 32}, NodeSlots{"n2", 32}, NodeSlots{"n3", 16}));
  EXPECT_EQ(job(with({}))->nodes[0].slots, 0);
}

TEST(SlurmAllocation, TakesTheOlderNameOfTheList) {
  EXPECT_THAT(job({{"SLURM_JOB_ID", "1"}, {"SLURM_NODELIST", "a"}})->nodes, ElementsAre(NodeSlots{"a", 0}));
}

TEST(SlurmAllocation, LocalFolderIsAbsoluteOrNotKnown) {
  EXPECT_EQ(job(with({{"TMPDIR", "tmp"}}))->local_folder, "");
  EXPECT_EQ(job(with({{"TMPDIR", "/tmp"}, {"SLURM_TMPDIR", "/local/42"}}))->local_folder, "/local/42");
}

TEST(SlurmAllocation, NamesEveryVariableThatIsWrong) {
  auto const text = refused_job({{"SLURM_JOB_ID", "4;2"},
                                 {"SLURM_JOB_NODELIST", "n[1-"},
                                 {"SLURM_GPUS_ON_NODE", "many"},
                                 {"SLURM_RESTART_COUNT", "-1"}});
  for (auto const* name :
       {"SLURM_JOB_ID=4;2", "SLURM_JOB_NODELIST=n[1-", "SLURM_GPUS_ON_NODE=many", "SLURM_RESTART_COUNT=-1"})
    EXPECT_THAT(text, HasSubstr(name));
  EXPECT_THAT(refused_job({{"SLURM_JOB_ID", "1"}}), HasSubstr("SLURM_JOB_NODELIST"));
}

TEST(SlurmAllocation, RefusesCountsThatDoNotFit) {
  for (auto const* cpus : {"", "32", "32(x2)", "32(x4)", "32(x0),1", "32(x-1)", "a(x3)", "1(x3", "1x3",
                           "1,2,3,4", "1(x999999999999)", "-1(x3)", "99999999(x3)", "1(x2),", "(x3)"})
    EXPECT_THAT(refused_job(with({{"SLURM_JOB_CPUS_PER_NODE", cpus}})), HasSubstr("not the CPUs of 3 nodes"))
        << cpus;
  for (auto const* gpus : {"", "x", "8:", "8 ", " 8", "0x8", "99999999999", "4,", "-4", "a100:-4"})
    EXPECT_THAT(refused_job(with({{"SLURM_GPUS_PER_NODE", gpus}})), HasSubstr("no number of GPUs")) << gpus;
}

TEST(SlurmAllocation, ShowsHostileValuesHarmlessly) {
  auto const text = refused_job(with({{"SLURM_GPUS_PER_NODE", "\x1b[2J\n#SBATCH --wrap=x"}}));
  EXPECT_THAT(text, AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\n#"))));
}

class HostFile : public testing::Test {
 protected:
  Allocation read(std::string const& text) {
    std::ofstream(file_) << text;
    return host_list(file_);
  }
  std::string refused(std::string const& text) {
    return refusal(ExitCode::usage, [&] { read(text); });
  }
  TemporaryFolder folder_;
  std::filesystem::path file_ = folder_.path() / "hosts";
};

TEST_F(HostFile, HasOneHostALine) {
  auto const found =
      read("# the rack\n\nnode1 slots=8\n  node2:4  # half\nnode3\r\nnode[4-5] slots=2 max_slots=4\n");
  EXPECT_EQ(found.scheduler, "hosts");
  EXPECT_EQ(found.slots_are, "slots");
  EXPECT_THAT(found.nodes, ElementsAre(NodeSlots{"node1", 8}, NodeSlots{"node2", 4}, NodeSlots{"node3", 0},
                                       NodeSlots{"node4", 2}, NodeSlots{"node5", 2}));
}

TEST_F(HostFile, LinesOfOneHostAddUp) {
  EXPECT_THAT(read("a\na\nb\na\n").nodes, ElementsAre(NodeSlots{"a", 3}, NodeSlots{"b", 0}));
  EXPECT_THAT(read("a:2\na slots=3").nodes, ElementsAre(NodeSlots{"a", 5}));
}

TEST_F(HostFile, SaysAllThatIsWrongWithItsLine) {
  auto const text =
      refused("good\n-oProxyCommand=x slots=1\nb slots=many\nc slots=0\nd 8\ne:1 slots=2\n$(reboot)\nf:\n");
  for (auto const* part :
       {":2: the host list '-oProxyCommand=x'", ":3: 'many' is no number of slots", ":4: '0' is no number",
        ":5: '8' is not understood", ":6: 'slots=2' is not understood", ":7: the host list '$(reboot)'",
        ":8: '' is no number of slots"})
    EXPECT_THAT(text, HasSubstr(part));
  EXPECT_THAT(text, StartsWith(file_.string() + ":2:"));
  EXPECT_THAT(text, Not(HasSubstr(":1:")));
}

TEST_F(HostFile, ThatIsEmptyOrNotThereIsRefused) {
  EXPECT_THAT(refused(""), HasSubstr("names no host"));
  EXPECT_THAT(refused("# nobody\n"), HasSubstr("names no host"));
  EXPECT_THAT(refusal(ExitCode::usage, [] { host_list("/nowhere/hosts"); }),
              HasSubstr("/nowhere/hosts cannot be read"));
}

TEST_F(HostFile, ThatIsNoneEndsSoon) {
  EXPECT_THAT(refusal(ExitCode::usage, [] { host_list("/dev/zero"); }), HasSubstr("longer than 16 MiB"));
  EXPECT_THAT(refusal(ExitCode::usage, [] { host_list("/"); }), HasSubstr("cannot be read"));
  std::string junk;
  for (int i = 0; i < 100000; ++i) junk += "?\n";
  EXPECT_LT(refused(junk).size(), 10'000u);
  EXPECT_THAT(refused("a[1-100000]\nb\n"), HasSubstr("more than 100000 hosts"));
}

TEST_F(HostFile, StandsRandomInput) {
  std::mt19937 random(3);
  constexpr std::string_view alphabet = "ab1:=#[]-, \nslots=\x1b$\0";
  for (int round = 0; round < 500; ++round) {
    std::string text;
    for (auto left = random() % 40; left > 0; --left) text += alphabet[random() % alphabet.size()];
    try {
      for (auto const& node : read(text).nodes) {
        ASSERT_TRUE(is_host_name(node.name)) << text;
        ASSERT_GE(node.slots, 0);
      }
    } catch (Error const& error) {
      ASSERT_EQ(error.exit_code, ExitCode::usage);
    }
  }
}

}  // namespace
}  // namespace muster
