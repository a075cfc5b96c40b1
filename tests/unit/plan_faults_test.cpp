// What is said of a suite that is not sound: everything at once, each with its line.
#include <gmock/gmock.h>

#include "plan_fixture.hpp"

namespace muster {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

using PlanFaults = PlanFixture;

TEST_F(PlanFaults, AreAllReportedAtOnceInTheOrderOfTheFile) {
  std::string const text =
      "naem = 'x'\n"                    // 1
      "launches = 0\n"                  // 2
      "sampling = 'soon'\n"             // 3
      "[[case]]\n"                      // 4
      "workload = 'prodcut'\n"          // 5
      "[[case]]\n"                      // 6
      "workload = 'product'\n"          // 7
      "ranks = 'some'\n"                // 8
      "params.q = 3\n"                  // 9
      "params.m = [4, 0, 2000000]\n"    // 10
      "params.n = 'many'\n"             // 11
      "params.type = 'half'\n"          // 12
      "[[case]]\n"                      // 13
      "workload = 'together/sum'\n"     // 14
      "backend = 'gpu'\n"               // 15
      "ranks = 1\n"                     // 16
      "params.bytes = '12 furlongs'\n"  // 17
      "m = 3\n";                        // 18
  auto const message = fault_of(text);
  EXPECT_EQ(
      message,
      "suite.toml:1: unknown key 'naem' in the suite (did you mean 'name'? there are: name, summary, "
      "launches, sampling, "
      "deadline, operation_deadline, soak, alone, case, phase) remove or correct it\n"
      "suite.toml:2: launches = 0 is not possible (use a whole number from 1 to 10000)\n"
      "suite.toml:3: sampling = 'soon' is not possible (use a time above 0 such as \"500ms\", \"1s\" or "
      "\"2m\")\n"
      "suite.toml:5: unknown workload 'prodcut' (did you mean 'product'? there are: product, together/sum)\n"
      "suite.toml:8: ranks = 'some' is not possible (use \"one\", \"each\", \"all\" or a whole number from "
      "1)\n"
      "suite.toml:9: product has no parameter 'q' (did you mean 'm'? there are: type, m, n)\n"
      "suite.toml:10: parameter 'm' = 0 is out of range (use a value from 1 to 1000000)\n"
      "suite.toml:10: parameter 'm' = 2000000 is out of range (use a value from 1 to 1000000)\n"
      "suite.toml:11: parameter 'n' = many is not a whole number\n"
      "suite.toml:12: parameter 'type' = half is not known (use one of: single, double)\n"
      "suite.toml:15: unknown backend 'gpu' (there are: cuda, host)\n"
      "suite.toml:16: together/sum cannot run with 1 rank (it needs at least 2) raise the number, or write "
      "ranks = "
      "\"all\"\n"
      "suite.toml:17: parameter 'bytes' = 12 furlongs is not a number of bytes (such as 1048576 or "
      "\"1MiB\")\n"
      "suite.toml:18: unknown key 'm' in a case (there are: workload, backend, ranks, sampling, deadline, "
      "operation_deadline, soak, "
      "alone, model, pass, params) "
      "remove it; a parameter of the workload is written params.NAME = value");
}

TEST_F(PlanFaults, NameTheLineOfASyntaxError) {
  EXPECT_THAT(fault_of("name = 'x'\n[[case]\n"), StartsWith("suite.toml:2: not valid TOML ("));
  EXPECT_THAT(fault_of("name = 'x'\nname = 'y'\n"), StartsWith("suite.toml:2: not valid TOML ("));
  EXPECT_THAT(fault_of("name = '\xff\xfe'\n"), StartsWith("suite.toml:1: not valid TOML ("));
}

TEST_F(PlanFaults, SayWhenAFileCannotBeRead) {
  for (auto const& path : {folder_ / "absent.toml", folder_}) {
    EXPECT_THROW(
        {
          try {
            make_plan(path, registry_, machine_, options_);
          } catch (Error const& error) {
            EXPECT_THAT(error.what(), HasSubstr("cannot read the suite " + path.string()));
            throw;
          }
        },
        Error);
  }
}

TEST_F(PlanFaults, RefuseAnEmptySuite) {
  EXPECT_THAT(fault_of(""), StartsWith("suite.toml: the suite is empty"));
  EXPECT_THAT(fault_of("name = 'x'\ncase = []\n"), HasSubstr("the suite is empty"));
  EXPECT_THAT(fault_of("[case]\nworkload = 'product'\n"), StartsWith("suite.toml:1: case is a table"));
  EXPECT_THAT(fault_of("case = [1]\n"), HasSubstr("an item of case is a whole number"));
  EXPECT_THAT(fault_of("[[case]]\n"), StartsWith("suite.toml:1: a case names no workload"));
  EXPECT_THAT(fault_of("[[case]]\nworkload = ''\n"), StartsWith("suite.toml:2: the workload has no name"));
}

TEST_F(PlanFaults, RefuseValuesOfTheWrongType) {
  std::string const head = "[[case]]\nworkload = 'product'\n";
  EXPECT_EQ(fault_of("launches = 1.5\n" + head),
            "suite.toml:1: launches = 1.5 is not possible (use a whole number from 1 to 10000)");
  EXPECT_THAT(fault_of("launches = true\n" + head),
              HasSubstr("launches = true is the wrong type, true or false"));
  EXPECT_THAT(fault_of("name = 3\n" + head), HasSubstr("name = 3 is not possible (use text in quotes)"));
  EXPECT_THAT(fault_of("[[case]]\nworkload = 3\n"), HasSubstr("workload = 3 is not possible"));
  EXPECT_THAT(fault_of(head + "params = 3\n"), HasSubstr("params = 3 is not possible"));
  EXPECT_THAT(fault_of(head + "params = [1]\n"), HasSubstr("an item of params is a whole number"));
  EXPECT_THAT(fault_of(head + "params.m = true\n"), HasSubstr("parameter 'm' is true or false"));
  EXPECT_THAT(fault_of(head + "params.m = [[1]]\n"), HasSubstr("parameter 'm' is an array"));
  EXPECT_THAT(fault_of(head + "params.m = 1979-05-27\n"), HasSubstr("parameter 'm' is a date or time"));
  EXPECT_THAT(fault_of(head + "params.m = []\n"), HasSubstr("parameter 'm' has an empty sweep"));
  EXPECT_EQ(fault_of(head + "params.m = 2.0\n"),
            "suite.toml:3: parameter 'm' = 2 has a decimal point (it takes whole numbers) write it without");
  EXPECT_THAT(fault_of("[[case]]\nworkload = 'together/sum'\nparams.scale = inf\n"),
              HasSubstr("is not finite"));
  EXPECT_THAT(fault_of("[[case]]\nworkload = 'together/sum'\nparams.scale = nan\n"),
              HasSubstr("is not finite"));
}

TEST_F(PlanFaults, RefuseTimesThatCannotBe) {
  std::string const head = "[[case]]\nworkload = 'product'\n";
  for (auto const* bad : {"0", "-1", "'0s'", "'-1s'", "nan", "inf", "true", "[1]", "'1 day'"}) {
    EXPECT_THAT(fault_of(head + "sampling = " + bad + "\n"), StartsWith("suite.toml:3: sampling = ")) << bad;
    EXPECT_THAT(fault_of(head + "deadline = " + bad + "\n"), StartsWith("suite.toml:3: deadline = ")) << bad;
  }
  EXPECT_THAT(fault_of("sampling = '2s'\ndeadline = '2s'\n" + head),
              StartsWith("suite.toml:2: the deadline of 2.0 s leaves no time beyond 2.0 s of sampling"));
  EXPECT_THAT(fault_of("deadline = '60s'\n" + head + "sampling = '2m'\n"),
              StartsWith("suite.toml:4: the deadline of 1 min 00 s"));
  EXPECT_THAT(
      fault_of("operation_deadline = '60s'\n" + head),
      StartsWith(
          "suite.toml:1: the operation_deadline of 1 min 00 s is not below the deadline of 1 min 00 s"));
  EXPECT_THAT(fault_of("deadline = '2m'\n" + head + "operation_deadline = '3m'\n"),
              StartsWith("suite.toml:4: the operation_deadline of 3 min 00 s"));
}

TEST_F(PlanFaults, RefuseRanksThatCannotBe) {
  for (auto const* bad : {"0", "-2", "1.5", "'both'", "2000000", "true", "[2]"}) {
    EXPECT_THAT(fault_of(std::string("[[case]]\nworkload = 'product'\nranks = ") + bad + "\n"),
                StartsWith("suite.toml:3: ranks = "))
        << bad;
  }
  EXPECT_THAT(fault_of("[[case]]\nworkload = 'together/sum'\nranks = 'one'\n"),
              HasSubstr("it needs at least 2"));
}

TEST_F(PlanFaults, RefuseACaseThatIsThereTwice) {
  EXPECT_EQ(fault_of("[[case]]\nworkload = 'product'\n[[case]]\nworkload = 'product'\nparams.m = 16\n"),
            "suite.toml:5: product/single/m:16/n:16 is in the suite already, from line 1 (a case's name must "
            "be its own) "
            "remove one");
  EXPECT_THAT(fault_of("[[case]]\nworkload = 'product'\nparams.m = [2, 3, 2]\n"),
              HasSubstr("product/single/m:2/n:16 is in"));
  EXPECT_THAT(fault_of("[[case]]\nworkload = 'product'\nparams.m = [2, 3, 4]\n[[case]]\nworkload = "
                       "'product'\nparams.m = [4, 3]\n"),
              HasSubstr("product/single/m:4/n:16 (and 1 more) is in the suite already"));
}

TEST_F(PlanFaults, IncludeDuplicatesOnTheOtherBackend) {
  std::string const one = "[[case]]\nworkload = 'product'\n";
  EXPECT_THAT(fault_of(one + "backend = 'cuda'\n" + one + "backend = 'cuda'\n" + one + "params.m = 2\n"),
              HasSubstr("is in the suite already"));
  EXPECT_THAT(fault_of(one + one + "backend = 'cuda'\n"), HasSubstr("is in the suite already"));
}

TEST_F(PlanFaults, IncludeThoseOfEntriesForTheOtherBackend) {
  EXPECT_THAT(
      fault_of(
          "[[case]]\nworkload = 'product'\n[[case]]\nworkload = 'product'\nbackend = 'cuda'\nparams.m = 0\n"),
      HasSubstr("suite.toml:6: parameter 'm' = 0 is out of range"));
}

TEST_F(PlanFaults, IncludeWhatOnlySeveralParametersShow) {
  EXPECT_THAT(fault_of("[[case]]\nworkload = 'product'\nparams = {m = 13, n = [12, 13]}\n"),
              AllOf(HasSubstr("suite.toml:3: product/single/m:13/n:13: 13 x 13 brings bad luck"),
                    Not(HasSubstr("cases of"))));
  EXPECT_THAT(
      fault_of("[[case]]\nworkload = 'product'\nparams = {type = ['single', 'double'], m = 13, n = 13}\n"),
      MatchesRegex(".*bad luck; 2 cases of this sweep have faults"));
}

/// "first, first + 1, ..." as a TOML array.
std::string numbers(int first, int count) {
  std::string text = "[";
  for (int i = 0; i < count; ++i) text += std::to_string(first + i) + ",";
  return text + "]";
}

TEST_F(PlanFaults, StopASweepThatWouldNeverEnd) {
  std::string const head = "[[case]]\nworkload = 'product'\nparams.m = " + numbers(20, 400) + "\nparams.n = ";
  EXPECT_THAT(fault_of(head + numbers(20, 400) + "\n"),
              HasSubstr("suite.toml:3: this sweep makes more than 100000"));
  EXPECT_THAT(fault_of(head + numbers(20, 200) + "\n" + head + numbers(1000, 200) + "\n"),
              HasSubstr("suite.toml:7: from here on the suite has more than 100000 cases"));
}

TEST_F(PlanFaults, SayWhenNothingIsLeftForTheBackend) {
  EXPECT_THAT(fault_of("[[case]]\nworkload = 'product'\nbackend = 'cuda'\n"),
              HasSubstr("nothing to run on the host backend"));
}

}  // namespace
}  // namespace muster
