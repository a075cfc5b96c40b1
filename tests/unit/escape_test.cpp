// What a document's text becomes on a page, and that nothing else can come onto one.
#include "harness/report/escape.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "harness/report/markup.hpp"

namespace muster {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Escape, TextKeepsItsLettersAndLosesItsMarkup) {
  EXPECT_EQ(escape_text("8192³ × µ – 测试"), "8192³ × µ – 测试");
  EXPECT_EQ(escape_text("<script>alert('x')</script>"), "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
  EXPECT_EQ(escape_text("\"><img src=x onerror=y>"), "&quot;&gt;&lt;img src=x onerror=y&gt;");
  EXPECT_EQ(escape_text("&lt;"), "&amp;lt;");
}

TEST(Escape, AttributesCloseBackticksAndEqualSignsToo) {
  EXPECT_EQ(escape_attribute("a`b=c\"d"), "a&#96;b&#61;c&quot;d");
  EXPECT_EQ(escape_attribute("a\nb\tc"), "a b c");
}

TEST(Escape, ControlsAreShownAndNotObeyed) {
  EXPECT_EQ(escape_text(std::string("a\0b", 3)), "a\u2400b");
  EXPECT_EQ(escape_text("\x1b[31m"), "\u241B[31m");
  EXPECT_EQ(escape_text("\x7f"), "\u2421");
  EXPECT_EQ(escape_text("\u009b31m"), "[U+009B]31m");
}

TEST(Escape, WhatTurnsOrHidesTextIsNamed) {
  EXPECT_EQ(escape_text("a\u202Eb"), "a[U+202E]b");
  EXPECT_EQ(escape_text("\u2028\u2029"), "[U+2028][U+2029]");
  EXPECT_EQ(escape_text("\u2066\u200B\uFEFF"), "[U+2066][U+200B][U+FEFF]");
  EXPECT_EQ(escape_text("\U000E0041"), "[U+E0041]");
}

TEST(Escape, WhatIsNoUtf8BecomesTheReplacementCharacterByteByByte) {
  EXPECT_EQ(escape_text("\xff\xfe"), "\uFFFD\uFFFD");
  EXPECT_EQ(escape_text("\xc0\xbcscript"), "\uFFFD\uFFFDscript");          // an overlong <
  EXPECT_EQ(escape_text("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD");            // half of a surrogate pair
  EXPECT_EQ(escape_text("\xf4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");  // above U+10FFFF
  EXPECT_EQ(escape_text("a\xe2\x82"), "a\uFFFD\uFFFD");                    // cut off
}

TEST(Escape, NoByteOfAnyTwoLetsMarkupThrough) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      auto const text = escape_attribute(std::string{static_cast<char>(first), static_cast<char>(second)});
      EXPECT_EQ(text.find_first_of("<>\"'`="), std::string::npos) << first << ' ' << second;
      for (char const c : text)
        EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) << first << ' ' << second;
    }
  }
}

TEST(Markup, TextEntersEscapedInWhicheverWay) {
  std::string const evil = "<b onclick='x'>";
  Markup page = element("p", {{"class", evil}}, evil);
  page += evil;
  page += {evil, element("i", evil)};
  EXPECT_THAT(page.html(), Not(HasSubstr("<b")));
  EXPECT_EQ(element("p", {{"class", "\""}}, "<").html(), "<p class=\"&quot;\">&lt;</p>");
}

TEST(Markup, LinksLeadWithinThePageOnly) {
  EXPECT_EQ(Markup::link_to({"cases", 1}, "there").html(), "<a href=\"#cases-2\">there</a>");
}

}  // namespace
}  // namespace muster
