// Text of a document made harmless for a page.
#pragma once
#include <string>
#include <string_view>

namespace muster {

/// As the content of an element: <, >, &, and both quotes as character references. What a browser or reader
/// would obey rather than show is shown: control characters as their pictures (U+2400 and on), marks that
/// turn or hide text (bidirectional overrides, U+2028, zero-width spaces) as "[U+202E]"; bytes that are no
/// UTF-8 as U+FFFD. Tabs and line breaks become spaces.
std::string escape_text(std::string_view text);

/// As the value of an attribute in double quotes: the same, and ` and = as references too, for readers that
/// forget the quotes.
std::string escape_attribute(std::string_view text);

}  // namespace muster
