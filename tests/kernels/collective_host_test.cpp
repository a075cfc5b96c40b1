// The host's collective cases on groups of threads, against the definitions of the operations.
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <mutex>
#include <string>
#include <vector>

#include "kernels/collective/collective_problem.hpp"
#include "kernels/collective/members.hpp"
#include "tests/kernels/support.hpp"

namespace muster {
namespace {

using Settings = std::vector<std::pair<std::string, Value>>;

std::string workload(Operation operation) { return "collective/" + std::string(name(operation)); }

struct Outcome {
  int passed = 0, idle = 0;
  std::vector<std::string> details{};
  std::string method{};
};

/// Two rounds on every rank: verify, then samples as the harness takes them.
Outcome outcome(test::ThreadGroup& ranks, Operation operation, Settings const& settings, int samples = 3) {
  Outcome all;
  std::mutex mutex;
  auto const params = test::params_of(workload(operation), settings);
  ranks.run([&](Group& group) {
    HostDevice device({});
    Context context{.device = device, .group = group, .seed = 5};
    auto const instance = test::make_case(workload(operation), params, context);
    for (int round = 0; round < 2; ++round) {
      auto const verdict = instance->verify();
      {
        std::lock_guard const lock(mutex);
        all.passed += verdict.status == Verdict::Status::pass;
        all.idle += verdict.status == Verdict::Status::not_applicable;
        all.method = verdict.method;
        if (!verdict.ok()) all.details.push_back(verdict.detail);
      }
      for (int sample = 0; sample < samples; ++sample) {
        instance->reset();
        instance->launch();
        if (instance->regime() == Regime::pipelined) instance->launch();
      }
    }
  });
  return all;
}

class CollectiveHost : public testing::TestWithParam<int> {};

TEST_P(CollectiveHost, EveryOperationVerifiesOnEveryRankInBothPlacementsAndTimings) {
  for (int i = 0; i < 11; ++i) {
    auto const operation = static_cast<Operation>(i);
    for (std::string const timing : {"pipelined", "isolated"}) {
      for (std::string const placement : {"out_of_place", "in_place"}) {
        Settings settings{{"timing", timing}, {"bytes", std::int64_t{4096}}};
        if (has_in_place(operation)) settings.emplace_back("placement", placement);
        if (!has_in_place(operation) && placement == "in_place") continue;
        test::ThreadGroup ranks(GetParam());
        auto const result = outcome(ranks, operation, settings);
        EXPECT_EQ(result.passed, 2 * GetParam() - result.idle)
            << name(operation) << " " << timing << " " << placement << ": "
            << (result.details.empty() ? "" : result.details.front());
        EXPECT_EQ(result.idle, 0);
      }
    }
  }
}

TEST_P(CollectiveHost, EveryTypeAndReductionVerifies) {
  for (int type = 0; type < 12; ++type) {
    for (int reduction = 0; reduction < 6; ++reduction) {
      test::ThreadGroup ranks(GetParam());
      auto const type_name = std::string(name(static_cast<ElementType>(type)));
      auto const reduction_name = std::string(name(static_cast<Reduction>(reduction)));
      auto const result =
          outcome(ranks, Operation::all_reduce,
                  {{"type", type_name}, {"reduction", reduction_name}, {"bytes", std::int64_t{1000}}}, 1);
      EXPECT_EQ(result.passed, 2 * GetParam()) << type_name << " " << reduction_name << ": "
                                               << (result.details.empty() ? "" : result.details.front());
    }
  }
}

TEST_P(CollectiveHost, OtherRootsWork) {
  for (auto const operation :
       {Operation::broadcast, Operation::reduce, Operation::gather, Operation::scatter}) {
    for (std::string const placement : {"out_of_place", "in_place"}) {
      test::ThreadGroup ranks(GetParam());
      auto const result = outcome(
          ranks, operation,
          {{"root", std::int64_t{GetParam() - 1}}, {"placement", placement}, {"bytes", std::int64_t{4096}}});
      EXPECT_EQ(result.passed, 2 * GetParam()) << name(operation) << " " << placement;
    }
  }
}

TEST_P(CollectiveHost, OneWrongElementOnOneRankFailsThereAndNamesIt) {
  test::ThreadGroup ranks(GetParam());
  ranks.plant([](int rank, void* target, std::size_t count) {
    if (rank == 1) static_cast<float*>(target)[count - 3] += 1;
  });
  auto const result = outcome(ranks, Operation::all_reduce, {{"bytes", std::int64_t{4004}}});
  EXPECT_EQ(result.passed, 2 * GetParam() - 2);
  ASSERT_EQ(result.details.size(), 2U);
  EXPECT_TRUE(result.details[0].starts_with("rank 1: 1 of 1001 elements are wrong, the first is element 998"))
      << result.details[0];
}

// What a check before and after cannot see: one operation in the middle of the samples.
TEST_P(CollectiveHost, OneWrongTimedSampleFailsAlthoughTheLastResultIsRight) {
  for (auto const operation : {Operation::all_reduce, Operation::all_gather, Operation::all_to_all}) {
    test::ThreadGroup ranks(GetParam());
    std::vector<int> calls(static_cast<std::size_t>(GetParam()));
    ranks.plant([&](int rank, void* target, std::size_t) {
      // Call 1 is the first verify's; 2 to 7 are the samples', two each; the result of the second sample is
      // the fifth's.
      if (++calls[static_cast<std::size_t>(rank)] == 5 && rank == 0)
        static_cast<unsigned char*>(target)[17] ^= 1;
    });
    auto const result = outcome(ranks, operation, {{"bytes", std::int64_t{4096}}});
    EXPECT_EQ(result.passed, 2 * GetParam() - 1) << name(operation);
    ASSERT_EQ(result.details.size(), 1U);
    EXPECT_EQ(result.details[0], "of 2 timed samples 1 left a wrong result on rank 0");
  }
}

TEST_P(CollectiveHost, ARankLeftOutOfTheSumFailsEverywhere) {
  test::ThreadGroup ranks(GetParam());
  ranks.leave_out(GetParam() - 1);
  EXPECT_EQ(outcome(ranks, Operation::all_reduce, {{"type", "float64"}, {"bytes", std::int64_t{80}}}).passed,
            0);
}

// A library that returns before, or without, writing: the first call's right answer must not stand for later
// ones.
TEST_P(CollectiveHost, TargetsThatAreNoLongerWrittenFail) {
  test::ThreadGroup ranks(GetParam());
  std::vector<int> calls(static_cast<std::size_t>(GetParam()));
  ranks.plant([&](int rank, void* target, std::size_t count) {
    if (++calls[static_cast<std::size_t>(rank)] > 1) std::memset(target, 0xFF, count * 4);
  });
  EXPECT_EQ(outcome(ranks, Operation::all_reduce, {{"bytes", std::int64_t{4004}}}).passed, GetParam());
}

TEST_P(CollectiveHost, SumsThatReplaceTheirInputAreCheckedOnFreshDataAndThatIsSaid) {
  test::ThreadGroup ranks(GetParam());
  auto const result =
      outcome(ranks, Operation::all_reduce, {{"placement", "in_place"}, {"bytes", std::int64_t{4096}}});
  EXPECT_NE(result.method.find("not after samples"), std::string::npos) << result.method;
  test::ThreadGroup again(GetParam());
  auto const isolated =
      outcome(again, Operation::all_reduce,
              {{"placement", "in_place"}, {"timing", "isolated"}, {"bytes", std::int64_t{4096}}});
  EXPECT_NE(isolated.method.find("after every sample"), std::string::npos) << isolated.method;
}

TEST_P(CollectiveHost, TheBoundIsMeasuredAndLeavesTheCaseFitToVerify) {
  test::ThreadGroup ranks(GetParam());
  ranks.run([&](Group& group) {
    HostDevice device({});
    Context context{.device = device, .group = group, .seed = 5};
    auto const instance =
        test::make_case("collective/all_reduce",
                        test::params_of("collective/all_reduce", {{"bytes", std::int64_t{4004}}}), context);
    auto const bound = instance->bound();
    ASSERT_TRUE(bound);
    EXPECT_EQ(bound->name, "measured_copy_bandwidth");
    EXPECT_GT(bound->value, 1e6);
    EXPECT_TRUE(instance->verify().ok());
  });
}

INSTANTIATE_TEST_SUITE_P(Ranks, CollectiveHost, testing::Values(2, 3, 4));

TEST(CollectiveHostCases, GpuParametersAndOneRankAreUnsupported) {
  test::Solo solo;
  auto const make = [&](Settings const& settings) {
    return test::make_case("collective/all_reduce", test::params_of("collective/all_reduce", settings),
                           solo.context);
  };
  EXPECT_THROW(make({}), Unsupported);
  EXPECT_THROW(make({{"graph", "graph"}}), Unsupported);
  EXPECT_THROW(make({{"registration", "user_buffer"}}), Unsupported);
}

struct GroupRow {
  std::string group;
  std::int64_t nodes;
  int ranks, per_node, passed, idle;  ///< verdicts of one round
};

class CollectiveGroups : public testing::TestWithParam<GroupRow> {};

TEST_P(CollectiveGroups, RanksWorkWithThoseOfTheirGroupOnly) {
  auto const& row = GetParam();
  test::ThreadGroup ranks(row.ranks, row.per_node);
  auto const result = outcome(ranks, Operation::all_reduce,
                              {{"group", row.group}, {"nodes", row.nodes}, {"bytes", std::int64_t{1024}}});
  EXPECT_EQ(result.passed, 2 * row.passed) << (result.details.empty() ? "" : result.details.front());
  EXPECT_EQ(result.idle, 2 * row.idle);
}

INSTANTIATE_TEST_SUITE_P(Kinds, CollectiveGroups,
                         testing::Values(GroupRow{"world", 0, 6, 2, 6, 0}, GroupRow{"world", 2, 6, 2, 4, 2},
                                         GroupRow{"node", 0, 6, 2, 6, 0}, GroupRow{"rail", 0, 6, 2, 6, 0},
                                         GroupRow{"pair", 0, 6, 2, 4, 2}, GroupRow{"random", 0, 6, 2, 4, 2},
                                         GroupRow{"random", 0, 8, 2, 8, 0}),
                         [](auto const& row) {
                           return row.param.group + std::to_string(row.param.nodes) + "of" +
                                  std::to_string(row.param.ranks);
                         });

TEST(CollectiveGroupsFaults, GroupsOfOneRankAndMissingNodesAreUnsupported) {
  test::ThreadGroup alone(2, 1);
  EXPECT_THROW(outcome(alone, Operation::all_reduce, {{"group", "node"}}), Unsupported);
  test::ThreadGroup few(4, 2);
  EXPECT_THROW(outcome(few, Operation::all_reduce, {{"nodes", std::int64_t{3}}}), Unsupported);
}

TEST(CollectiveGroupsFaults, AFaultNamesTheWorldsRanks) {
  test::ThreadGroup ranks(4, 2);
  std::vector<std::string> details;
  std::mutex mutex;
  ranks.run([&](Group& group) {
    HostDevice device({});
    Context context{.device = device, .group = group, .seed = 5};
    auto const params =
        test::params_of("collective/all_gather", {{"group", "rail"}, {"bytes", std::int64_t{1024}}});
    auto const instance = test::make_case("collective/all_gather", params, context);
    for (auto const& [fact, text] : instance->facts()) {
      std::lock_guard const lock(mutex);
      if (fact == "group") details.push_back(text);
    }
  });
  std::ranges::sort(details);
  EXPECT_EQ(details, (std::vector<std::string>{"rail 0: 2 ranks (0 2)", "rail 0: 2 ranks (0 2)",
                                               "rail 1: 2 ranks (1 3)", "rail 1: 2 ranks (1 3)"}));
}

TEST(CollectiveMembers, RandomPairsMeetEveryNodeOnceAndFollowTheSeed) {
  for (int const nodes : {2, 5, 90}) {
    auto const groups = random_pairs(nodes, 3);
    std::vector<int> sizes(static_cast<std::size_t>(nodes / 2));
    int alone = 0;
    for (int const number : groups) {
      if (number < 0) {
        ++alone;
      } else {
        ++sizes.at(static_cast<std::size_t>(number));
      }
    }
    EXPECT_EQ(alone, nodes % 2);
    for (int const size : sizes) EXPECT_EQ(size, 2);
    EXPECT_EQ(groups, random_pairs(nodes, 3));
  }
  EXPECT_NE(random_pairs(90, 3), random_pairs(90, 4));
}

}  // namespace
}  // namespace muster
