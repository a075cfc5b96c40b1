#include "harness/report/table.hpp"

#include <gtest/gtest.h>

namespace muster {
namespace {

Table table() {
  return {{{"case"}, {"value", true}}, {{"compute"}, {"gemm", "12.5"}, {"memory, copy", "1,000"}}};
}

TEST(RenderText, AlignsColumnsAndKeepsHeadings) {
  EXPECT_EQ(render_text(table()),
            "  case          value\n"
            "compute\n"
            "  gemm           12.5\n"
            "  memory, copy  1,000\n");
}

TEST(RenderText, CountsCharactersNotBytes) {
  EXPECT_EQ(render_text({{{"a"}, {"b"}}, {{"±1", "x"}, {"abc", "y"}}}), "  a    b\n  ±1   x\n  abc  y\n");
}

TEST(RenderText, ObeysNoTerminalEscapes) {
  EXPECT_EQ(render_text({{{"a"}, {"b"}}, {{"\033[31mred", "\r"}}}), "  a         b\n  ?[31mred  ?\n");
}

TEST(Printable, ReplacesWhatATerminalObeys) {
  EXPECT_EQ(printable("a\033[2Jb\x07\x7f\n"), "a?[2Jb???");
  EXPECT_EQ(printable("a\xc2\x9b"
                      "31m"),
            "a?31m")
      << "U+009B in UTF-8";
  EXPECT_EQ(printable("\xc2\xb1 \xc3\x9b \xc2"), "\xc2\xb1 \xc3\x9b \xc2") << "other characters stay";
  EXPECT_EQ(printable_lines("a\rb\n\nc\n"), "a?b\n\nc\n");
  EXPECT_EQ(printable_lines("a\nb"), "a\nb");
  EXPECT_EQ(printable_lines(""), "");
}

TEST(RenderCsv, QuotesAndLeavesHeadingsOut) {
  EXPECT_EQ(render_csv(table()), "case,value\ngemm,12.5\n\"memory, copy\",\"1,000\"\n");
  EXPECT_EQ(render_csv({{{"a"}, {"b"}}, {{"say \"hi\"", "two\nlines"}}}),
            "a,b\n\"say \"\"hi\"\"\",\"two\nlines\"\n");
}

TEST(RenderCsv, GivesSpreadsheetsNoFormulas) {
  EXPECT_EQ(render_csv({{{"a"}, {"b"}}, {{"=1+1", "-5"}, {"@x", "+y"}}}), "a,b\n'=1+1,-5\n'@x,'+y\n");
}

TEST(RenderMarkdown, EscapesWhatWouldFormat) {
  EXPECT_EQ(render_markdown({{{"a"}, {"b", true}}, {{"x|y", "<b>"}}}),
            "| a | b |\n|---|---:|\n| x\\|y | \\<b\\> |\n");
}

TEST(RenderMarkdown, MakesNoLinksAndNoImages) {
  auto const cell = [](std::string const& text) {
    auto const page = render_markdown({{{"a"}, {"b"}}, {{text, "x"}}});
    auto const row = page.substr(page.find("---|\n") + 5);
    return row.substr(2, row.find(" | x |") - 2);
  };
  EXPECT_EQ(cell("![a](http://x)"), "!\\[a\\](http\\://x)");
  EXPECT_EQ(cell("a\\|b"), "a\\\\\\|b") << "a backslash before | does not end the cell";
  EXPECT_EQ(cell("www.x.org"), "www\\.x.org");
  EXPECT_EQ(cell("<img src=x>"), "\\<img src=x\\>");
  EXPECT_EQ(cell("&lt;b&gt; ~~x~~ `y` #1"), "\\&lt;b\\&gt; \\~\\~x\\~\\~ \\`y\\` \\#1");
  EXPECT_EQ(cell("gemm/bf16:4096-x.1"), "gemm/bf16:4096-x.1") << "names of cases stay readable";
}

TEST(Printable, TurnsNoText) {
  for (std::string const mark : {"\u200e", "\u200f", "\u202a", "\u202e", "\u2066", "\u2069"})
    EXPECT_EQ(printable("a" + mark + "b"), "a?b");
  for (std::string const other : {"\u2013", "\u2026", "\u202f", "\u2065", "\u206a", "\u00b1", "\xe2\x80"})
    EXPECT_EQ(printable("a" + other), "a" + other);
}

TEST(Table, NoFormatHandsOnWhatATerminalWouldObey) {
  Table const table{{{"a"}, {"b"}}, {{"\x1b[31mred\xc2\x9b", "x"}}};
  for (auto const& text : {render_text(table), render_csv(table), render_markdown(table)}) {
    EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
    EXPECT_EQ(text.find("\xc2\x9b"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace muster
