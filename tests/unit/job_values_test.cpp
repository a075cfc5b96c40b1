#include "harness/core/job_values.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <tuple>
#include <vector>

namespace muster {
namespace {

using ::testing::HasSubstr;

struct Good {
  JobValue kind;
  std::vector<std::string> texts;
};

TEST(JobValues, WhatSitesReallyWriteIsPossible) {
  std::vector<Good> const all{
      {JobValue::name, {"gpu", "a100-80g", "nvr_llm.res", "9lives", "a+b", std::string(64, 'a')}},
      {JobValue::names, {"gpu", "gpu,batch", "maint_1,maint_2"}},
      {JobValue::constraint, {"a100", "a100&ib", "[rack1|rack2]", "(a100|h100)&ib", "rack1*4"}},
      {JobValue::node_list, {"n1", "gpu[001-090,100],login1", "rack[1-2]n[01-16]", "a.b-c"}},
      {JobValue::memory, {"0", "200G", "64000", "1T"}},
      {JobValue::path, {"/", "/home/user/results/2026-11-22T21-40-05Z", "/a/...b", "/a/./b", "/a@b/c+d=e"}},
      {JobValue::module, {"openmpi/4.1.4", "cuda", "nvhpc-hpcx/24.3"}},
      {JobValue::image,
       {"/images/a.sqsh", "nvcr.io#nvidia/pytorch:24.03-py3", "docker://ubuntu:22.04", "user@host#a/b"}},
      {JobValue::mount, {"/data:/data", "/data:/mnt/data:ro", "/a:/b:ro+rbind"}},
      {JobValue::variable, {"NCCL_IB_HCA", "_x", "a1", "SLURMX", "MY_SLURM_X"}}};
  for (auto const& [kind, texts] : all) {
    for (auto const& text : texts) EXPECT_EQ(objection(kind, text), std::nullopt) << text;
  }
}

constexpr std::array every_kind{
    JobValue::name, JobValue::names,  JobValue::constraint, JobValue::node_list, JobValue::memory,
    JobValue::path, JobValue::module, JobValue::image,      JobValue::mount,     JobValue::variable};

/// One that each kind allows, to put something into.
std::string plain(JobValue kind) {
  switch (kind) {
    case JobValue::path:
      return "/ab";
    case JobValue::mount:
      return "/ab:/cd";
    case JobValue::memory:
      return "20";
    default:
      return "ab";
  }
}

TEST(JobValues, NoKindHasACharacterThatAShellOrSlurmKnows) {
  for (auto const kind : every_kind) {
    ASSERT_EQ(objection(kind, plain(kind)), std::nullopt);
    for (int byte = 0; byte < 256; ++byte) {
      auto const c = static_cast<char>(byte);
      bool const harmful = byte < 0x21 || byte > 0x7e ||
                           std::string_view("\"'`$\\;<>{}?^~%!").find(c) != std::string_view::npos;
      if (!harmful) continue;
      auto const whole = plain(kind);
      for (auto const& text :
           {whole + c, std::string(1, c) + whole, whole.substr(0, 1) + c + whole.substr(1)})
        EXPECT_NE(objection(kind, text), std::nullopt)
            << "byte " << byte << " in kind " << static_cast<int>(kind);
    }
  }
}

/// Between features stand & | ( ) and *: they may be there, in a comment line that no shell obeys.
TEST(JobValues, OnlyConstraintsAndListsHaveOperators) {
  for (auto const kind : every_kind) {
    for (char const c : {'&', '|', '(', ')', '*'}) {
      bool const possible = !objection(kind, plain(kind) + c);
      EXPECT_EQ(possible, kind == JobValue::constraint) << c << static_cast<int>(kind);
    }
  }
}

TEST(JobValues, NoneStartsLikeAnOptionOrIsEmpty) {
  for (auto const kind : every_kind) {
    EXPECT_NE(objection(kind, ""), std::nullopt);
    EXPECT_NE(objection(kind, "-" + plain(kind)), std::nullopt);
    EXPECT_NE(objection(kind, "--" + plain(kind)), std::nullopt);
    EXPECT_NE(objection(kind, std::string(20'000, 'a')), std::nullopt);
  }
}

struct Bad {
  JobValue kind;
  std::string text, why;
};

TEST(JobValues, WhatIsWrongIsNamed) {
  std::vector<Bad> const all{
      {JobValue::name, "a\n#SBATCH --uid=0", "it holds a line break"},
      {JobValue::name, "a b", "it holds a blank"},
      {JobValue::name, "a;b", "it holds ';'"},
      {JobValue::name, "a\x1b[2J", "control character 0x1b"},
      {JobValue::name, "gr\xc3\xbc\xc3\x9f", "a character beyond ASCII"},
      {JobValue::name, "a,b", "it holds ','"},
      {JobValue::name, ".hidden", "it starts with '.'"},
      {JobValue::names, "a,,b", "a name between its commas is missing"},
      {JobValue::names, "a,-b", "a name between its commas is missing"},
      {JobValue::node_list, "n[1-2", "its brackets do not match"},
      {JobValue::node_list, "n1]", "its brackets do not match"},
      {JobValue::node_list, "n[[1]]", "its brackets do not match"},
      {JobValue::node_list, "n[a-b]", "no range of numbers"},
      {JobValue::node_list, "a,-b", "a name starts with -"},
      {JobValue::node_list, "/etc/passwd", "it holds '/'"},  // which Slurm would read as a file's name
      {JobValue::memory, "G", "no amount of memory"},
      {JobValue::memory, "1GB", "no amount of memory"},
      {JobValue::path, "a/b", "it does not start at /"},
      {JobValue::path, "/a/../b", "it holds a step upwards"},
      {JobValue::path, "/a/..", "it holds a step upwards"},
      {JobValue::path, "/a/" + std::string(256, 'b'), "a name in it has more than 255 characters"},
      {JobValue::path, "/a,b", "it holds ','"},
      {JobValue::path, "/slurm-%j", "it holds '%'"},
      {JobValue::module, "a/../b", "it holds a step upwards"},
      {JobValue::image, "../a.sif", "it starts with '.'"},
      {JobValue::image, "a,b", "it holds ','"},
      {JobValue::mount, "/a", "not two paths"},
      {JobValue::mount, "/a:b", "it does not start at /"},
      {JobValue::mount, "/a:/../b", "it holds a step upwards"},
      {JobValue::mount, "/a:/b:", "its flags are no words"},
      {JobValue::mount, "/a:/b:ro:rw", "not two paths"},
      {JobValue::variable, "1A", "it starts with a digit"},
      {JobValue::variable, "A=B", "it holds '='"},
      {JobValue::variable, "SLURM_JOB_ID", "Slurm sets its own"},
      {JobValue::variable, "SBATCH_PARTITION", "Slurm sets its own"}};
  for (auto const& [kind, text, why] : all) {
    auto const fault = objection(kind, text);
    ASSERT_NE(fault, std::nullopt) << text;
    EXPECT_THAT(*fault, HasSubstr(why));
    EXPECT_THAT(*fault, HasSubstr(") use "));
  }
}

TEST(FreeText, IsWhatJsonKeepsAndAProcessCanHave) {
  for (std::string const text : {"", "a b\nc", "$(x) `y` #SBATCH", "Gr\xc3\xbc\xc3\x9f\x65",
                                 "\xf0\x9f\x98\x80", "\xe2\x80\xa8", "\x1b[2J"})
    EXPECT_EQ(free_text_objection(text), std::nullopt) << text;
  for (std::string const text : {"\xff", "a\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80",
                                 "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc3(", "\x80"})
    EXPECT_THAT(free_text_objection(text).value_or(""), HasSubstr("not UTF-8"));
  EXPECT_THAT(free_text_objection(std::string("a\0b", 3)).value_or(""), HasSubstr("zero byte"));
  EXPECT_THAT(free_text_objection(std::string(16385, 'a')).value_or(""), HasSubstr("16385 bytes"));
  EXPECT_EQ(free_text_objection(std::string(16384, 'a')), std::nullopt);
}

TEST(InQuotes, NothingThatATerminalObeysAndNoEndlessText) {
  EXPECT_EQ(in_quotes("a b"), "'a b'");
  EXPECT_EQ(in_quotes("a\n\x1b[31mb\xc2\x9b"),
            "'a?"
            "?[31mb?"
            "?'");
  EXPECT_EQ(in_quotes(std::string(61, 'x')), "'" + std::string(60, 'x') + "...'");
}

TEST(JobTime, IsReadWithAUnitOrAsSlurmWritesIt) {
  EXPECT_EQ(parse_job_time("90m"), 5400);
  EXPECT_EQ(parse_job_time("1.5h"), 5400);
  EXPECT_EQ(parse_job_time("00:30:00"), 1800);
  EXPECT_EQ(parse_job_time("1-12:00:00"), 129600);
  EXPECT_EQ(parse_job_time("100:00:01"), 360001);
  for (auto const* text : {"", "90", "1.5", "30:00", "1:60:00", "1:00:60", "1-2", "-1:00:00", "a-1:00:00",
                           "1:2:3:4", "2 hours", "1h\n#SBATCH", "99999-00:00:00", "h", "-1h", "$(x)"})
    EXPECT_EQ(parse_job_time(text), std::nullopt) << text;
}

TEST(JobTime, IsWrittenInWholeMinutesRoundedUp) {
  EXPECT_EQ(slurm_time(60), "00:01:00");
  EXPECT_EQ(slurm_time(61), "00:02:00");
  EXPECT_EQ(slurm_time(7500), "02:05:00");
  EXPECT_EQ(slurm_time(86399), "1-00:00:00");
  EXPECT_EQ(slurm_time(129600), "1-12:00:00");
  for (double const seconds : {60.0, 3600.0, 86400.0, 1e6 * 60 - 40})
    EXPECT_NEAR(parse_job_time(slurm_time(seconds)).value_or(0), seconds, 60);
}

}  // namespace
}  // namespace muster
