// Slurm's lists of host names, friendly and hostile.
#include "harness/launch/hostlist.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "harness/core/error.hpp"

namespace muster {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string refusal(std::string const& list) {
  try {
    expand_host_list(list);
  } catch (Error const& error) {
    EXPECT_EQ(error.exit_code, ExitCode::usage);
    return error.what();
  }
  return "";
}

TEST(HostList, IsExpandedInItsOrder) {
  EXPECT_THAT(expand_host_list("login"), ElementsAre("login"));
  EXPECT_THAT(expand_host_list("b,a,b"), ElementsAre("b", "a", "b"));
  EXPECT_THAT(expand_host_list("node[1-3,7]"), ElementsAre("node1", "node2", "node3", "node7"));
  EXPECT_THAT(expand_host_list("n[7,1-2],x"), ElementsAre("n7", "n1", "n2", "x"));
  EXPECT_THAT(expand_host_list("[1-2]"), ElementsAre("1", "2"));
}

TEST(HostList, NumbersKeepTheWidthOfTheFirst) {
  EXPECT_THAT(expand_host_list("n[08-11]"), ElementsAre("n08", "n09", "n10", "n11"));
  EXPECT_THAT(expand_host_list("n[9-11]"), ElementsAre("n9", "n10", "n11"));
  EXPECT_THAT(expand_host_list("n[099-100,5]"), ElementsAre("n099", "n100", "n5"));
}

TEST(HostList, HasSeveralBracketsAndTextBehind) {
  EXPECT_THAT(expand_host_list("rack[1-2]n[01-02]-ib"),
              ElementsAre("rack1n01-ib", "rack1n02-ib", "rack2n01-ib", "rack2n02-ib"));
  EXPECT_THAT(expand_host_list("a[1-2].cluster,b"), ElementsAre("a1.cluster", "a2.cluster", "b"));
  EXPECT_THAT(expand_host_list("x[1-2][3-4]"), ElementsAre("x13", "x14", "x23", "x24"));
}

TEST(HostList, OfAWholeClusterIsThere) {
  auto const names = expand_host_list("dgx[001-720]");
  ASSERT_EQ(names.size(), 720u);
  EXPECT_EQ(names.back(), "dgx720");
  EXPECT_EQ(expand_host_list("n[1-100000]").size(), most_hosts);
}

TEST(HostList, ThatIsNoneIsRefusedWithItsReason) {
  std::pair<char const*, char const*> const bad[]{
      {"", "it is empty"},
      {"a,,b", "a name in it is empty"},
      {"a,", "a name in it is empty"},
      {",a", "a name in it is empty"},
      {"n[1-3", "a '[' without its ']'"},
      {"n1-3]", "a ']' without its '[', character 5"},
      {"n[1-[2]]", "a '[' inside brackets, character 5"},
      {"n[]", "'' is no range"},
      {"n[1,]", "'' is no range"},
      {"n[-3]", "'-3' is no range"},
      {"n[1-]", "'1-' is no range"},
      {"n[1-2-3]", "'1-2-3' is no range"},
      {"n[a-c]", "'a-c' is no range"},
      {"n[1 -2]", "'1 -2' is no range"},
      {"n[1-2:2]", "is no range"},
      {"n[0x1]", "is no range"},
      {"n[3-1]", "runs backwards"},
      {"n[1-9999999999]", "is no range of numbers up to 9 digits"},
      {"n[18446744073709551616]", "is no range"}};
  for (auto const& [list, why] : bad) EXPECT_THAT(refusal(list), HasSubstr(why)) << list;
  EXPECT_THAT(refusal("n[1-3"), HasSubstr("write it as Slurm does"));
}

TEST(HostList, TooLongIsRefusedBeforeItIsMade) {
  for (std::string const list :
       {"n[0-100000]", "n[0-999999999]", "a[1-400]b[1-400]", "a[1-100000],b",
        "n[0-999999999,0-999999999,0-999999999]", "a[0-99999][0-99999][0-99999][0-99999]",
        "a[0-999999999]b[0-999999999]c[0-999999999]d[0-999999999]"})
    EXPECT_THAT(refusal(list), HasSubstr("more than 100000 names")) << list;
  EXPECT_THAT(refusal(std::string(5 << 20, 'a')), HasSubstr("longer than"));
  EXPECT_THAT(refusal(std::string(254, 'a')), HasSubstr("no host name"));
  EXPECT_EQ(refusal(std::string(253, 'a')), "");
}

TEST(HostList, LetsNoHostileNameThrough) {
  for (std::string const name : {"-oProxyCommand=x",
                                 "--nodelist=x",
                                 "a b",
                                 "a;b",
                                 "$(reboot)",
                                 "`reboot`",
                                 "a\nb",
                                 "a\n#SBATCH --wrap=x",
                                 "a'b",
                                 "a\"b",
                                 "a\\b",
                                 "a/b",
                                 "../a",
                                 "/etc/passwd",
                                 ".",
                                 "..",
                                 "_a",
                                 "a|b",
                                 "a&b",
                                 "a>b",
                                 "a*",
                                 "a?",
                                 "a{1,2}",
                                 "~root",
                                 "a%n",
                                 "a!b",
                                 "a#b",
                                 "a=b",
                                 "a:8",
                                 "a@b",
                                 "a^b",
                                 "a(x2)",
                                 "\t",
                                 " ",
                                 "a\x1b[31m",
                                 "n\xc3\xb6"}) {
    EXPECT_NE(refusal(name), "") << name;
    EXPECT_NE(refusal("ok," + name), "") << name;
    EXPECT_FALSE(is_host_name(name)) << name;
  }
  EXPECT_FALSE(is_host_name(std::string("a\0b", 3)));
  EXPECT_NE(refusal(std::string("a\0b", 3)), "");
}

TEST(HostList, InMessagesHasNoControlCharacters) {
  auto const text = refusal("a\x1b[31m\n" + std::string(500, 'x') + ",]");
  EXPECT_TRUE(std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; })) << text;
  EXPECT_LT(text.size(), 300u);
}

TEST(HostList, IsCompressed) {
  auto const pressed = [](std::vector<std::string> const& names) { return compress_host_list(names); };
  EXPECT_EQ(pressed({}), "");
  EXPECT_EQ(pressed({"n1"}), "n1");
  EXPECT_EQ(pressed({"n1", "n2", "n3", "n7"}), "n[1-3,7]");
  EXPECT_EQ(pressed({"n08", "n09", "n10"}), "n[08-10]");
  EXPECT_EQ(pressed({"n8", "n9", "n10"}), "n[8-10]");
  EXPECT_EQ(pressed({"n9", "n010"}), "n[9,010]");
  EXPECT_EQ(pressed({"n2", "n1", "login", "n3"}), "n[2,1],login,n3");
  EXPECT_EQ(pressed({"n1-ib0", "n2-ib0", "n3-ib0"}), "n[1-3]-ib0");
  EXPECT_EQ(pressed({"r1n1", "r1n2", "r2n1", "r2n2"}), "r1n[1-2],r2n[1-2]");
  EXPECT_EQ(pressed({"n1", "n1"}), "n[1,1]");
  EXPECT_EQ(pressed({"a", "b"}), "a,b");
  EXPECT_EQ(pressed({"n12345678901", "n12345678902"}), "n12345678901,n12345678902");
  EXPECT_EQ(compress_host_list(expand_host_list("dgx[001-720]")), "dgx[001-720]");
}

/// Names as clusters have them, and stranger ones.
std::string some_name(std::mt19937& random) {
  auto const pick = [&](auto const& list) { return std::string(list[random() % std::size(list)]); };
  char const* const stems[]{"n", "node", "r1-c", "9", "a.b", "gpu-a100-"};
  char const* const numbers[]{"", "0", "1", "2", "09", "10", "11", "099", "100", "123456789", "1234567890"};
  char const* const ends[]{"", "", "", "-ib", ".cluster", "x1", "0"};
  return pick(stems) + pick(numbers) + pick(ends);
}

TEST(HostList, GoesThereAndBack) {
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::string> names;
    for (auto left = 1 + random() % 12; left > 0; --left) names.push_back(some_name(random));
    auto const list = compress_host_list(names);
    ASSERT_EQ(expand_host_list(list), names) << list;
  }
}

/// Whatever comes in: names that are names, in bounds, or a refusal; and what was read is read the same when
/// written.
TEST(HostList, StandsRandomInput) {
  std::mt19937 random(11);
  constexpr std::string_view alphabet = "[[]],,--0123456789n.x_ \n$\x1b";
  int read = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string list;
    for (auto left = random() % 14; left > 0; --left) list += alphabet[random() % alphabet.size()];
    std::vector<std::string> names;
    try {
      names = expand_host_list(list);
    } catch (Error const&) {
      continue;
    }
    ++read;
    ASSERT_LE(names.size(), most_hosts);
    ASSERT_FALSE(names.empty());
    if (names.size() > 1000) continue;  // said often enough by shorter ones
    for (auto const& name : names) ASSERT_TRUE(is_host_name(name)) << list;
    ASSERT_EQ(expand_host_list(compress_host_list(names)), names) << list;
  }
  EXPECT_GT(read, 100);
}

}  // namespace
}  // namespace muster
