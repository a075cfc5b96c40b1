#include "harness/core/quantities.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace muster {
namespace {

TEST(Human, GivesFourSignificantDigitsAndADecimalPrefix) {
  EXPECT_EQ(human(1.742e12, "B/s"), "1.742 TB/s");
  EXPECT_EQ(human(2.564e14, "FLOP/s"), "256.4 TFLOP/s");
  EXPECT_EQ(human(19.5e12, "FLOP/s"), "19.50 TFLOP/s");
  EXPECT_EQ(human(1.41e9, "Hz"), "1.410 GHz");
  EXPECT_EQ(human(5, "B"), "5.000 B");
  EXPECT_EQ(human(1e18, "FLOP/s"), "1.000 EFLOP/s");
}

TEST(Human, RoundsAcrossAPrefixBorder) {
  EXPECT_EQ(human(999.94, "B/s"), "999.9 B/s");
  EXPECT_EQ(human(999.96, "B/s"), "1.000 kB/s");
  EXPECT_EQ(human(999'949, "B/s"), "999.9 kB/s");
  EXPECT_EQ(human(999'951, "B/s"), "1.000 MB/s");
  EXPECT_EQ(human(9.9996e9, "B/s"), "10.00 GB/s");
}

TEST(Human, KeepsSignAndZero) {
  EXPECT_EQ(human(0, "B/s"), "0 B/s");
  EXPECT_EQ(human(-0.0, "B/s"), "0 B/s");
  EXPECT_EQ(human(-1.742e12, "B/s"), "-1.742 TB/s");
  EXPECT_EQ(human(-999.96, "FLOP/s"), "-1.000 kFLOP/s");
}

TEST(Human, UsesSmallPrefixesOnlyWhereTheyAreRead) {
  EXPECT_EQ(human(0.00085, "s"), "850.0 µs");
  EXPECT_EQ(human(0.0009999999, "s"), "1.000 ms");
  EXPECT_EQ(human(2.5e-9, "s"), "2.500 ns");
  EXPECT_EQ(human(0.25, "W"), "250.0 mW");
  EXPECT_EQ(human(0.5, "B/s"), "0.5 B/s");
}

TEST(Human, FallsBackToPowersOfTenBeyondThePrefixes) {
  EXPECT_EQ(human(9.999e26, "B/s"), "999.9 YB/s");
  EXPECT_EQ(human(1e30, "B/s"), "1e+30 B/s");
  EXPECT_EQ(human(1e-20, "s"), "1e-20 s");
  EXPECT_EQ(human(-1e30, "B/s"), "-1e+30 B/s");
}

TEST(Human, SeparatesThousandsOfUnitsWithoutPrefix) {
  EXPECT_EQ(human(18'940, "images/s"), "18,940 images/s");
  EXPECT_EQ(human(18'940.4, "images/s"), "18,940 images/s");
  EXPECT_EQ(human(1'234'567, ""), "1,234,567");
  EXPECT_EQ(human(-1'234'567, ""), "-1,234,567");
  EXPECT_EQ(human(100, ""), "100");
  EXPECT_EQ(human(-100, ""), "-100");
  EXPECT_EQ(human(0, "images/s"), "0 images/s");
  EXPECT_EQ(human(999.96, "images/s"), "1,000 images/s");
  EXPECT_EQ(human(24.5, "images/s"), "24.50 images/s");
  EXPECT_EQ(human(0.5, "%"), "0.5000 %");
  EXPECT_EQ(human(1e-9, "images/s"), "1e-09 images/s");
  EXPECT_EQ(human(2e15, ""), "2e+15");
}

TEST(Human, SaysWhenThereIsNoNumber) {
  EXPECT_EQ(human(std::nan(""), "B/s"), "n/a");
  EXPECT_EQ(human(std::numeric_limits<double>::infinity(), ""), "n/a");
}

TEST(HumanBytes, NamesWholeBinaryUnits) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(8), "8 B");
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(1024), "1 KiB");
  EXPECT_EQ(human_bytes(1'048'576), "1 MiB");
  EXPECT_EQ(human_bytes(1'073'741'824), "1 GiB");
  EXPECT_EQ(human_bytes(std::uint64_t{1} << 60), "1 EiB");
}

TEST(HumanBytes, RoundsTheRestToTwoDecimals) {
  EXPECT_EQ(human_bytes(1'572'864), "1.50 MiB");
  EXPECT_EQ(human_bytes(1'048'575), "1.00 MiB");
  EXPECT_EQ(human_bytes(80'000'000'000), "74.51 GiB");
  EXPECT_EQ(human_bytes(std::numeric_limits<std::uint64_t>::max()), "16.00 EiB");
}

TEST(HumanDuration, ChoosesUnitsThatPeopleSay) {
  EXPECT_EQ(human_duration(0), "0 s");
  EXPECT_EQ(human_duration(2.5e-9), "2.5 ns");
  EXPECT_EQ(human_duration(42e-6), "42 µs");
  EXPECT_EQ(human_duration(0.85), "850 ms");
  EXPECT_EQ(human_duration(12.4), "12.4 s");
  EXPECT_EQ(human_duration(160), "2 min 40 s");
  EXPECT_EQ(human_duration(125), "2 min 05 s");
  EXPECT_EQ(human_duration(11'100), "3 h 05 min");
  EXPECT_EQ(human_duration(360'000), "100 h 00 min");
  EXPECT_EQ(human_duration(-0.85), "-850 ms");
  EXPECT_EQ(human_duration(std::nan("")), "n/a");
}

TEST(HumanDuration, RoundsAcrossTheBorderOfAUnit) {
  EXPECT_EQ(human_duration(0.9994), "999 ms");
  EXPECT_EQ(human_duration(0.99951), "1.0 s");
  EXPECT_EQ(human_duration(59.94), "59.9 s");
  EXPECT_EQ(human_duration(59.96), "1 min 00 s");
  EXPECT_EQ(human_duration(119.6), "2 min 00 s");
  EXPECT_EQ(human_duration(3599.7), "1 h 00 min");
}

TEST(ParseBytes, ReadsSizesAsPeopleWriteThem) {
  EXPECT_EQ(parse_bytes("1048576"), 1'048'576);
  EXPECT_EQ(parse_bytes("1MiB"), 1'048'576);
  EXPECT_EQ(parse_bytes(" 1 MiB "), 1'048'576);
  EXPECT_EQ(parse_bytes("64K"), 65'536);
  EXPECT_EQ(parse_bytes("64k"), 65'536);
  EXPECT_EQ(parse_bytes("1KB"), 1'000);
  EXPECT_EQ(parse_bytes("1.5GB"), 1'500'000'000);
  EXPECT_EQ(parse_bytes("1.5GiB"), 1'610'612'736);
  EXPECT_EQ(parse_bytes("2T"), 2'199'023'255'552);
  EXPECT_EQ(parse_bytes("1TB"), 1'000'000'000'000);
  EXPECT_EQ(parse_bytes("7B"), 7);
  EXPECT_EQ(parse_bytes("0"), 0);
  EXPECT_EQ(parse_bytes("1.50"), std::nullopt);
  EXPECT_EQ(parse_bytes("2.000"), 2);
  EXPECT_EQ(parse_bytes("0.0009765625MiB"), 1'024);
}

TEST(ParseBytes, RefusesWhatIsNoWholeNumberOfBytes) {
  for (auto const* text : {"",      " ",    "MiB", "1.1KiB",      "0.5",
                           "-1",    "+1",   "1e6", "1,000",       "1 000",
                           "1..5K", ".5K",  "1.K", "12 furlongs", "1KiBB",
                           "1KBi",  "0x10", "nan", "inf",         "1.0000000000000000001K"}) {
    EXPECT_EQ(parse_bytes(text), std::nullopt) << '"' << text << '"';
  }
}

TEST(ParseBytes, RefusesWhatDoesNotFit) {
  EXPECT_EQ(parse_bytes("9223372036854775807"), 9'223'372'036'854'775'807);
  EXPECT_EQ(parse_bytes("9223372036854775808"), std::nullopt);
  EXPECT_EQ(parse_bytes("7E"), 8'070'450'532'247'928'832);
  EXPECT_EQ(parse_bytes("8E"), std::nullopt);
  EXPECT_EQ(parse_bytes("99999999999999999999"), std::nullopt);
  EXPECT_EQ(parse_bytes("18446744073709551615T"), std::nullopt);
}

TEST(CommonScale, FollowsTheLargestValue) {
  EXPECT_EQ(common_scale(1.742e12, "B/s").unit, "TB/s");
  EXPECT_EQ(common_scale(1.742e12, "B/s").divisor, 1e12);
  EXPECT_EQ(common_scale(999.96e9, "B/s").unit, "TB/s");  // is printed as 1.000
  EXPECT_EQ(common_scale(12, "B/s").unit, "B/s");
  EXPECT_EQ(common_scale(0.25, "B/s").unit, "B/s");  // bytes take no small prefix
  EXPECT_EQ(common_scale(3e-6, "s").unit, "µs");
  EXPECT_EQ(common_scale(18940, "images/s").unit, "images/s");
  EXPECT_EQ(common_scale(0, "B/s").divisor, 1);
}

TEST(ParseDuration, ReadsSecondsMinutesAndHours) {
  EXPECT_EQ(parse_duration("90"), 90.0);
  EXPECT_EQ(parse_duration("90s"), 90.0);
  EXPECT_EQ(parse_duration("1.5m"), 90.0);
  EXPECT_EQ(parse_duration("2 min"), 120.0);
  EXPECT_EQ(parse_duration("2h"), 7200.0);
  EXPECT_EQ(parse_duration("250ms"), 0.25);
  EXPECT_EQ(parse_duration("0"), 0.0);
}

TEST(ParseDuration, RefusesEverythingElse) {
  for (auto const* text :
       {"", "s", "-1s", "+1s", "1e3", "1 day", "nan", "inf", "1.s", ".5s", "1s2", "0x1p3"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << '"' << text << '"';
  }
  EXPECT_EQ(parse_duration(std::string(400, '9') + "h"), std::nullopt);
}

}  // namespace
}  // namespace muster
