#include "kernels/contract/params.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

namespace muster {
namespace {

using Kind = ParamSpec::Kind;

ParamSpec const type{.name = "type",
                     .kind = Kind::choice,
                     .unit = "",
                     .fallback = "bf16",
                     .help = "",
                     .choices = {"bf16", "fp32"}};
ParamSpec const m{.name = "m",
                  .kind = Kind::integer,
                  .unit = "",
                  .fallback = std::int64_t{8},
                  .help = "",
                  .low = 1,
                  .high = 1 << 20};
ParamSpec const bytes{
    .name = "bytes", .kind = Kind::bytes, .unit = "B", .fallback = std::int64_t{8}, .help = "", .low = 8};
ParamSpec const share{
    .name = "share", .kind = Kind::real, .unit = "", .fallback = 0.5, .help = "", .low = 0, .high = 1};
ParamSpec const most{
    .name = "most", .kind = Kind::real, .unit = "s", .fallback = 0.5, .help = "", .high = 2.5};
ParamSpec const note{.name = "note",
                     .kind = Kind::text,
                     .unit = "",
                     .fallback = "",
                     .help = "",
                     .naming = ParamSpec::Naming::never};

TEST(CaseName, IsTheWorkloadThenItsParametersAsDeclared) {
  std::vector<ParamSpec> const specs{type, m, share, note};
  Params params = defaults(specs);
  EXPECT_EQ(case_name("gemm", specs, params), "gemm/bf16/m:8/share:0.5");
  params.set("m", std::int64_t{8192});
  params.set("type", "fp32");
  params.set("note", "not shown");
  EXPECT_EQ(case_name("gemm", specs, params), "gemm/fp32/m:8192/share:0.5");
  EXPECT_EQ(case_name("bare", {}, {}), "bare");
}

TEST(CaseName, TellsOfAMissingParameter) { EXPECT_THROW(case_name("gemm", {m}, {}), std::out_of_range); }

TEST(ParamFault, IsEmptyForWhatIsAllowed) {
  EXPECT_EQ(fault(type, "fp32"), "");
  EXPECT_EQ(fault(m, std::int64_t{1}), "");
  EXPECT_EQ(fault(m, std::int64_t{1 << 20}), "");
  EXPECT_EQ(fault(bytes, std::numeric_limits<std::int64_t>::max()), "");
  EXPECT_EQ(fault(share, 1.0), "");
  EXPECT_EQ(fault(share, std::int64_t{1}), "") << "a whole number is a number";
  EXPECT_EQ(fault(most, -1e300), "");
  EXPECT_EQ(fault(note, "anything"), "");
}

TEST(ParamFault, SaysWhatIsAllowed) {
  EXPECT_EQ(fault(type, "fp8"), "parameter 'type' = fp8 is not known (use one of: bf16, fp32)");
  EXPECT_EQ(fault(m, std::int64_t{0}), "parameter 'm' = 0 is out of range (use a value from 1 to 1048576)");
  EXPECT_EQ(fault(m, std::int64_t{1'048'577}),
            "parameter 'm' = 1048577 is out of range (use a value from 1 to 1048576)");
  EXPECT_EQ(fault(bytes, std::int64_t{7}),
            "parameter 'bytes' = 7 is out of range (use a value at least 8 B)");
  EXPECT_EQ(fault(most, 3.0), "parameter 'most' = 3 is out of range (use a value at most 2.5 s)");
  EXPECT_NE(fault(share, std::nan("")), "") << "no number is in no range";
  EXPECT_NE(fault(share, std::numeric_limits<double>::infinity()), "");
}

TEST(ParamFault, SaysWhichTypeIsWanted) {
  EXPECT_EQ(fault(m, "8"), "parameter 'm' = 8 is not a whole number");
  EXPECT_EQ(fault(m, 8.5), "parameter 'm' = 8.5 is not a whole number");
  EXPECT_EQ(fault(bytes, "lots"),
            "parameter 'bytes' = lots is not a number of bytes (such as 1048576 or \"1MiB\")");
  EXPECT_EQ(fault(share, "half"), "parameter 'share' = half is not a number");
  EXPECT_EQ(fault(type, std::int64_t{32}), "parameter 'type' = 32 is not a name");
  EXPECT_EQ(fault(note, std::int64_t{32}), "parameter 'note' = 32 is not text");
}

TEST(ParamSet, KeepsItsOrderAndReplacesInPlace) {
  Params params;
  params.set("b", std::int64_t{1});
  params.set("a", 2.5);
  params.set("b", std::int64_t{3});
  EXPECT_EQ(params.all(), (std::vector<std::pair<std::string, Value>>{{"b", std::int64_t{3}}, {"a", 2.5}}));
  EXPECT_EQ(params.integer("b"), 3);
  EXPECT_EQ(params.real("a"), 2.5);
  EXPECT_EQ(params.real("b"), 3.0);
  EXPECT_TRUE(params.has("a"));
  EXPECT_FALSE(params.has("c"));
}

TEST(ParamSet, NamesWhatIsMissing) {
  try {
    Params{}.at("depth");
    FAIL() << "found a parameter in an empty set";
  } catch (std::out_of_range const& error) {
    EXPECT_STREQ(error.what(), "no parameter 'depth'");
  }
}

TEST(ParamText, IsShortAndReadsBackExactly) {
  EXPECT_EQ(to_string(Value{std::int64_t{-5}}), "-5");
  EXPECT_EQ(to_string(Value{0.1}), "0.1");
  EXPECT_EQ(to_string(Value{1e300}), "1e+300");
  EXPECT_EQ(to_string(Value{-2.2250738585072014e-308}), "-2.2250738585072014e-308");
  EXPECT_EQ(to_string(Value{"bf16"}), "bf16");
}

}  // namespace
}  // namespace muster
