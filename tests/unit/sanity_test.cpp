#include "harness/run/sanity.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/core/error.hpp"
#include "harness/group/group.hpp"

namespace muster {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(World, OfAnotherSizeIsRefused) {
  EXPECT_NO_THROW(check_world(4, 4, "Open MPI v4.1.4"));
  EXPECT_NO_THROW(check_world(4, 0, "x")) << "nothing was planned";
  try {
    check_world(1, 4, "Open MPI v4.1.4");
    FAIL();
  } catch (Error const& error) {
    EXPECT_EQ(error.exit_code, ExitCode::infrastructure);
    EXPECT_THAT(error.what(), AllOf(HasSubstr("a world of 1 in place of 4"), HasSubstr("Open MPI v4.1.4")));
  }
}

Libraries with(std::string node, std::string nccl) {
  return {std::move(node), {{"MPI", "Open MPI v4.1.4"}, {"NCCL", std::move(nccl)}}};
}

TEST(Libraries, ThatDifferNameTheOddNode) {
  EXPECT_EQ(odd_library({with("a", "2.21.5"), with("a", "2.21.5"), with("b", "2.21.5")}), "");
  auto const text =
      odd_library({with("a", "2.21.5"), with("b", "2.21.5"), with("c", "2.18.3"), with("d", "2.21.5")});
  EXPECT_THAT(text, AllOf(HasSubstr("c has NCCL 2.18.3 where a has 2.21.5"), HasSubstr("rank 2 and rank 0")));
}

TEST(Libraries, OfTwoRanksThatDifferNameBoth) {
  auto const text = odd_library({with("a", "2.21.5"), with("b", "2.18.3")});
  EXPECT_THAT(text, AllOf(HasSubstr("a has"), HasSubstr("b has"), HasSubstr("NCCL")));
  EXPECT_THAT(odd_library({with("a", "2.18.3"), with("b", "2.21.5")}),
              AllOf(HasSubstr("a has"), HasSubstr("b has")));
}

TEST(Libraries, ThatARankDoesNotHaveAreNotCompared) {
  EXPECT_EQ(odd_library({with("a", "2.21.5"), {"b", {{"MPI", "Open MPI v4.1.4"}}}}), "");
}

TEST(Libraries, ComeBackFromText) {
  auto const back = libraries_from_text(to_text(with("a", "2.21.5 (x, y)")));
  EXPECT_EQ(back.node, "a");
  EXPECT_EQ(back.versions, with("a", "2.21.5 (x, y)").versions);
}

/// A group of which only the number of ranks on nodes is asked.
class Nodes : public Group {
 public:
  Nodes(int here, int elsewhere) : here_(here), elsewhere_(elsewhere) {}
  int rank() const override { return 0; }
  int size() const override { return here_ + elsewhere_; }
  int node_rank() const override { return 0; }
  int node_size() const override { return here_; }
  int node() const override { return 0; }
  int nodes() const override { return 2; }
  void barrier() override {}
  void max(std::span<double> values) override {
    values[0] = std::max(values[0], static_cast<double>(elsewhere_));
    values[1] = std::max(values[1], -static_cast<double>(elsewhere_));
  }
  void broadcast(std::span<std::byte>, int) override {}
  std::vector<std::string> gather(std::string_view) override { return {}; }
  std::vector<std::string> gather_node(std::string_view) override { return {}; }
  std::unique_ptr<Group> split(int) override { return nullptr; }
  void run(CollectiveCall const&) override {}

 private:
  int here_, elsewhere_;
};

TEST(RanksOfNodes, UnevenOnesAreAWarning) {
  Nodes even(8, 8), uneven(8, 7), other(7, 8);
  EXPECT_EQ(uneven_ranks(even), "");
  EXPECT_THAT(uneven_ranks(uneven), HasSubstr("uneven ranks per node, 7 to 8"));
  EXPECT_EQ(uneven_ranks(other), uneven_ranks(uneven)) << "the same on every node";
}

}  // namespace
}  // namespace muster
