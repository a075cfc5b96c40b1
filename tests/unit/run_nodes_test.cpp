// On which nodes a run is, new or gone on with.
#include "harness/app/run_nodes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "harness/core/error.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace muster {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

class RunNodes : public testing::Test {
 protected:
  RunNodes() { unsetenv("SLURM_JOB_ID"); }  // tests may be run inside of a job

  NodeArguments on(std::string const& hosts) {
    auto const file = folder_.path() / "hosts";
    std::ofstream(file) << hosts;
    NodeArguments arguments;
    arguments.hosts = file.string();
    return arguments;
  }
  static std::optional<Plan> saved(int nodes) {
    Plan plan;
    plan.nodes.count = nodes;
    return plan;
  }
  template <class F>
  static std::string usage_error(F const& call) {
    try {
      call();
    } catch (Error const& error) {
      EXPECT_EQ(error.exit_code, ExitCode::usage);
      return error.what();
    }
    return "nothing was thrown";
  }

  TemporaryFolder folder_;
};

TEST_F(RunNodes, ANewRunOnOneHostStaysOnThisMachine) {
  EXPECT_FALSE(nodes_for(on("a slots=2\n"), std::nullopt, ""));
  EXPECT_THAT(nodes_for(on("a slots=2\nb slots=2\n"), std::nullopt, "")->nodes, SizeIs(2));
}

TEST_F(RunNodes, ARunOnOneNodeGoesOnOnOneNode) {
  auto const allocation = nodes_for(on("a slots=2\n"), saved(1), "run");
  ASSERT_TRUE(allocation);
  ASSERT_THAT(allocation->nodes, SizeIs(1));
  EXPECT_EQ(allocation->nodes[0].name, "a");
}

TEST_F(RunNodes, ARunOnThisMachineStaysHereWhateverHostsThereAre) {
  EXPECT_FALSE(nodes_for(on("a\nb\n"), saved(0), "run"));
}

TEST_F(RunNodes, ARunOnNodesDoesNotGoOnWithoutAny) {
  auto const message = usage_error([] { nodes_for({}, saved(3), "run"); });
  EXPECT_THAT(message, HasSubstr("run is a run on 3 nodes"));
  EXPECT_THAT(message, HasSubstr("--hosts"));
}

TEST_F(RunNodes, NamesThatCannotBeToldApartAreRefused) {
  auto const message = usage_error([&] { nodes_of(on("a\nn1.east\nn1.west\n")); });
  EXPECT_THAT(message,
              HasSubstr("n1.east and n1.west cannot be told apart (both are n1 up to the first dot)"));
}

TEST_F(RunNodes, AddressesAreToldApartByAllOfThem) {
  EXPECT_THAT(nodes_of(on("10.0.0.1\n10.0.0.2\n"))->nodes, SizeIs(2));
}

}  // namespace
}  // namespace muster
