// The link search among GPUs, each rank a process of its own, through the stand-in NCCL.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/standin/process_group.hpp"
#include "tests/standin/support.hpp"

namespace muster::standin {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// Set-up, two checks with samples between them; "ok" or why not, then what the rank says of itself.
std::string rank(Group& group, double margin) {
  auto const backend = open_backend("cuda");
  auto const device = backend->open({.device = group.rank(), .cpus = {}});
  Context context{.device = *device, .group = group, .seed = 3, .data = {}, .cache = cache_folder()};
  std::string result = "ok";
  {
    auto const params = params_of("collective/links", {{"bytes", std::int64_t{30'000}}, {"margin", margin}});
    auto const instance = backend->maker("collective/links")(params, context);
    for (int round = 0; round < 2; ++round) {
      auto const verdict = instance->verify();
      if (!verdict.ok()) result = "wrong: " + verdict.detail;  // and goes on: the other ranks do, too
      for (int sample = 0; round == 0 && sample < 3; ++sample) {
        instance->reset();
        instance->launch();
        instance->launch();
        device->wait();
      }
    }
    for (auto const& [name, value] : instance->facts()) result += fmt::format("; {}={}", name, value);
    for (auto const& figure : instance->figures())
      result += fmt::format("; {}={:g}", figure.name, figure.value);
    for (auto const& matrix : instance->matrices()) result += fmt::format("; {} rows", matrix.rows.size());
  }
  device->let_go();
  return result;
}

/// How fast processes that share a few cores are says nothing, so the margin is wide unless a test plants
/// delays.
std::vector<std::string> search(int ranks, double margin = 0.99) {
  return run_ranks(ranks, [margin](Group& group) { return rank(group, margin); });
}

class NcclLinks : public testing::Test {
 protected:
  Environment machine_{{"MUSTER_STANDIN_GPUS", "8"}, {"MUSTER_NCCL_TIMEOUT", "2"}};
};

TEST_F(NcclLinks, EveryPairIsMeasuredCheckedAndTold) {
  for (int const ranks : {2, 3, 4}) {
    auto const results = search(ranks);
    EXPECT_THAT(results, Each(StartsWith("ok")));
    EXPECT_THAT(results[0], AllOf(HasSubstr(fmt::format("pairs_measured={}", ranks * (ranks - 1) / 2)),
                                  HasSubstr(fmt::format("{} rows", ranks)), HasSubstr("slowest pair=rank ")));
  }
}

TEST_F(NcclLinks, AWrongExchangeOfTheSearchFailsOnItsRankAndNamesBoth) {
  Fail const fault("ncclRecv@2:1+:wrong");
  auto const results = search(3);
  EXPECT_THAT(results[2], AllOf(StartsWith("wrong: "), HasSubstr("in the search, rank 2: "),
                                ::testing::ContainsRegex("that came from rank [01]")));
  EXPECT_THAT(results[0], StartsWith("ok"));
  EXPECT_THAT(results[1], StartsWith("ok"));
}

TEST_F(NcclLinks, AGpuThatIsSlowWithEveryPartnerIsNamed) {
  Fail const fault("ncclSend@2:*:delay=200,ncclSend:*:delay=10");
  EXPECT_THAT(search(4, 0.5)[0], HasSubstr("links=rank 2 is slow with every partner, healthy ones too"));
}

}  // namespace
}  // namespace muster::standin
