#include "harness/report/junit.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "harness/report/comparison_table.hpp"

namespace muster {
namespace {

std::string_view escape(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&apos;";
    default:
      return {};
  }
}

constexpr std::string_view replacement = "\xEF\xBF\xBD";

/// Bytes of the character that `text` begins with; 0 where that is none, or none that XML has.
std::size_t character_length(std::string_view text) {
  auto const first = static_cast<unsigned char>(text[0]);
  if (first < 0x80)
    return (first >= 0x20 && first != 0x7f) || first == '\t' || first == '\n' || first == '\r';
  std::size_t const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  std::uint32_t code = first & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    auto const next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0) != 0x80) return 0;
    code = code << 6 | (next & 0x3fU);
  }
  bool const shortest = code >= (length == 4 ? 0x10000U : length == 3 ? 0x800U : 0x80U);
  bool const allowed =
      code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) && code != 0xfffe && code != 0xffff;
  return shortest && allowed ? length : 0;
}

/// Neither passed nor failed: what nobody could decide, and what only one side could run at all.
bool is_skipped(CaseVerdict verdict) {
  return verdict == CaseVerdict::inconclusive || verdict == CaseVerdict::suspect ||
         verdict == CaseVerdict::incomparable || verdict == CaseVerdict::tainted ||
         verdict == CaseVerdict::unsupported || verdict == CaseVerdict::added;
}

std::string figures_words(CaseComparison const& one) {
  if (!one.ratio || !one.ratio_interval) return one.reason;
  return fmt::format("{:.4f} of the base [{:.4f}, {:.4f}]; {}", *one.ratio, one.ratio_interval->low,
                     one.ratio_interval->high, one.reason);
}

std::string test(CaseComparison const& one, bool failed) {
  auto const head = fmt::format(R"(    <testcase classname="{}" name="{}")", xml_escaped(one.workload),
                                xml_escaped(one.name));
  auto const text = xml_escaped(figures_words(one)), type = xml_escaped(std::string(name(one.verdict)));
  if (failed) return fmt::format("{}><failure type=\"{}\" message=\"{}\"/></testcase>\n", head, type, text);
  if (is_skipped(one.verdict))
    return fmt::format("{}><skipped message=\"{}: {}\"/></testcase>\n", head, type, text);
  return fmt::format("{}><system-out>{}: {}</system-out></testcase>\n", head, type, text);
}

std::string properties(Comparison const& comparison) {
  auto const line = [](std::string const& name, std::string const& value) {
    return fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", xml_escaped(name), xml_escaped(value));
  };
  auto text = "    <properties>\n" + line("comparability", std::string(name(comparison.comparability)) +
                                                               (comparison.forced ? ", forced" : ""));
  for (auto const& one : comparison.differences) text += line(one.what, one.base + " -> " + one.candidate);
  return text + "    </properties>\n";
}

std::string suite(Comparison const& comparison,
                  std::function<bool(Comparison const&, CaseComparison const&)> const& fails) {
  std::string tests;
  int failures = 0, skipped = 0;
  for (auto const& one : comparison.cases) {
    bool const failed = fails(comparison, one);
    failures += failed;
    skipped += !failed && is_skipped(one.verdict);
    tests += test(one, failed);
  }
  return fmt::format(
      "  <testsuite name=\"{} against {}\" tests=\"{}\" failures=\"{}\" errors=\"0\" "
      "skipped=\"{}\">\n{}{}  </testsuite>\n",
      xml_escaped(comparison.candidate.label), xml_escaped(comparison.base.label), comparison.cases.size(),
      failures, skipped, properties(comparison), tests);
}

}  // namespace

std::string xml_escaped(std::string const& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    auto const length = character_length(std::string_view(text).substr(i));
    if (length == 0) {
      result += replacement;
      ++i;
      continue;
    }
    auto const escaped = length == 1 ? escape(text[i]) : std::string_view();
    result += escaped.empty() ? std::string_view(text).substr(i, length) : escaped;
    i += length;
  }
  return result;
}

std::string comparison_junit(std::vector<Comparison> const& comparisons,
                             std::function<bool(Comparison const&, CaseComparison const&)> const& fails) {
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"muster compare\">\n";
  for (auto const& comparison : comparisons) text += suite(comparison, fails);
  return text + "</testsuites>\n";
}

}  // namespace muster
